import { PresentableError } from '../../lambda/errors.ts';
import type { AuditRow } from '../../lambda/ledger/audit-row.ts';
import { SERVICE } from '../../lambda/ledger/holds.ts';
import type { CredentialState } from '../../lambda/ledger/state.ts';
import type { SecretFacts } from '../account.ts';
import { auditRowsOf } from '../audit.ts';
import { type Desk, deadlineOf } from '../desk.ts';
import type { ExitCode } from '../exit-codes.ts';
import { exitCodeOf, lineOf } from '../failure.ts';
import type { SecretChange } from '../surroundings.ts';
import { DAY_MS } from '../times.ts';
import type { Period } from './period.ts';

/** Everything that the report of one credential is made from. */
export type Sources = {
  facts: SecretFacts;
  username: string | undefined;
  /** The item; undefined where the ledger has none. */
  state: CredentialState | undefined;
  rows: AuditRow[];
  /** Oldest first; or why CloudTrail could not be read. */
  changes: SecretChange[] | { unread: string; exitCode: ExitCode };
  changesSinceMs: number;
};

/** CloudTrail User Guide, "Working with CloudTrail event history": the last 90 days of a region. */
export const CLOUDTRAIL_DAYS = 90;

/**
 * Reads one credential's record. It reads no value of the secret: an auditor needs no right to it.
 * @param overrides rows of the service's item of holds
 * @throws AwsCallError, LedgerUnavailableError, LedgerItemError
 */
export async function gather(
  desk: Desk,
  facts: SecretFacts,
  period: Period,
  overrides: readonly AuditRow[],
  nowMs: number,
): Promise<Sources> {
  const { ledger, surroundings } = desk;
  const username = await ledger.usernameOf(facts.arn);
  // Before its first rotation a credential's troubles are noted under the secret's ARN.
  const keys = [...(username === undefined ? [] : [username]), facts.arn];
  const items = await Promise.all(keys.map((key) => auditRowsOf(desk, key)));
  const state = username === undefined ? undefined : (await ledger.read(username, deadlineOf(desk))).state;
  const own = overrides.filter(({ secretArn }) => secretArn === facts.arn);
  const changesSinceMs = Math.max(period.fromMs, nowMs - CLOUDTRAIL_DAYS * DAY_MS);
  const changes = await surroundings
    .changes({ arn: facts.arn, name: facts.name }, changesSinceMs)
    .catch((failure: unknown) => {
      if (!(failure instanceof PresentableError)) throw failure;
      return { unread: lineOf(failure), exitCode: exitCodeOf(failure) };
    });
  return {
    facts,
    username,
    state,
    rows: [...items.flatMap(({ rows }) => rows), ...own],
    changes,
    changesSinceMs,
  };
}

/**
 * Rows about overrides of holds are under the service, each with the secret of the hold's own credential. `now` is
 * DynamoDB's time.
 */
export async function overridesOf({
  ledger,
  surroundings,
  clock,
}: Desk): Promise<{ rows: AuditRow[]; now: number }> {
  const items = (await surroundings.auditItems(SERVICE)) as AuditRow[];
  const { state, now } = await ledger.holds.read(SERVICE, deadlineOf({ clock }));
  return { rows: [...items, ...state.auditRows], now };
}
