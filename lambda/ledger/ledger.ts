import { randomUUID } from 'node:crypto';
import type { Alarms } from '../alarms/publish.ts';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { Budgets } from './budgets.ts';
import { change, type ItemMemory, type ItemStore } from './change.ts';
import { ReservationExpiredError } from './errors.ts';
import { recordUnchanged } from './journal.ts';
import { trimOutbox } from './outbox.ts';
import { type Presentation, reserve } from './reserve.ts';
import { type Settlement, settle } from './settle.ts';
import { type AuditRow, type CredentialState, credentialKey, exposure } from './state.ts';
import { sweepLogIns } from './sweep.ts';
import { RESERVATION_MS } from './times.ts';

/** One granted presentation of one password, to be sent at once. No password may be sent without one. */
export type Reservation = Presentation & {
  attempt: string;
  /** By the process's clock; `mayStillLeave` looks at it. */
  grantedAtMs: number;
};

/** Reports a failure around the ledger, not in it. */
type Warn = (message: string, facts: Record<string, unknown>) => void;

type LedgerParts = {
  items: ItemStore;
  alarms: Alarms;
  metrics: Metrics;
  clock: Clock;
  budgets: Budgets;
  warn: Warn;
};

type Seen = { state: CredentialState; now: number };
type Transition<T> = (state: CredentialState, now: number) => T;

/** The lockout ledger and the rotation journal of any number of usernames. Deadlines are by the process's clock. */
export interface Ledger {
  /** Returns the item in the table, and DynamoDB's time. @throws LedgerUnavailableError, LedgerItemError */
  read(username: string, deadlineMs: number): Promise<Seen>;
  /**
   * Takes one unit of the budget. The caller must send the granted request at once. `after` is a log-in that gave a
   * session for it: the same write settles that success, also when it refuses the unit.
   * @throws LockoutGuardError (a subclass that says which condition) when it must not be presented now
   * @throws LedgerUnavailableError, LedgerItemError: nothing may be presented either
   */
  reserve(wanted: Presentation, deadlineMs: number, after?: Reservation): Promise<Reservation>;
  /** Whether a request may still leave: a process that was suspended since then sends nothing. */
  mayStillLeave(reservation: Reservation): boolean;
  /**
   * Counts the outcome, changes the journal in the same write, and publishes the alarms.
   * @throws LedgerUnavailableError, LedgerItemError
   */
  settle<T = void>(
    reservation: Reservation,
    settlement: Settlement,
    deadlineMs: number,
    journal?: Transition<T>,
  ): Promise<T>;
  /**
   * Changes the item and publishes. `apply` may run more than once and must be pure. With `flushAudit`, waiting audit
   * rows are first written as separate items; if that fails, they stay in the item.
   */
  change<T>(
    username: string,
    deadlineMs: number,
    apply: Transition<T>,
    options?: { flushAudit?: boolean },
  ): Promise<T>;
  /** Counts and announces the log-ins that can no longer be executed, except the attempt of an open exchange. */
  sweepLogIns(username: string, deadlineMs: number): Promise<void>;
  /** Publishes the alarms in the outbox; a failing SNS leaves it there for the next invocation. */
  publishOutbox(username: string, deadlineMs: number): Promise<void>;
  /** Envelopes that were set aside, by attempt. @throws AwsCallError */
  readSetAside(username: string): Promise<Record<string, string>>;
  /** The username that a secret's rotation was last about. @throws AwsCallError */
  usernameOf(secretArn: string): Promise<string | undefined>;
  rememberUsernameOf(secretArn: string, username: string): Promise<void>;
}

/** The time that SNS gets in all: alarms that cannot be sent now must not use up the invocation. */
const PUBLISH_MS = 5_000;
/**
 * How long DynamoDB is tried before a password is presented. The outcome of a presented password is recorded until the
 * deadline.
 */
const ASKING_MS = 10_000;
/** With so many rows waiting, the next settlement makes them items. */
const MAX_AUDIT_ROWS = 8;
/** While rows cannot be written, the oldest are given up: an item too large for DynamoDB stops everything. */
const MAX_WAITING_ROWS = 100;

