import { oneLine } from '../lambda/alarms/legible.ts';
import { type AuditRow, EVENT } from '../lambda/ledger/audit-row.ts';
import { credentialKey } from '../lambda/ledger/state.ts';
import { inColumns } from './columns.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { UsageError } from './errors.ts';
import type { Options } from './options.ts';
import { findTarget, usernameOf } from './target.ts';
import { DAY_MS, iso, isoSeconds } from './times.ts';

/**
 * Prints the audit rows in the order of their times: the rows that are items, and the rows that wait in the
 * ledger item.
 * @throws UsageError, AwsCallError, LedgerUnavailableError and the errors of `findTarget`
 */
export async function audit(desk: Desk, options: Options): Promise<void> {
  const days = Number(options.days ?? 30);
  if (!(days > 0)) throw new UsageError('--days wants a number above 0.');
  const username = usernameOf(await findTarget(desk, options));
  const { rows: all, now } = await auditRowsOf(desk, username);
  const rows = inOrder(all).filter(({ at }) => at >= now - days * DAY_MS);
  desk.terminal.say(options.json ? JSON.stringify(rows.map(inJson), null, 2) : table(rows, username, days));
}

/** Returns the rows that are items and the rows that wait in the ledger item. @throws AwsCallError, LedgerUnavailableError */
export async function auditRowsOf(desk: Desk, username: string): Promise<{ rows: AuditRow[]; now: number }> {
  const { state, now } = await desk.ledger.read(username, deadlineOf(desk));
  const items = await desk.surroundings.auditItems(credentialKey(username));
  return { rows: [...(items as AuditRow[]), ...state.auditRows], now };
}

/** The order in which a rotation does it. Most events end one; these come before its test. */
const BEFORE_TEST = ['password-unknown', 'password-lost', 'superseded', 'rolled-forward', 'put-back'];
const PURPOSES = ['log-in', 'trial', 'probe', 'exchange', 'event before the test', 'test', EVENT];
function rank({ purpose, outcome }: AuditRow): number {
  const early = purpose === EVENT ? BEFORE_TEST.indexOf(outcome) : -1;
  return early < 0 ? PURPOSES.indexOf(purpose) : PURPOSES.indexOf('event before the test') + early / 10;
}
/** DynamoDB tells whole seconds, and each invocation reckons from there: closer times say nothing about the order. */
const CLOCK_MS = 1_500;

/** Each row once. */
export function inOrder(rows: readonly AuditRow[]): AuditRow[] {
  const byKey = new Map(rows.map((row) => [`${row.attempt} ${row.at} ${row.outcome}`, row]));
  const byTime = [...byKey.values()].sort((a, b) => a.at - b.at || (a.attempt < b.attempt ? -1 : 1));
  const together: AuditRow[][] = [];
  for (const row of byTime) {
    const last = together.at(-1);
    if (last?.at(-1) && row.at - (last.at(-1) as AuditRow).at <= CLOCK_MS) last.push(row);
    else together.push([row]);
  }
  return together.flatMap((group) => group.sort((a, b) => rank(a) - rank(b)));
}

/** As exact as the clock is. A row that is a part of a second late for its place gets the time of the row before. */
const seconds = (rows: readonly AuditRow[]): string[] => {
  let latest = 0;
  return rows.map(({ at }) => {
    latest = Math.max(latest, at);
    return isoSeconds(latest);
  });
};

/** The members that are published: a row of the table has its keys, too. */
const inJson = (row: AuditRow) => ({
  at: iso(row.at),
  actor: row.actor,
  purpose: row.purpose,
  outcome: row.outcome,
  code: row.code,
  versionId: row.versionId,
  secretArn: row.secretArn,
  exposure: row.exposure,
  attempt: row.attempt,
  token: row.token,
  trouble: row.trouble,
  reason: row.reason,
});

const withDetail = (outcome: string, detail: string | undefined): string =>
  detail === undefined ? outcome : `${outcome} (${oneLine(detail, 60)})`;

function table(rows: readonly AuditRow[], username: string, days: number): string {
  if (rows.length === 0)
    return `The ledger has no log-in attempt of ${oneLine(username)} in the last ${days} days.`;
  const times = seconds(rows);
  const withReasons = rows.some(({ reason }) => reason !== undefined);
  return inColumns([
    ['WHEN', 'WHO', 'WHAT FOR', 'OUTCOME', 'FAILED', 'VERSION', ...(withReasons ? ['REASON'] : [])],
    ...rows.map(({ actor, purpose, outcome, code, trouble, exposure, versionId, reason = '' }, index) => [
      times[index] ?? '',
      oneLine(actor, 40),
      purpose,
      withDetail(outcome, code ?? trouble),
      String(exposure),
      versionId === '' ? '-' : oneLine(versionId, 64),
      ...(withReasons ? [reason === '' ? '-' : oneLine(reason)] : []),
    ]),
  ]).join('\n');
}
