import type { Desk } from './desk.ts';
import { NotWellError } from './errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Options } from './options.ts';
import { look } from './sight.ts';
import { rowsOfAll, tableOfAll } from './status-all.ts';
import { reportOn, type StatusReport } from './status-report.ts';
import { inWords } from './status-words.ts';
import { DAY_MS } from './times.ts';
import { exitCodeFor } from './verdict.ts';

/**
 * Says where a credential stands, or all that the function rotates; changes nothing and sends nothing to ThingSpace.
 * @throws NotWellError when not all is well; LedgerUnavailableError, LedgerItemError and what finds the target
 */
export async function status(desk: Desk, options: Options): Promise<void> {
  const nothingNamed = options.secret === undefined && options.username === undefined;
  if (options.all || nothingNamed) return statusOfAll(desk, options);
  const report = reportOn(await look(desk, options));
  if (report.verdict.wellness === 'act') report.lastErrors = await lastErrors(desk, report);
  desk.terminal.say(options.json ? JSON.stringify(report, null, 2) : inWords(report));
  end([exitCodeFor[report.verdict.wellness]]);
}

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

async function statusOfAll(desk: Desk, { json }: Options): Promise<void> {
  const rows = await rowsOfAll(desk);
  desk.terminal.say(json ? JSON.stringify(rows, null, 2) : tableOfAll(rows));
  end(rows.map(({ exitCode }) => exitCode));
}

/** The first that is among them decides: a credential that could not be looked at may need an operator. */
const WORST_FIRST = [EXIT.act, EXIT.denied, EXIT.wrong, EXIT.continues];

function end(codes: readonly ExitCode[]): void {
  const worst = WORST_FIRST.find((code) => codes.includes(code));
  if (worst !== undefined) throw new NotWellError(worst);
}