export function createLedger(parts: LedgerParts): Ledger {
  const { items, alarms, metrics, clock, budgets, warn } = parts;
  const memory: ItemMemory = new Map();

  const apply = <T>(username: string, deadlineMs: number, transition: Transition<T>, fresh = false) =>
    change(
      { store: items, clock, memory, credential: credentialKey(username), deadlineMs, fresh },
      (state, now) => {
        const result = transition(state, now);
        trimOutbox(state);
        return result;
      },
    );

  async function publish(username: string, deadlineMs: number, seen: Seen): Promise<void> {
    const published: string[] = [];
    const until = Math.min(deadlineMs, clock.nowMs() + PUBLISH_MS);
    for (const alarm of seen.state.outbox) {
      const timeoutMs = until - clock.nowMs();
      if (timeoutMs <= 0) break;
      if ((await alarms.publish(alarm, { timeoutMs })) === 'published') published.push(alarm.id);
    }
    if (published.length === 0) return;
    await apply(username, deadlineMs, (state) => {
      state.outbox = state.outbox.filter((alarm) => !published.includes(alarm.id));
    }).catch((failure: Error) =>
      warn('An alarm was published but is still in the outbox: it will be published once more', {
        failure: failure.name,
      }),
    );
  }

  async function writeAuditRows(username: string, deadlineMs: number): Promise<ReadonlySet<string>> {
    const { state } = await apply(username, deadlineMs, () => undefined);
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

  /** Settles one presentation in the item, changes the journal, and notes it for the audit trail. */
  function count<T>(
    state: CredentialState,
    reservation: Reservation,
    settlement: Settlement,
    now: number,
    journal?: Transition<T>,
  ): T {
    settle(state, reservation.attempt, reservation, settlement, budgets, now);
    const result = journal?.(state, now) as T;
    addAuditRow(state, reservation, settlement, now);
    return result;
  }

  // Before anything was sent, it is better to fail early: a retry finds the table reachable again.
  const soon = (deadlineMs: number) => Math.min(deadlineMs, clock.nowMs() + ASKING_MS);
  const mayStillLeave = ({ grantedAtMs }: Reservation) => clock.nowMs() - grantedAtMs < RESERVATION_MS;

  const ledger: Ledger = {
    read: (username, deadlineMs) => apply(username, soon(deadlineMs), () => undefined, true),
    mayStillLeave,

    async reserve(wanted, deadlineMs, after) {
      const attempt = randomUUID();
      const grantedAtMs = clock.nowMs();
      const untilMs = after ? deadlineMs : soon(deadlineMs);
      const seen = await apply(wanted.username, untilMs, (state, now) => {
        if (after) count(state, after, { outcome: 'success' }, now);
        const exposed = exposure(state);
        return { exposed, refusal: reserve(state, attempt, wanted, budgets, now) };
      });
      const { exposed, refusal } = seen.result;
      if (after) metrics.gauge('LockoutExposure', seen.state.credential, exposed, 'Count');
      if (seen.state.outbox.length > 0) await publish(wanted.username, deadlineMs, seen);
      if (refusal) throw refusal;
      const reservation = { ...wanted, attempt, grantedAtMs };
      if (mayStillLeave(reservation)) return reservation;
      await ledger.settle(reservation, { outcome: 'uncounted' }, deadlineMs, (state) => {
        if (wanted.exchange) recordUnchanged(state, attempt);
      });
      throw new ReservationExpiredError(
        `Reserving a log-in of ${wanted.username} took longer than a request may wait. A retry continues from here.`,
      );
    },

    async settle<T>(
      reservation: Reservation,
      settlement: Settlement,
      deadlineMs: number,
      journal?: Transition<T>,
    ): Promise<T> {
      const seen = await apply(reservation.username, deadlineMs, (state, now) =>
        count(state, reservation, settlement, now, journal),
      );
      metrics.gauge('LockoutExposure', seen.state.credential, exposure(seen.state), 'Count');
      if (settlement.outcome === 'failure' || settlement.outcome === 'unknown') {
        metrics.count('FailedLogIns', seen.state.credential);
      }
      if (seen.state.outbox.length > 0) await publish(reservation.username, deadlineMs, seen);
      if (seen.state.auditRows.length >= MAX_AUDIT_ROWS) {
        await ledger.change(reservation.username, deadlineMs, () => undefined, { flushAudit: true });
      }
      return seen.result;
    },

    async change(username, deadlineMs, transition, { flushAudit = false } = {}) {
      const written = flushAudit ? await writeAuditRows(username, deadlineMs) : new Set<string>();
      const seen = await apply(username, deadlineMs, (state, now) => {
        if (written.size > 0) state.auditRows = state.auditRows.filter((row) => !written.has(idOf(row)));
        return transition(state, now);
      });
      if (seen.state.outbox.length > 0) await publish(username, deadlineMs, seen);
      return seen.result;
    },

    sweepLogIns: (username, deadlineMs) =>
      ledger.change(username, deadlineMs, (state, now) => sweepLogIns(state, budgets, now)),

    async publishOutbox(username, deadlineMs) {
      const seen = await ledger.read(username, deadlineMs);
      if (seen.state.outbox.length > 0) await publish(username, deadlineMs, seen);
    },

    readSetAside: (username) => items.readSetAside(credentialKey(username)),
    usernameOf: (secretArn) => items.readUsernameOf(secretArn),
    rememberUsernameOf: (secretArn, username) => items.writeUsernameOf(secretArn, username),
  };
  return ledger;
}

function addAuditRow(
  state: CredentialState,
  reservation: Reservation,
  settlement: Settlement,
  now: number,
): void {
  const { attempt, actor, purpose, secretArn, versionId } = reservation;
  const row = {
    attempt,
    at: now,
    actor,
    purpose,
    secretArn,
    versionId,
    outcome: settlement.outcome,
    ...('code' in settlement ? { code: settlement.code } : {}),
    exposure: exposure(state),
  };
  state.auditRows = [...state.auditRows, row].slice(-MAX_WAITING_ROWS);
}

/** An attempt that was settled twice (unknown, then known) has two rows. */
const idOf = ({ attempt, at, outcome }: AuditRow): string => `${attempt} ${at} ${outcome}`;
