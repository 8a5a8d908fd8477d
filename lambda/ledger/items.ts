import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { Alarms } from '../alarms/publish.ts';
import { AwsCallError } from '../aws-call.ts';
import type { Clock } from '../clock.ts';
import { PresentableError } from '../errors.ts';
import { type AuditRow, auditRow } from './audit-row.ts';
import { LedgerUnavailableError } from './errors.ts';
import { openObject } from './open-object.ts';
import { alarmEventSchema } from './outbox.ts';

/**
 * The items of the ledger's table. An item is read whole, changed by a pure function and written back on the condition
 * that its `revision` still is the one read (one conditional write = one step).
 * All times are milliseconds since 1970 by DynamoDB's clock.
 */

/**
 * The number is raised by a version of the software whose items an older one must not write. Members may be added
 * without raising it: `openObject` keeps members that it does not know.
 */
export const SCHEMA = 2;

/** The members of every kind of item. A member that a new item, or an earlier version, has not takes its default. */
export const itemMembers = {
  credential: v.string(),
  schema: v.optional(v.number(), SCHEMA),
  revision: v.optional(v.number(), 0),
  /** Ids of the last writes: a writer whose answer was lost recognizes its own. */
  recentWrites: v.optional(v.array(v.string()), []),
  /** Audit rows that are not yet separate items. */
  auditRows: v.optional(v.array(auditRow), []),
  /** Alarms that still have to be published. */
  outbox: v.optional(v.array(alarmEventSchema), []),
  /** Alarms given up for more urgent ones, and not yet reported in an alarm. */
  outboxDropped: v.optional(v.number(), 0),
  /** The operator's last act, for the messages that follow it. */
  lastAct: v.optional(
    openObject({ command: v.string(), actor: v.string(), at: v.number(), reason: v.optional(v.string()) }),
  ),
};
const item = openObject(itemMembers);
export type Item = v.InferOutput<typeof item>;

/** The stored item cannot be understood or written: nothing may be presented. */
export class LedgerItemError extends PresentableError {
  override readonly name = 'LedgerItemError';
}

/**
 * Reads a stored item.
 * @param unreadable words the error, from the paths of the members at fault
 * @throws LedgerItemError when the item cannot be understood, or a later version has reserved it
 */
export function decodeItem<S extends Item>(
  schema: v.GenericSchema<unknown, S>,
  stored: Record<string, unknown>,
  unreadable: (where: string) => string,
): S {
  if (typeof stored.schema === 'number' && stored.schema > SCHEMA) {
    throw new LedgerItemError(
      `The ledger item of ${stored.credential} was written by a later version of the software (schema ${stored.schema}; ` +
        `this one reads ${SCHEMA}), so nothing is presented or changed: deploy that version again.`,
    );
  }
  const read = v.safeParse(schema, stored);
  if (!read.success) {
    const where = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? 'the item'))].join(', ');
    throw new LedgerItemError(unreadable(where));
  }
  return { ...read.output, schema: SCHEMA };
}

/** The store of ledger items; every call may throw when the table cannot be reached. Times are DynamoDB's own. */
export interface ItemStore {
  /** A strongly consistent read, with the time of the answer in milliseconds since 1970. */
  read(credential: string): Promise<{ item: Record<string, unknown> | undefined; now: number }>;
  /** Writes on the condition that the stored revision is `expected` (0: there is no item). */
  write(item: Item, expected: number): Promise<{ outcome: 'written'; now: number } | { outcome: 'conflict' }>;
  /** Writes each row of the audit trail as a separate item; the same row again changes nothing. */
  audit(credential: string, rows: readonly AuditRow[]): Promise<void>;
  /** Keeps an envelope as a separate item, for good; the same envelope again changes nothing. */
  setAside(credential: string, attempt: string, envelope: string): Promise<void>;
  /** Envelopes that were set aside, by attempt. */
  readSetAside(credential: string): Promise<Record<string, string>>;
  /** The username that a secret's rotation was last about. */
  readUsernameOf(secretArn: string): Promise<string | undefined>;
  writeUsernameOf(secretArn: string, username: string): Promise<void>;
  /** When the table was created, by DynamoDB's clock. */
  tableCreatedAt?(): Promise<number | undefined>;
}

/** An item as this process last wrote or read it, as JSON, and when that was by DynamoDB's clock and by ours. */
type CachedItem = { text: string; now: number; seenAtMs: number };

/** A process that reads and writes the items of one kind. */
export type Writer<S> = {
  store: ItemStore;
  clock: Clock;
  /** Reads a stored item, `{}` where there is none. @throws LedgerItemError */
  decode(key: string, stored: Record<string, unknown>): S;
  /** The items as this process last saw them: a writer need not read its own writes again. */
  memory: Map<string, CachedItem>;
  /** Reports whether a failure lasts, so that no call is repeated after it. @default none does */
  lasts?: ((failure: unknown) => boolean) | undefined;
};

export type ItemAt<S> = { state: S; now: number };
/** With its JSON, which shows whether a change has had an effect. */
type ItemSeen<S> = ItemAt<S> & { text: string };
export type Transition<S, T> = (state: S, now: number) => T;

