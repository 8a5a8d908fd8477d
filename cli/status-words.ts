import { oneLine } from '../lambda/alarms/legible.ts';
import { operatorTool, quoted } from '../lambda/operator-tool.ts';
import { findings } from '../lambda/situations/all.ts';
import { type Do, withoutSteps } from '../lambda/situations/steps.ts';
import { nextInWords } from './next-words.ts';
import type { StatusReport } from './status-report.ts';
import type { Next } from './verdict.ts';

const SIGN = { well: 'OK', 'goes-on': 'GOES ON', act: 'ACT' } as const;

/** The report for an operator whom an alarm woke: the verdict and the next step come first. */
export function inWords(report: StatusReport): string {
  const { username, at, secretArn, verdict } = report;
  const { short, byItself, section: anchor } = findings[verdict.finding];
  return [
    `${SIGN[verdict.wellness]}: ${short}. ${verdict.means}`,
    '',
    ...section('Next', next(report)),
    ...section('By itself', [byItself, `More: docs/runbook.md#${anchor}`]),
    `ThingSpace username ${username === '' ? '(none yet)' : oneLine(username)}, at ${at}`,
    ...(secretArn === undefined ? [] : [`Rotated by the secret ${secretArn}`]),
    '',
    ...section('Waits for another credential', heldBy(report)),
    ...section('Paused', paused(report)),
    ...section('Calendar', calendar(report)),
    ...section('Log-ins', logIns(report)),
    ...section('Password', password(report)),
    ...section('Trouble on record', trouble(report)),
    ...section('Sealed answers', sealed(report)),
    ...section('Messages not yet published', waiting(report)),
    ...section('The function’s last errors', errors(report)),
  ]
    .join('\n')
    .trimEnd();
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];
}

const next = ({
  verdict: { finding },
  next: [first, ...others],
  secretArn,
  username,
}: StatusReport): string[] =>
  first === undefined
    ? []
    : nextInWords({ finding, next: [asNext(first), ...others.map(asNext)] }, secretArn, username);

const asNext = ({ do: what, until, secretArn }: StatusReport['next'][number]): Next => ({
  do: what as Do,
  ...(until && { until: Date.parse(until) }),
  ...(secretArn && { secretArn }),
});

function heldBy({ heldBy: hold }: StatusReport): string[] {
  if (!hold) return [];
  return [
    `The exchange of ${oneLine(hold.username)} (${oneLine(hold.secretArn, 2048)}) is ${oneLine(hold.why)} since ${hold.since}.`,
  ];
}

function paused({ pause }: StatusReport): string[] {
  if (!pause) return [];
  const { since, until, actor, reason, owed } = pause;
  return [
    `Until ${until}, by ${oneLine(actor)} at ${since}: ${oneLine(reason)}`,
    owed ? 'A rotation came due since and waits.' : 'No rotation has come due since.',
  ];
}

function calendar({ calendar: closed }: StatusReport): string[] {
  if (!closed) return [];
  return [
    `Closed until ${closed.until}: no rotation begins before that.`,
    closed.owed ? 'A rotation came due since and waits.' : 'No rotation has come due since.',
  ];
}

function logIns({ lockout, refusedVersions, current }: StatusReport): string[] {
  const { exposure, limit, budget, rotationBudget, inFlight, failed, waitsUntil } = lockout;
  const counted = `(${failed} failed, ${inFlight.length} in flight)`;
  return [
    limit === undefined
      ? `${exposure} consecutive failures used ${counted}. How many lock the username is not known here.`
      : `${exposure} of ${limit} consecutive failures used ${counted}. The rotation stops at ${rotationBudget}, apps at ${budget}; ThingSpace locks the username at ${limit}.`,
    ...(waitsUntil === undefined ? [] : [`After a missed answer the next log-in waits until ${waitsUntil}.`]),
    ...inFlight.map(
      ({ actor, purpose, reservedAt, countsAt }) =>
        `In flight: ${oneLine(actor)} (${purpose}) since ${reservedAt}; without an answer it counts as failed from ${countsAt}.`,
    ),
    ...refused(refusedVersions),
    ...mayBePresented(current),
  ];
}

