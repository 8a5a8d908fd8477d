import type * as v from 'valibot';
import { oneLine } from '../lambda/alarms/legible.ts';
import { presentable } from '../lambda/errors.ts';
import { findings } from '../lambda/situations/all.ts';
import { atOnce } from './at-once.ts';
import { inColumns } from './columns.ts';
import type { Desk, Terminal } from './desk.ts';
import type { documents } from './documents.ts';
import { TargetError } from './errors.ts';
import { awsCause, concernsEveryCall, exitCodeOf, lineOf } from './failure.ts';
import { secretsOf } from './find-function.ts';
import { lookAtHolds, type SeenHolds } from './holds.ts';
import { look, type Sight } from './sight.ts';
import { reportOn } from './status-report.ts';
import { exitCodeFor } from './verdict.ts';

/** A credential that cannot be looked at has a row too. */
export type Row = v.InferOutput<(typeof documents)['status --all']>[number];

/** Ten credentials at 5 calls of 15 ms each: a hundred take a second, far below every quota of AWS. */
export const AT_ONCE = 10;

/**
 * Looks at every credential that the function rotates, ten at once, and at the service's holds once.
 * @throws TargetError, AwsCallError of the list, and a failure that every call would have (a session that is over)
 */
export async function rowsOfAll(desk: Desk): Promise<Row[]> {
  const { account, terminal } = desk;
  if (!desk.function) {
    throw new TargetError('Name the credential: --secret <name or ARN>, or --username <username>.');
  }
  const secrets = await secretsOf(account, desk.function);
  const warnings = warningOnce(terminal);
  const shared = { ...desk, terminal: warnings.terminal };
  let holds: Promise<SeenHolds> | undefined;
  const seeHolds = () => {
    holds ??= lookAtHolds(shared);
    return holds;
  };
  let seen = 0;
  const showProgress = () => terminal.progress(`Looked at ${seen} of ${secrets.length} credentials`);
  showProgress();
  try {
    return await atOnce(AT_ONCE, secrets, async ({ arn, name }): Promise<Row> => {
      const seenRow = await look(shared, { secret: arn }, seeHolds).then(seenAs, failedAs);
      seen += 1;
      showProgress();
      return { name, secretArn: arn, ...seenRow };
    });
  } finally {
    terminal.progress(undefined);
    warnings.sayHowMany();
  }
}

function seenAs(sight: Sight) {
  const report = reportOn(sight);
  return { exitCode: exitCodeFor[report.verdict.wellness], report };
}

/** A failure is its credential's own, unless every call would fail in the same way. */
function failedAs(failure: unknown) {
  const aws = failure instanceof Error ? awsCause(failure) : undefined;
  if (aws && concernsEveryCall(aws)) throw failure;
  const error = { name: presentable(failure).name, message: lineOf(failure) };
  return { exitCode: exitCodeOf(failure), error };
}

/** A right that is missing for one secret is usually missing for all: the first warning of a kind stands for the others. */
function warningOnce(terminal: Terminal) {
  const times = new Map<string, number>();
  const kindOf = (text: string) => text.split(':')[0] ?? '';
  return {
    terminal: {
      ...terminal,
      warn(text: string) {
        const kind = kindOf(text);
        const before = times.get(kind) ?? 0;
        times.set(kind, before + 1);
        if (before === 0) terminal.warn(text);
      },
    },
    sayHowMany() {
      for (const [kind, count] of times) {
        if (count > 1) terminal.warn(`${kind}, for ${count} credentials in all.`);
      }
    },
  };
}

const HEAD = ['SECRET', 'USERNAME', 'VERDICT', 'FAILED', 'LAST ROTATION', 'NEXT', 'DO'];

/** Prints the rows as a table, and below it why credentials could not be looked at. */
export function tableOfAll(rows: readonly Row[]): string {
  if (rows.length === 0)
    return 'The function rotates no secret yet: deploy, or turn on the rotation of a secret.';
  const lines = inColumns([HEAD, ...rows.map(cells)]);
  const errors = rows.flatMap((row) => ('error' in row ? [`${row.name}: ${row.error.message}`] : []));
  return [...lines, ...errors].join('\n');
}

function cells(row: Row): string[] {
  if ('error' in row) return [oneLine(row.name), '-', 'cannot be looked at (below)', '-', '-', '-', '-'];
  const { username, verdict, lockout, rotation, next } = row.report;
  const day = (iso: string | undefined) => iso?.slice(0, 10) ?? '-';
  return [
    oneLine(row.name),
    username === '' ? '-' : oneLine(username),
    findings[verdict.finding].short,
    `${lockout.exposure} of ${lockout.limit ?? '?'}`,
    day(rotation?.lastAt),
    day(rotation?.nextAt),
    next[0]?.do ?? '-',
  ];
}