/** Envelopes that become separate items by the next write, and the attempts of those that have. */
type SetAside = { setAside?: Record<string, string>; orphanItems?: string[] };

/** How long a process relies on its last write: the condition of the next write finds other writers. */
const BELIEVED_MS = 10_000;
const REMEMBERED_WRITES = 20;
/** While rows cannot be written, the oldest are given up: an item too large for DynamoDB stops everything. */
const MAX_WAITING_ROWS = 100;
const MAX_PAUSE_MS = 2_000;
/**
 * How long DynamoDB is tried before a password is presented: a retry finds the table reachable again. The outcome of a
 * presented password is recorded until the deadline.
 */
export const TRYING_MS = 10_000;

/**
 * Applies a pure change to an item as one conditional write, and publishes nothing. When another writer came first, the
 * change is computed again on that writer's item. A change that leaves the item as it is gets its result from a read of
 * the table only, never from the process's memory.
 *
 * A write whose answer was lost may have landed: the next read shows it by the id of the write. So a change takes
 * effect once, however often it is sent.
 * @param deadlineMs by the writer's clock
 * @param fresh reads the table even if the process has just seen the item
 * @throws LedgerUnavailableError when the table did not answer until `deadlineMs`, or other writers always came first;
 *   after a lost answer the change may still have taken effect.
 * @throws LedgerItemError when the item cannot be understood, or DynamoDB does not take it.
 */
export async function applyChange<S extends Item & SetAside, T>(
  writer: Writer<S>,
  key: string,
  deadlineMs: number,
  transition: Transition<S, T>,
  fresh = false,
): Promise<ItemAt<S> & { result: T }> {
  const { store, clock, memory } = writer;
  const credential = key.toLowerCase();
  const sent = new Map<string, T>();
  let tries = 0;
  for (let isFirst = true; ; isFirst = false) {
    let cause: unknown;
    try {
      const remembered = isFirst && !fresh ? recall(writer, credential) : undefined;
      const { state, text, now } = remembered ?? (await read(writer, credential));
      const landed = state.recentWrites.find((id) => sent.has(id));
      if (landed !== undefined) return { result: sent.get(landed) as T, state, now };

      const result = transition(state, now);
      if (JSON.stringify(state) === text) {
        if (!remembered) return { result, state, now };
        continue;
      }
      // Most changes have none: their write begins without a pause.
      if (Object.keys(state.setAside ?? {}).length > 0) await writeSetAside(state, store);
      const writeId = randomUUID();
      const expected = state.revision;
      // The revision of a damaged item may be no number.
      state.revision = (Number(expected) || 0) + 1;
      state.auditRows = state.auditRows.slice(-MAX_WAITING_ROWS);
      state.recentWrites = [writeId, ...state.recentWrites].slice(0, REMEMBERED_WRITES);
      sent.set(writeId, result);
      memory.delete(credential);
      const written = await store.write(state, expected);
      if (written.outcome === 'written') {
        memory.set(credential, { text: JSON.stringify(state), now: written.now, seenAtMs: clock.nowMs() });
        return { result, state, now: written.now };
      }
      if (remembered) continue;
    } catch (failure) {
      throwIfItLasts(writer, credential, failure);
      cause = failure;
    }
    const pauseMs = Math.min(50 * 2 ** tries, MAX_PAUSE_MS);
    tries += 1;
    if (clock.nowMs() + pauseMs >= deadlineMs) throw unavailableError(credential, cause);
    await clock.sleep(pauseMs);
  }
}

async function read<S>(
  { store, clock, memory, decode }: Writer<S>,
  credential: string,
): Promise<ItemSeen<S>> {
  memory.delete(credential);
  const { item, now } = await store.read(credential);
  const state = decode(credential, item ?? {});
  const text = JSON.stringify(state);
  memory.set(credential, { text, now, seenAtMs: clock.nowMs() });
  return { state, text, now };
}

/** The item as last seen, with the time that has passed since added to DynamoDB's. */
function recall<S>({ clock, memory }: Writer<S>, credential: string): ItemSeen<S> | undefined {
  const seen = memory.get(credential);
  if (!seen) return undefined;
  const ageMs = clock.nowMs() - seen.seenAtMs;
  if (ageMs > BELIEVED_MS) return undefined;
  return { state: JSON.parse(seen.text), text: seen.text, now: seen.now + Math.floor(ageMs) };
}

/** Makes envelopes that the journal no longer has separate items, before the write that takes them off. */
async function writeSetAside(state: Item & SetAside, store: ItemStore): Promise<void> {
  const { setAside = {}, orphanItems = [] } = state;
  for (const [attempt, envelope] of Object.entries(setAside)) {
    await store.setAside(state.credential, attempt, envelope);
    delete setAside[attempt];
    if (!orphanItems.includes(attempt)) orphanItems.push(attempt);
  }
}

function throwIfItLasts<S>({ lasts }: Writer<S>, credential: string, failure: unknown): void {
  if (failure instanceof LedgerItemError) throw failure;
  if (failure instanceof AwsCallError && failure.errorName === 'ValidationException') {
    throw notTakenError(credential, failure);
  }
  if (lasts?.(failure)) throw unavailableError(credential, failure);
}

