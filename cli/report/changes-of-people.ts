import type { SecretChange } from '../surroundings.ts';
import { iso } from '../times.ts';
import type { Sources } from './gather.ts';
import type { Period } from './period.ts';
import type { RecordRow } from './schema.ts';

/** A change as CloudTrail has it, with the name by which the report quotes it. */
export type ChangeRow = SecretChange & { row: string; isFunction: boolean };

/**
 * Numbers the changes of the period.
 * @param functionRole the ARN of the function's role; where it is not known, no change is taken for the function's
 */
export function changeRows(
  changes: Sources['changes'],
  { fromMs, toMs }: Period,
  functionRole: string | undefined,
): ChangeRow[] {
  if ('unread' in changes) return [];
  const role = functionRole?.split('/').at(-1);
  return changes
    .filter(({ at }) => fromMs <= at && at < toMs)
    .map((change, index) => ({
      ...change,
      row: `T${index + 1}`,
      isFunction: role !== undefined && change.who.includes(`:assumed-role/${role}/`),
    }));
}

export const shownChange = ({ row, at, what, who, versionId = '', refusedWith }: ChangeRow): RecordRow => ({
  row,
  source: 'CloudTrail',
  id: '',
  at: iso(at),
  actor: who,
  purpose: what,
  outcome: refusedWith === undefined ? 'done' : `refused (${refusedWith})`,
  versionId,
});
