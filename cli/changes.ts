import { oneLine } from '../lambda/alarms/legible.ts';
import { inColumns } from './columns.ts';
import type { Desk } from './desk.ts';
import { TargetError, UsageError } from './errors.ts';
import type { SecretChange } from './surroundings.ts';
import { findTarget, type Named } from './target.ts';

export type ChangesOptions = Named & { json?: boolean; days?: string };

const DAY_MS = 24 * 60 * 60_000;
/** CloudTrail User Guide, "Working with CloudTrail event history": the last 90 days of a region. */
const MAX_DAYS = 90;

/**
 * Prints who changed the secret, its labels or its rotation, and when, the function's own changes included.
 * @throws UsageError, TargetError, AwsCallError and the errors of `findTarget`
 */
export async function changes(desk: Desk, options: ChangesOptions): Promise<void> {
  const { terminal, surroundings, account } = desk;
  const days = Number(options.days ?? 7);
  if (!(days > 0 && days <= MAX_DAYS)) {
    throw new UsageError(`--days wants a number above 0, and ${MAX_DAYS} at most: CloudTrail keeps no more.`);
  }
  const { secret } = await findTarget(desk, options);
  if (!secret) throw new TargetError('Name the secret with --secret.');
  const { arn, name } = await account.secret(secret.arn);
  const found = await surroundings.changes({ arn, name }, Date.now() - days * DAY_MS);
  if (options.json) return terminal.say(JSON.stringify(found.map(inJson), null, 2));
  terminal.say(
    found.length === 0
      ? `CloudTrail shows no change of ${oneLine(name)} in the last ${days} days.`
      : inColumns([['WHEN', 'CALL', 'WHO', 'FROM', 'VERSION'], ...found.map(row)]).join('\n'),
  );
  terminal.say('CloudTrail shows a call some minutes after it was made.');
}

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const row = ({ at, what, who, from, versionId, refusedWith }: SecretChange): string[] => [
  iso(at),
  refusedWith === undefined ? what : `${what} (refused: ${oneLine(refusedWith, 40)})`,
  // The account and the partition are the reader's own.
  oneLine(who.split(':').slice(5).join(':') || who, 120),
  oneLine(from, 60),
  versionId === undefined ? '-' : oneLine(versionId, 64),
];

const inJson = ({ at, what, who, from, versionId, refusedWith }: SecretChange) => ({
  at: new Date(at).toISOString(),
  call: what,
  who,
  from,
  ...(versionId === undefined ? {} : { versionId }),
  ...(refusedWith === undefined ? {} : { refusedWith }),
});