function unavailableError(credential: string, cause: unknown): LedgerUnavailableError {
  const busy = `The ledger of ${credential} (DynamoDB) was written by others all the time, and no password is presented without it.`;
  const away =
    `The ledger of ${credential} (DynamoDB) cannot be reached, and no password is presented without it. ` +
    'Check the table, the function’s permissions and DynamoDB’s health;';
  return cause === undefined
    ? new LedgerUnavailableError(`${busy} A retry continues from here.`)
    : new LedgerUnavailableError(`${away} a retry continues from here.`, { cause });
}

function notTakenError(credential: string, cause: AwsCallError): LedgerItemError {
  return new LedgerItemError(
    `DynamoDB does not take the ledger item of ${credential} (ValidationException): it is too large, or the table’s ` +
      'keys are not `credential` and `item`. No password is presented. Look at the item’s size and the table’s key schema.',
    { cause },
  );
}

/** Reports a failure around the ledger, not in it. */
type Warn = (message: string, facts: Record<string, unknown>) => void;

export type ItemsParts = {
  items: ItemStore;
  alarms: Alarms;
  clock: Clock;
  warn: Warn;
  /** As `Writer` has it. */
  lasts?: Writer<Item>['lasts'];
};

/** The items of one kind. Keys are compared without letter case; deadlines are by the process's clock. */
export interface Items<S> {
  /** Returns the item in the table, and DynamoDB's time. @throws LedgerUnavailableError, LedgerItemError */
  read(key: string, deadlineMs: number): Promise<ItemAt<S>>;
  /** The same, or the item as this process has seen it in the last ten seconds: a write soon after reads nothing more. */
  lately(key: string, deadlineMs: number): Promise<ItemAt<S>>;
  /**
   * Changes the item and publishes. `apply` may run more than once and must be pure. With `flushAudit`, waiting audit
   * rows are first written as separate items; if that fails, they stay in the item.
   * @throws LedgerUnavailableError, LedgerItemError
   */
  change<T>(
    key: string,
    deadlineMs: number,
    apply: Transition<S, T>,
    options?: { flushAudit?: boolean },
  ): Promise<T>;
}

/** The time that SNS gets in all: alarms that cannot be sent now must not use up the invocation. */
const PUBLISH_MS = 5_000;

/** Makes the access to the items of one kind, with its writer, and with `publish`. */
export function itemsOf<S extends Item>(
  { items: store, alarms, clock, warn, lasts }: ItemsParts,
  decode: Writer<S>['decode'],
) {
  const writer: Writer<S> = { store, clock, decode, memory: new Map(), lasts };

  async function publish(key: string, deadlineMs: number, { state }: ItemAt<S>): Promise<void> {
    const published: string[] = [];
    const until = Math.min(deadlineMs, clock.nowMs() + PUBLISH_MS);
    for (const alarm of state.outbox) {
      const timeoutMs = until - clock.nowMs();
      if (timeoutMs <= 0) break;
      if ((await alarms.publish(alarm, { timeoutMs })) === 'published') published.push(alarm.id);
    }
    if (published.length === 0) return;
    await applyChange(writer, key, deadlineMs, (fresh) => {
      fresh.outbox = fresh.outbox.filter((alarm) => !published.includes(alarm.id));
    }).catch((failure: Error) =>
      warn('An alarm was published but is still in the outbox: it will be published once more', {
        failure: failure.name,
      }),
    );
  }

  async function writeAuditRows(key: string, deadlineMs: number): Promise<ReadonlySet<string>> {
    const { state } = await applyChange(writer, key, deadlineMs, () => undefined);
    try {
      if (state.auditRows.length > 0) await store.audit(state.credential, state.auditRows);
      return new Set(state.auditRows.map(idOf));
    } catch (failure) {
      warn('Audit rows could not be written; they wait in the ledger item', {
        failure: (failure as Error).name,
      });
      return new Set();
    }
  }

  const access: Items<S> = {
    read: (key, deadlineMs) =>
      applyChange(writer, key, Math.min(deadlineMs, clock.nowMs() + TRYING_MS), () => undefined, true),
    lately: async (key, deadlineMs) => recall(writer, key.toLowerCase()) ?? access.read(key, deadlineMs),
    async change(key, deadlineMs, transition, { flushAudit = false } = {}) {
      const written = flushAudit ? await writeAuditRows(key, deadlineMs) : new Set<string>();
      const seen = await applyChange(writer, key, deadlineMs, (state, now) => {
        if (written.size > 0) state.auditRows = state.auditRows.filter((row) => !written.has(idOf(row)));
        return transition(state, now);
      });
      if (seen.state.outbox.length > 0) await publish(key, deadlineMs, seen);
      return seen.result;
    },
  };
  return { ...access, writer, publish };
}

/** An attempt that was settled twice (unknown, then known) has two rows. */
const idOf = ({ attempt, at, outcome }: AuditRow): string => `${attempt} ${at} ${outcome}`;
