import type { Alarms } from '../alarms/publish.ts';
import type { Clock } from '../clock.ts';
import { change, type ItemKind, type ItemMemory, type ItemStore } from './change.ts';
import type { AuditRow, Item } from './item.ts';
import { trimOutbox } from './outbox.ts';

/** Reports a failure around the ledger, not in it. */
type Warn = (message: string, facts: Record<string, unknown>) => void;

export type ItemsParts = { items: ItemStore; alarms: Alarms; clock: Clock; warn: Warn };

export type ItemAt<S> = { state: S; now: number };
export type Transition<S, T> = (state: S, now: number) => T;

/** The items of one kind. Keys are compared without letter case; deadlines are by the process's clock. */
export interface Items<S> {
  /** Returns the item in the table, and DynamoDB's time. @throws LedgerUnavailableError, LedgerItemError */
  read(key: string, deadlineMs: number): Promise<ItemAt<S>>;
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
export function itemsOf<S extends Item>({ items, alarms, clock, warn }: ItemsParts, kind: ItemKind<S>) {
  const memory: ItemMemory<S> = new Map();

  const apply = <T>(key: string, deadlineMs: number, transition: Transition<S, T>, fresh = false) =>
    change(
      { store: items, clock, memory, kind, credential: key.toLowerCase(), deadlineMs, fresh },
      (state, now) => {
        const result = transition(state, now);
        trimOutbox(state);
        return result;
      },
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
