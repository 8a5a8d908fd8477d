import { randomUUID } from 'node:crypto';
import type { Alarms } from '../alarms/publish.ts';
import { AwsCallError } from '../aws-call.ts';
import type { Clock } from '../clock.ts';
import type { AuditRow } from './audit-row.ts';
import { LedgerUnavailableError } from './errors.ts';
import { type Item, LedgerItemError } from './item.ts';

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

/** An item as this process last wrote or read it, and when that was by DynamoDB's clock and by ours. */
type CachedItem<S> = { state: S; now: number; seenAtMs: number };

/** The items as this process last saw them: a writer need not read its own writes again. */
export type ItemMemory<S> = Map<string, CachedItem<S>>;

export type ItemKind<S> = {
  /** Reads a stored item, `{}` where there is none. @throws LedgerItemError */
  decode(key: string, stored: Record<string, unknown>): S;
  /** Makes members of the item separate items before a write; undefined where there are none. */
  beforeWrite?(state: S, store: ItemStore): Promise<void> | undefined;
};

/** How long a process relies on its last write: the condition of the next write finds other writers. */
const BELIEVED_MS = 10_000;
const REMEMBERED_WRITES = 20;
/** While rows cannot be written, the oldest are given up: an item too large for DynamoDB stops everything. */
const MAX_WAITING_ROWS = 100;
const MAX_PAUSE_MS = 2_000;

export type ChangeOptions<S> = {
  store: ItemStore;
  clock: Clock;
  memory: ItemMemory<S>;
  kind: ItemKind<S>;
  credential: string;
  /** By `clock`. */
  deadlineMs: number;
  /** Reads the table even if the process has just seen the item. */
  fresh?: boolean;
  /** Reports whether a failure lasts, so that no call is repeated after it. @default none does */
  lasts?: ((failure: unknown) => boolean) | undefined;
};

/**
 * Applies a pure change to a credential's item as one conditional write. When another writer came first, the change is
 * computed again on that writer's item. A change that leaves the item as it is gets its result from a read of the table
 * only, never from the process's memory.
 *
 * A write whose answer was lost may have landed: the next read shows it by the id of the write. So a change takes
 * effect once, however often it is sent.
 * @throws LedgerUnavailableError when the table did not answer until `deadlineMs` (by `clock`), or other writers always
 *   came first; after a lost answer the change may still have taken effect.
 * @throws LedgerItemError when the item cannot be understood, or DynamoDB does not take it.
 */
export async function change<S extends Item, T>(
  options: ChangeOptions<S>,
  apply: (state: S, now: number) => T,
): Promise<{ result: T; state: S; now: number }> {
  const { store, clock, memory, kind, credential, deadlineMs } = options;
  const sent = new Map<string, T>();
  let tries = 0;
  let fresh = options.fresh ?? false;
  for (;;) {
    let cause: unknown;
    try {
      const remembered = fresh || sent.size > 0 ? undefined : recall(options);
      const { state, now } = remembered ?? (await read(options));
      const landed = state.recentWrites.find((id) => sent.has(id));
      if (landed !== undefined) return { result: sent.get(landed) as T, state, now };

      const before = JSON.stringify(state);
      const result = apply(state, now);
      if (JSON.stringify(state) === before) {
        if (!remembered) return { result, state, now };
        fresh = true;
        continue;
      }
      // Most changes have none: their write begins without a pause.
      const separate = kind.beforeWrite?.(state, store);
      if (separate) await separate;
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
        memory.set(credential, { state: structuredClone(state), now: written.now, seenAtMs: clock.nowMs() });
        return { result, state, now: written.now };
      }
      if (remembered) {
        fresh = true;
        continue;
      }
    } catch (failure) {
      if (failure instanceof LedgerItemError) throw failure;
      if (failure instanceof AwsCallError && failure.errorName === 'ValidationException') {
        throw notTakenError(credential, failure);
      }
      if (options.lasts?.(failure)) throw unavailableError(credential, failure);
      cause = failure;
    }
    fresh = true;
    const pauseMs = Math.min(50 * 2 ** tries, MAX_PAUSE_MS);
    tries += 1;
    if (clock.nowMs() + pauseMs >= deadlineMs) throw unavailableError(credential, cause);
    await clock.sleep(pauseMs);
  }
}

