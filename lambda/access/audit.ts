import type { Subjects } from './devices.ts';

/**
 * One request, as it is recorded before it is sent. A record without an outcome is *unknown*: the request may have been
 * sent, and its result is not known.
 */
export type AuditRecord = Subjects & {
  requestId: string;
  /** Milliseconds since 1970, by the function's clock. */
  at: number;
  /** Made for this record alone: a writer that lost its answer recognizes its own write. */
  attempt: string;
  /** The caller's ARN, as AWS reports it. */
  caller: string;
  principal: string;
  /** The application user that a speaker named. */
  user?: string | undefined;
  credential: string;
  service: string;
  operation: string;
  /** The rule that allowed or denied it. */
  rule: string;
};

export type AuditOutcome =
  /** ThingSpace answered with the response of the operation. */
  | { outcome: 'done'; sends: number }
  /** ThingSpace answered with a fault. */
  | { outcome: 'refused'; code: string; sends: number }
  /** It is certain that nothing left this function. `code`: the reason. */
  | { outcome: 'not-sent'; code: string; sends: 0 }
  /** It was sent, and the answer proves nothing, or there was none. */
  | { outcome: 'unknown'; code: string; sends: number }
  /** The caller was given the session of this generation. The requests that it sends with it are not recorded here. */
  | { outcome: 'handed-out'; generation: number; sends: 0 }
  /** The caller said that ThingSpace no longer knows this generation, or that the gateway refused its bearer. */
  | { outcome: 'dropped'; dropped: 'session' | 'bearer'; generation: number; sends: 0 }
  /** The policy does not allow it; nothing was sent. */
  | { outcome: 'denied'; sends: 0 };

/** The audit table. Every call throws AwsCallError when it is not certain that it took effect. */
export interface AuditTable {
  /** Adds 1 to a counter that is gone after `expiresAt` (seconds since 1970); false when it has reached its limit. */
  count(key: ItemKey, limit: number, expiresAt: number): Promise<boolean>;
  /** Pointers; writing one twice does no harm. */
  putAll(items: readonly Item[]): Promise<void>;
  /** Makes an item that does not exist yet; one of the same `attempt` is its own. */
  create(item: Item & { attempt: string }): Promise<void>;
  /** Adds the outcome to the item of this `attempt`; an outcome that it has already is not changed. */
  complete(key: ItemKey, attempt: string, outcome: AuditOutcome & { endedAt: number }): Promise<void>;
}

export type ItemKey = { subject: string; item: string };
export type Item = ItemKey & Record<string, unknown>;

/** The audit trail of requests. */
export interface Audit {
  /** @returns false when the caller has made as many requests in this minute as it may */
  admit(principal: string): Promise<boolean>;
  /** Writes the record; it can be found when this resolves. @throws AwsCallError */
  begin(record: AuditRecord): Promise<void>;
  /** @throws AwsCallError: the record then reads as unknown */
  end(record: AuditRecord, outcome: AuditOutcome): Promise<void>;
  /** Writes record and outcome in one: nothing is sent to ThingSpace. @throws AwsCallError */
  conclude(record: AuditRecord, outcome: AuditOutcome): Promise<void>;
}

export type AuditSettings = { retentionDays: number; requestsPerMinute: number };

const MINUTE_MS = 60_000;
const DAY_SECONDS = 24 * 60 * 60;
/** How long the counter of one minute is kept. */
const COUNTER_SECONDS = 60 * 60;

/**
 * Writes the pointers by device and by user first and the record last, so every record can be found. A pointer without
 * its record belongs to a request that was never sent.
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
    conclude: (record, outcome) => write(record, { ...outcome, endedAt: nowMs() }),
    end: (record, outcome) => table.complete(keyOf(record), record.attempt, { ...outcome, endedAt: nowMs() }),
  };
}

const iso = (ms: number) => new Date(ms).toISOString();

/** DynamoDB writes 1,000 items a second under one partition key: a flood from one caller must not stop the others. */
const SHARDS = 8;
const dayShard = (day: string, shard: number): string => `day#${day}#${shard}`;

/** Returns the partition keys of the records of a day; each partition is in the order of time. */
export const dayShards = (ms: number): string[] =>
  Array.from({ length: SHARDS }, (_, shard) => dayShard(iso(ms).slice(0, 10), shard));

export const keyOf = ({ at, requestId }: Pick<AuditRecord, 'at' | 'requestId'>): ItemKey =>
  keyOfItem(`${iso(at)}#${requestId}`);

/**
 * Returns the key of the record that a pointer leads to. Its shard follows from its sort key, so reader and writer
 * agree.
 */
export function keyOfItem(item: string): ItemKey {
  const sum = [...item].reduce((total, character) => total + character.charCodeAt(0), 0);
  return { subject: dayShard(item.slice(0, 10), sum % SHARDS), item };
}

/** Keys are in lower case: letter case makes no difference when a device or a user is looked up. */
export const deviceSubject = (identifier: string): string => `device#${identifier.toLowerCase()}`;
export const userSubject = (user: string): string => `user#${user.toLowerCase()}`;

function subjectsOf({ devices, user, caller, principal }: AuditRecord): string[] {
  const users = [caller, principal, ...(user === undefined ? [] : [user])];
  const subjects = [...users.map(userSubject), ...devices.map(({ identifier }) => deviceSubject(identifier))];
  return [...new Set(subjects)];
}
