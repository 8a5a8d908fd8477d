import type { Subjects } from './devices.ts';

/**
 * One request, as it is recorded before it is sent. What has no outcome is *unknown*: it may have been sent, and
 * nobody knows what came of it.
 */
export type AuditRecord = Subjects & {
  requestId: string;
  /** Milliseconds since 1970, by the function's clock. */
  at: number;
  /** Made for this record alone: a writer that lost its answer recognises its own write. */
  attempt: string;
  /** As AWS says it. */
  caller: string;
  principal: string;
  /** The application user that a speaker named. */
  user?: string | undefined;
  credential: string;
  service: string;
  operation: string;
  /** The rule that allowed it, or for which it was denied. */
  rule: string;
};

export type AuditOutcome =
  /** ThingSpace answered with the response of the operation. */
  | { outcome: 'done'; sends: number }
  /** ThingSpace answered with a fault. */
  | { outcome: 'refused'; code: string; sends: number }
  /** Certain: nothing left this function. `code`: why. */
  | { outcome: 'not-sent'; code: string; sends: 0 }
  /** It was sent and the answer tells nothing, or there was none. */
  | { outcome: 'unknown'; code: string; sends: number }
  /** The policy does not allow it; nothing was sent. */
  | { outcome: 'denied'; sends: 0 };

/** What the audit table does. Every call throws AwsCallError when it is not certain that it took effect. */
export interface AuditTable {
  /** Adds 1 to a counter that is gone after `expiresAt` (seconds since 1970); false when it has reached its limit. */
  count(key: ItemKey, limit: number, expiresAt: number): Promise<boolean>;
  /** Pointers; writing one twice does no harm. */
  putAll(items: readonly Item[]): Promise<void>;
  /** Makes an item that does not exist yet; one of the same `attempt` is its own. */
  create(item: Item & { attempt: string }): Promise<void>;
  /** Adds to the item of this `attempt`; what it has already is not changed. */
  complete(key: ItemKey, attempt: string, outcome: AuditOutcome & { endedAt: number }): Promise<void>;
}

export type ItemKey = { subject: string; item: string };
export type Item = ItemKey & Record<string, unknown>;

/** What requests are written down with. */
export interface Audit {
  /** @returns false when the caller has made as many requests in this minute as it may */
  admit(principal: string): Promise<boolean>;
  /** The record stands, findable, when this resolves. @throws AwsCallError */
  begin(record: AuditRecord): Promise<void>;
  /** @throws AwsCallError: the record then reads as unknown */
  end(record: AuditRecord, outcome: AuditOutcome): Promise<void>;
  /** Record and outcome in one: nothing was sent. @throws AwsCallError */
  deny(record: AuditRecord): Promise<void>;
}

export type AuditSettings = { retentionDays: number; requestsPerMinute: number };

const MINUTE_MS = 60_000;
const DAY_SECONDS = 24 * 60 * 60;
/** How long a counter of a minute is kept. */
const COUNTER_SECONDS = 60 * 60;

/**
 * Pointers by device and by user first, the record last: what exists can be found. A pointer without its record
 * belongs to a request that was never sent.
 */
export function auditOver(table: AuditTable, settings: AuditSettings, nowMs: () => number = Date.now): Audit {
  const expiresAt = (at: number) => Math.floor(at / 1000) + settings.retentionDays * DAY_SECONDS;

  async function write(record: AuditRecord, outcome: object): Promise<void> {
    const kept = { expiresAt: expiresAt(record.at) };
    const { item } = keyOf(record);
    await table.putAll(subjectsOf(record).map((subject) => ({ subject, item, ...kept })));
    await table.create({ ...keyOf(record), ...record, ...outcome, ...kept });
  }

  return {
    admit(principal) {
      const at = nowMs();
      const minute = new Date(Math.floor(at / MINUTE_MS) * MINUTE_MS).toISOString();
      const key = { subject: `minute#${principal}`, item: minute };
      return table.count(key, settings.requestsPerMinute, Math.floor(at / 1000) + COUNTER_SECONDS);
    },
    begin: (record) => write(record, {}),
    deny: (record) => write(record, { outcome: 'denied', sends: 0, endedAt: nowMs() }),
    end: (record, outcome) => table.complete(keyOf(record), record.attempt, { ...outcome, endedAt: nowMs() }),
  };
}

const iso = (ms: number) => new Date(ms).toISOString();

/** DynamoDB writes 1,000 items a second under one partition key: a flood of one caller's must not stop the others. */
const SHARDS = 8;
const dayShard = (day: string, shard: number): string => `day#${day}#${shard}`;

/** The records of the day of `ms` stand under these, under each in the order of time. */
export const dayShards = (ms: number): string[] =>
  Array.from({ length: SHARDS }, (_, shard) => dayShard(iso(ms).slice(0, 10), shard));

export const keyOf = ({ at, requestId }: Pick<AuditRecord, 'at' | 'requestId'>): ItemKey =>
  keyOfItem(`${iso(at)}#${requestId}`);

/** The record that a pointer leads to: its shard follows from its sort key, so reader and writer agree. */
export function keyOfItem(item: string): ItemKey {
  const sum = [...item].reduce((total, character) => total + character.charCodeAt(0), 0);
  return { subject: dayShard(item.slice(0, 10), sum % SHARDS), item };
}

/** Letter case makes no difference to who looks for a device or a user. */
export const deviceSubject = (identifier: string): string => `device#${identifier.toLowerCase()}`;
export const userSubject = (user: string): string => `user#${user.toLowerCase()}`;

function subjectsOf({ devices, user, caller, principal }: AuditRecord): string[] {
  const users = [caller, principal, ...(user === undefined ? [] : [user])];
  const subjects = [...users.map(userSubject), ...devices.map(({ identifier }) => deviceSubject(identifier))];
  return [...new Set(subjects)];
}
