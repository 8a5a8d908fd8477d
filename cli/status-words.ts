import { oneLine } from '../lambda/alarms/legible.ts';
import { openingCommand } from '../lambda/rotation/errors.ts';
import type { StatusReport } from './status-report.ts';

/** The report for a person who was woken by an alarm. */
export function inWords(report: StatusReport): string {
  const { username, at, secretArn } = report;
  return [
    `ThingSpace username ${oneLine(username)}, at ${at}`,
    ...(secretArn === undefined ? [] : [`Rotated by the secret ${secretArn}`]),
    '',
    ...section('Log-ins', logIns(report)),
    ...section('Password', password(report)),
    ...section('What happens next', next(report)),
    ...section('Sealed answers', sealed(report)),
    ...section('Alarms not yet published', waiting(report)),
  ]
    .join('\n')
    .trimEnd();
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];
}

function logIns({ lockout, refusedVersions, current }: StatusReport): string[] {
  const { exposure, limit, budget, inFlight, failed, waitsUntil } = lockout;
  return [
    `${exposure} of ${limit} consecutive failures used (${failed} failed, ${inFlight.length} in flight). We stop at ${budget}; ` +
      `ThingSpace locks the username at ${limit}.`,
    ...(exposure >= budget ? ['The guard is closed: nothing of ours logs in until a person acts.'] : []),
    ...(waitsUntil === undefined ? [] : [`After a missed answer the next log-in waits until ${waitsUntil}.`]),
    ...inFlight.map(
      ({ actor, purpose, reservedAt, countsAt }) =>
        `In flight: ${oneLine(actor)} (${purpose}) since ${reservedAt}; without an answer it counts as failed from ${countsAt}.`,
    ),
    ...refusedVersions.map(
      ({ versionId, at, onceMoreAfter }) =>
        `Version ${oneLine(versionId)} is not presented again (refused or replaced at ${at})` +
        `${onceMoreAfter === undefined ? '.' : `, except once after ${onceMoreAfter}.`}`,
    ),
    ...(current
      ? [
          `AWSCURRENT is version ${oneLine(current.versionId)}. May it be presented now?`,
          `  by the rotation: ${current.rotation}`,
          `  by apps: ${current.app}`,
          `  by a person's trial: ${current.trial}`,
        ]
      : []),
  ];
}

const PASSWORD: Record<StatusReport['journal']['state'], string> = {
  idle: 'No password change is under way.',
  exchanging: 'ThingSpace is being asked for a new password; the old one may die at any moment.',
  died: 'An invocation asked ThingSpace for a new password and died: nobody knows yet whether it was changed.',
  received: 'A new password was received and is sealed. It is NOT yet in the secret: AWSCURRENT is dead.',
  committed: 'The new password is AWSCURRENT. Only its test and the closing of the rotation are missing.',
  unknown:
    'ThingSpace was asked for a new password and no readable answer came: it may or may not be changed.',
  lost: 'The password is lost: the old one was refused after a change whose answer did not arrive.',
};

function password({ journal }: StatusReport): string[] {
  const { state, rotation, startedAt } = journal;
  const since = startedAt === undefined ? '' : `, begun at ${startedAt}`;
  const which =
    rotation === undefined
      ? []
      : [`${state === 'idle' ? 'Last rotation' : 'Rotation'} ${oneLine(rotation)}${since}`];
  return [PASSWORD[state], ...which];
}

function next({ journal, lockout }: StatusReport): string[] {
  const guard =
    lockout.exposure >= lockout.budget ? ['First the guard must open: docs/runbook.md#guard-closed'] : [];
  return [...guard, ...journalNext(journal)];
}

function journalNext({ state, settlesAt, sealedAnswer }: StatusReport['journal']): string[] {
  switch (state) {
    case 'idle':
      return ['The next rotation comes as scheduled. Nothing to do.'];
    case 'exchanging':
      return [
        `Wait: by ${settlesAt} it is done, or the next retry takes over. Store nothing by hand meanwhile.`,
      ];
    case 'died':
      return [
        'The next retry, or the recover event, looks for the sealed answer; if there is none it logs in once with the old',
        'password and settles it. To do it now: docs/runbook.md#recover',
      ];
    case 'received':
      return [
        'The next retry, or the recover event, makes it current. To do it now: docs/runbook.md#recover',
      ];
    case 'committed':
      return ['The next retry, or the next rotation, closes it. Apps may log in. Nothing to do.'];
    case 'unknown':
      return [
        ...(sealedAnswer ? ['First look into the sealed answer (below): it may hold the new password.'] : []),
        `After ${settlesAt} a retry, or the recover event, logs in once with the old password and settles it. Change`,
        'nothing before. docs/runbook.md#password-unknown',
      ];
    case 'lost':
      return [
        'Nothing is sent to ThingSpace until a person stores a working password as a new version of the secret.',
        'docs/runbook.md#password-lost',
      ];
  }
}

function sealed({ journal, setAside, username }: StatusReport): string[] {
  const count = setAside + (journal.sealedAnswer ? 1 : 0);
  if (count === 0) return [];
  return [
    `${count} kept (${journal.sealedAnswer ? 'one of the rotation above' : 'none of a rotation under way'}, ${setAside} of earlier ones).`,
    `To read: ${openingCommand(username)} --out FILE`,
  ];
}

function waiting({ waitingAlarms }: StatusReport): string[] {
  return waitingAlarms.map(
    ({ event, at }) => `${event} of ${at}; published by the next invocation of the function`,
  );
}
