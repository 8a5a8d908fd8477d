import type { Item, ItemKey } from '../lambda/access/audit.ts';
import { isChange, isWide } from '../lambda/access/reach.ts';
import { type AccessReader, dayIn, itemsBetween, type Period, type StoredRecord } from './access-reader.ts';
import { DAY_MS } from './times.ts';

/**
 * Records of versions before wide changes had pointers: eight partitions a day, a pointer for each device and user. A
 * pointer has no key of its record, which follows from its own. Once the last such record has expired (`retentionDays`
 * after the deployment), this file may go.
 */
const SHARDS = 8;

const dayShard = (day: string, shard: number): string => `day#${day}#${shard}`;

/** Returns the key of the record that such a pointer leads to. */
export function keyBefore(item: string): ItemKey {
  const sum = [...item].reduce((total, character) => total + character.charCodeAt(0), 0);
  return { subject: dayShard(item.slice(0, 10), sum % SHARDS), item };
}

export const userSubjectBefore = (user: string): string => `user#${user.toLowerCase()}`;

/** Returns every such record. A day without any costs eight queries. @throws AwsCallError */
export async function recordsBefore(reader: AccessReader, period: Period): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (let day = dayIn(period.sinceMs); day <= dayIn(period.untilMs); day += 1) {
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    const shards = Array.from({ length: SHARDS }, (_, shard) => dayShard(date, shard));
    const found = await Promise.all(shards.map((shard) => itemsBetween(reader, shard, period)));
    records.push(...(found.flat() as (Item & StoredRecord)[]));
  }
  return records;
}

/** Those records do not say whether they only read; they are of SOAP. */
export const isWideBefore = (record: StoredRecord): boolean =>
  isChange({ ...record, reads: record.operation.startsWith('Get') }) && isWide(record);
