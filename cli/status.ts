import { oneLine } from '../lambda/alarms/legible.ts';
import { PresentableError } from '../lambda/errors.ts';
import { findings } from '../lambda/situations/all.ts';
import { inColumns } from './columns.ts';
import type { Desk } from './desk.ts';
import { NotWellError, TargetError } from './errors.ts';
import { secretsOf } from './find-function.ts';
import { look } from './sight.ts';
import { reportOn, type StatusReport } from './status-report.ts';
import { inWords } from './status-words.ts';
import type { Named } from './target.ts';
import { exitCodeFor } from './verdict.ts';

export type StatusOptions = Named & { json?: boolean };

/**
 * Says where a credential stands, or all that the function rotates; changes nothing and sends nothing to ThingSpace.
 * @throws NotWellError when not all is well; LedgerUnavailableError, LedgerItemError and what finds the target
 */
export async function status(desk: Desk, options: StatusOptions): Promise<void> {
  if (options.secret === undefined && options.username === undefined) return statusOfAll(desk, options);
  const report = reportOn(await look(desk, options));
  if (report.verdict.wellness === 'act') report.lastErrors = await lastErrors(desk, report);
  desk.terminal.say(options.json ? JSON.stringify(report, null, 2) : inWords(report));
  end([exitCodeFor[report.verdict.wellness]]);
}

const DAY_MS = 24 * 60 * 60_000;
const MAX_ERRORS = 3;

/** Returns the last error of each name. Without the right to read the log it warns, and returns none. */
async function lastErrors(
  { function: found, surroundings, terminal }: Desk,
  { secretArn, at }: StatusReport,
) {
  if (found?.logGroup === undefined) return [];
  try {
    const errors = await surroundings.errorsSince(found.logGroup, secretArn, Date.parse(at) - DAY_MS);
    return [...new Map(errors.map((error) => [error.errorName, error])).values()].slice(-MAX_ERRORS);
  } catch (failure) {
    terminal.warn(`The function’s last errors are left out: ${(failure as Error).message}`);
    return [];
  }
}

/** A credential that cannot be looked at has a row too. */
type Row = { name: string; report: StatusReport } | { name: string; problem: string };

async function statusOfAll(desk: Desk, { json }: StatusOptions): Promise<void> {
  if (!desk.function)
    throw new TargetError('Name the credential: --secret <name or ARN>, or --username <username>.');
  const rows: Row[] = [];
  for (const { arn, name } of await secretsOf(desk.account, desk.function)) {
    try {
      rows.push({ name, report: reportOn(await look(desk, { secret: arn })) });
    } catch (failure) {
      if (!(failure instanceof PresentableError)) throw failure;
      rows.push({ name, problem: failure.message });
    }
  }
  desk.terminal.say(json ? JSON.stringify(rows, null, 2) : table(rows));
  end(rows.map((row) => ('report' in row ? exitCodeFor[row.report.verdict.wellness] : 1)));
}

const HEAD = ['SECRET', 'USERNAME', 'VERDICT', 'FAILED', 'LAST ROTATION', 'NEXT', 'DO'];

function table(rows: readonly Row[]): string {
  const lines = inColumns([HEAD, ...rows.map(cells)]);
  const problems = rows.flatMap((row) => ('problem' in row ? [`${row.name}: ${row.problem}`] : []));
  return [...lines, ...problems].join('\n');
}

function cells(row: Row): string[] {
  if ('problem' in row) return [oneLine(row.name), '-', 'cannot be looked at (below)', '-', '-', '-', '-'];
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

/** The worst decides: 1 before 3 before 0. */
function end(codes: number[]): void {
  if (codes.includes(1)) throw new NotWellError(1);
  if (codes.includes(3)) throw new NotWellError(3);
}