async function read<S>({ store, clock, memory, kind, credential }: ChangeOptions<S>) {
  memory.delete(credential);
  const { item, now } = await store.read(credential);
  const state = kind.decode(credential, item ?? {});
  memory.set(credential, { state: structuredClone(state), now, seenAtMs: clock.nowMs() });
  return { state, now };
}

/** The item as last seen, with the time that has passed since added to DynamoDB's. */
function recall<S>({ clock, memory, credential }: Pick<ChangeOptions<S>, 'clock' | 'memory' | 'credential'>) {
  const seen = memory.get(credential);
  if (!seen) return undefined;
  const ageMs = clock.nowMs() - seen.seenAtMs;
  if (ageMs > BELIEVED_MS) return undefined;
  return { state: structuredClone(seen.state), now: seen.now + Math.floor(ageMs) };
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
  /** As `ChangeOptions` has it. */
  lasts?: ChangeOptions<Item>['lasts'];
};

export type ItemAt<S> = { state: S; now: number };
export type Transition<S, T> = (state: S, now: number) => T;

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
/**
 * How long DynamoDB is tried before a password is presented. The outcome of a presented password is recorded until the
 * deadline.
 */
const TRYING_MS = 10_000;

/** Makes the access to the items of one kind, with `apply` (a change that publishes nothing) and `publish` beside it. */
export function itemsOf<S extends Item>(
  { items, alarms, clock, warn, lasts }: ItemsParts,
  kind: ItemKind<S>,
) {
  const memory: ItemMemory<S> = new Map();

  const apply = <T>(key: string, deadlineMs: number, transition: Transition<S, T>, fresh = false) =>
    change(
      { store: items, clock, memory, kind, credential: key.toLowerCase(), deadlineMs, fresh, lasts },
      transition,
    );

  async function publish(key: string, deadlineMs: number, { state }: ItemAt<S>): Promise<void> {
    const published: string[] = [];
    const until = Math.min(deadlineMs, clock.nowMs() + PUBLISH_MS);
    for (const alarm of state.outbox) {
      const timeoutMs = until - clock.nowMs();
      if (timeoutMs <= 0) break;
      if ((await alarms.publish(alarm, { timeoutMs })) === 'published') published.push(alarm.id);
    }
    if (published.length === 0) return;
    await apply(key, deadlineMs, (fresh) => {
      fresh.outbox = fresh.outbox.filter((alarm) => !published.includes(alarm.id));
    }).catch((failure: Error) =>
      warn('An alarm was published but is still in the outbox: it will be published once more', {
        failure: failure.name,
      }),
    );
  }

  async function writeAuditRows(key: string, deadlineMs: number): Promise<ReadonlySet<string>> {
    const { state } = await apply(key, deadlineMs, () => undefined);
    try {
      if (state.auditRows.length > 0) await items.audit(state.credential, state.auditRows);
      return new Set(state.auditRows.map(idOf));
    } catch (failure) {
      warn('Audit rows could not be written; they wait in the ledger item', {
        failure: (failure as Error).name,
      });
      return new Set();
    }
  }

  // Before anything was sent, it is better to fail early: a retry finds the table reachable again.
  const soon = (deadlineMs: number) => Math.min(deadlineMs, clock.nowMs() + TRYING_MS);

  const access: Items<S> = {
    read: (key, deadlineMs) => apply(key, soon(deadlineMs), () => undefined, true),
    lately: async (key, deadlineMs) =>
      recall({ clock, memory, credential: key.toLowerCase() }) ?? access.read(key, deadlineMs),
    async change(key, deadlineMs, transition, { flushAudit = false } = {}) {
      const written = flushAudit ? await writeAuditRows(key, deadlineMs) : new Set<string>();
      const seen = await apply(key, deadlineMs, (state, now) => {
        if (written.size > 0) state.auditRows = state.auditRows.filter((row) => !written.has(idOf(row)));
        return transition(state, now);
      });
      if (seen.state.outbox.length > 0) await publish(key, deadlineMs, seen);
      return seen.result;
    },
  };
  return { ...access, apply, publish, soon };
}

/** An attempt that was settled twice (unknown, then known) has two rows. */
const idOf = ({ attempt, at, outcome }: AuditRow): string => `${attempt} ${at} ${outcome}`;