/** Lists the many old versions in one line. A version that may be presented once more has a line for itself. */
function refused(versions: StatusReport['refusedVersions']): string[] {
  const once = versions.filter(({ onceMoreAfter }) => onceMoreAfter !== undefined);
  const never = versions.filter(({ onceMoreAfter }) => onceMoreAfter === undefined);
  const named = never.map(
    ({ versionId, replaced }) => `${oneLine(versionId)} (${replaced ? 'replaced' : 'refused'})`,
  );
  return [
    ...(named.length === 0 ? [] : [`Versions that no log-in uses again: ${named.join(', ')}`]),
    ...once.map(
      ({ versionId, at, onceMoreAfter }) =>
        `Version ${oneLine(versionId)} was refused at ${at}; one more log-in may use it after ${onceMoreAfter}.`,
    ),
  ];
}

/** Returns one line for each answer, with the callers that get it. */
function mayBePresented(current: StatusReport['current']): string[] {
  if (current?.mayLogIn === undefined) return [];
  const byAnswer = new Map<string, string[]>();
  const { rotation, app: apps, trial } = current.mayLogIn;
  for (const [who, said] of Object.entries({ rotation, apps, trial })) {
    const answer = said.may ? 'yes' : said.why;
    byAnswer.set(answer, [...(byAnswer.get(answer) ?? []), who]);
  }
  return [
    'May a log-in that the ledger counts use AWSCURRENT now?',
    ...[...byAnswer].map(([answer, whom]) => `  ${whom.join(', ')}: ${answer}`),
  ];
}

const PASSWORD: Record<StatusReport['journal']['state'], string> = {
  idle: 'No exchange is under way.',
  exchanging: 'ThingSpace is being asked for a new password.',
  died: 'An exchange was begun, and its process died.',
  received: 'A new password is sealed, and no invocation has confirmed that the secret holds it.',
  committed: 'The new password is AWSCURRENT; the rotation is not closed.',
  unknown: 'An exchange has no known outcome.',
  lost: 'The password is lost.',
};

const WORKS: Record<NonNullable<StatusReport['current']>['works'], (provenAt: string | undefined) => string> =
  {
    proven: (provenAt) => `proven at ${provenAt}`,
    unproven: () => 'not proven yet',
    unknown: () => 'not known',
    no: () => 'no',
  };

function password({ journal, current, rotation }: StatusReport): string[] {
  const { state, rotation: token, startedAt } = journal;
  const since = startedAt === undefined ? '' : `, begun at ${startedAt}`;
  const last = rotation?.lastAt ?? 'never seen';
  return [
    PASSWORD[state],
    ...(token === undefined
      ? []
      : [`${state === 'idle' ? 'Last rotation' : 'Rotation'} ${oneLine(token)}${since}`]),
    ...(current
      ? [
          `AWSCURRENT is version ${oneLine(current.versionId)}, stored at ${current.storedAt}; works: ${WORKS[current.works](current.provenAt)}`,
          ...(current.remark === undefined ? [] : [oneLine(current.remark, 1_000)]),
        ]
      : []),
    ...(rotation
      ? [
          `Rotation is ${rotation.enabled ? 'on' : 'OFF'}; last ${last}, next ${rotation.nextAt ?? 'not known'}`,
        ]
      : []),
  ];
}

function trouble({ trouble }: StatusReport): string[] {
  if (!trouble) return [];
  const error = trouble.errorName === undefined ? '' : `, last error ${oneLine(trouble.errorName)}`;
  return [`${oneLine(trouble.kind)} since ${trouble.since}, met ${trouble.failures} time(s)${error}`];
}

function sealed({ journal, setAside, username }: StatusReport): string[] {
  const count = setAside + (journal.sealedAnswer ? 1 : 0);
  if (count === 0) return [];
  return [
    `${count} kept (${journal.sealedAnswer ? 'one of the rotation above' : 'none of a rotation under way'}, ${setAside} of earlier ones).`,
    `To read: ${operatorTool()} open --username ${quoted(username)} --out FILE`,
  ];
}

function waiting({ waitingAlarms }: StatusReport): string[] {
  return waitingAlarms.map(
    ({ event, at }) => `${event} of ${at}; published by the next invocation of the function`,
  );
}

const errors = ({ lastErrors = [] }: StatusReport): string[] =>
  lastErrors.map(
    ({ errorName, message }) => `${oneLine(errorName)}: ${oneLine(withoutSteps(message), 1_000)}`,
  );
