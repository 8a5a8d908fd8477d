import { oneLine } from '../lambda/alarms/legible.ts';
import { auditRowsOf } from './audit.ts';
import { inColumns } from './columns.ts';
import type { Desk } from './desk.ts';
import { TargetError, UsageError } from './errors.ts';
import { lineOf } from './failure.ts';
import type { Options } from './options.ts';
import { shortArn } from './short-arn.ts';
import type { SecretChange } from './surroundings.ts';
import { findTarget } from './target.ts';
import { DAY_MS, iso, isoSeconds } from './times.ts';

/** CloudTrail User Guide, "Working with CloudTrail event history": the last 90 days of a region. */
const MAX_DAYS = 90;

/**
 * Prints who changed the secret, its labels or its rotation, and when, the function's own changes included.
 * @throws UsageError, TargetError, AwsCallError and the errors of `findTarget`
 */
export async function changes(desk: Desk, options: Options): Promise<void> {
  const { terminal, surroundings, account } = desk;
  const days = Number(options.days ?? 7);
  if (!(days > 0 && days <= MAX_DAYS)) {
    throw new UsageError(`--days wants a number above 0, and ${MAX_DAYS} at most: CloudTrail keeps no more.`);
  }
  const { secret, username } = await findTarget(desk, options);
  if (!secret) throw new TargetError('Name the secret with --secret.');
  const { arn, name } = await account.secret(secret.arn);
  const reasons = await reasonsOf(desk, username);
  const seen = await surroundings.changes({ arn, name }, Date.now() - days * DAY_MS);
  const found = seen.map((change) => ({ ...change, reason: reasons.get(change.versionId ?? '') }));
  if (options.json) return terminal.say(JSON.stringify(found.map(inJson), null, 2));
  terminal.say(
    found.length === 0
      ? `CloudTrail shows no change of ${oneLine(name)} in the last ${days} days.`
      : table(found),
  );
  terminal.say('CloudTrail shows a call some minutes after it was made.');
}

/** A change, and the reason that the operator gave for it. */
type Change = SecretChange & { reason: string | undefined };

/** By the version that an operator asked for; where the audit trail cannot be read, none. */
async function reasonsOf(desk: Desk, username: string | undefined): Promise<Map<string, string>> {
  if (username === undefined) return new Map();
  try {
    const { rows } = await auditRowsOf(desk, username);
    return new Map(
      rows.flatMap(({ versionId, reason }) => (reason === undefined ? [] : [[versionId, reason]])),
    );
  } catch (failure) {
    desk.terminal.warn(`The reasons of operators are left out: ${lineOf(failure)}`);
    return new Map();
  }
}

function table(found: readonly Change[]): string {
  const withReasons = found.some(({ reason }) => reason !== undefined);
  const shown = found.map((change) => [
    ...row(change),
    ...(withReasons ? [change.reason === undefined ? '-' : oneLine(change.reason)] : []),
  ]);
  const head = ['WHEN', 'CALL', 'WHO', 'FROM', 'VERSION', ...(withReasons ? ['REASON'] : [])];
  return inColumns([head, ...shown]).join('\n');
}

const row = ({ at, what, who, from, versionId, refusedWith }: SecretChange): string[] => [
  isoSeconds(at),
  refusedWith === undefined ? what : `${what} (refused: ${oneLine(refusedWith, 40)})`,
  // The account and the partition are the reader's own.
  oneLine(shortArn(who), 120),
  oneLine(from, 60),
  versionId === undefined ? '-' : oneLine(versionId, 64),
];

const inJson = ({ at, what, ...change }: Change) => ({
  at: iso(at),
  call: what,
  ...change,
});
