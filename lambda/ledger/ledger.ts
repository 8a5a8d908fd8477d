import { randomUUID } from 'node:crypto';
import type { Alarms } from '../alarms/publish.ts';
import type { Clock } from '../clock.ts';
import type { Measure } from '../metrics.ts';
import type { Budgets } from './budgets.ts';
import { type AuditRow, change, type ItemStore } from './change.ts';
import { ReservationExpiredError } from './errors.ts';
import { type Presentation, reserve } from './reserve.ts';
import { type Settlement, settle } from './settle.ts';
import { type CredentialState, credentialKey, exposure } from './state.ts';
import { RESERVATION_MS } from './times.ts';

/** One granted presentation of one password, to be sent at once. Nothing may be sent without it. */
export type Reservation = Presentation & { attempt: string };

/** What the ledger says when something around it, not the ledger itself, went wrong. */
export type Warn = (message: string, facts: Record<string, unknown>) => void;

export type LedgerParts = {
  items: ItemStore;
  alarms: Alarms;
  measure: Measure;
  clock: Clock;
  budgets: Budgets;
  warn: Warn;
};

type Seen = { state: CredentialState; now: number };

/** The lockout ledger and the rotation journal of any number of usernames. */
export interface Ledger {
  /** The item as it stands, and DynamoDB's time. @throws LedgerUnavailableError, LedgerItemError */
  read(username: string, deadlineMs: number): Promise<Seen>;
  /**
   * Takes one unit of the budget. What it grants must be sent at once.
   * @throws LockoutGuardError (a subclass that says which condition) when it must not be presented now
   * @throws LedgerUnavailableError, LedgerItemError: nothing may be presented either
   */
  reserve(wanted: Presentation, deadlineMs: number): Promise<Reservation>;
  /** Counts what became of it, and announces it. @throws LedgerUnavailableError, LedgerItemError */
  settle(reservation: Reservation, settlement: Settlement, deadlineMs: number): Promise<void>;
  /** Settles and changes the journal in one write. */
  settleAnd(
    reservation: Reservation,
    settlement: Settlement,
    deadlineMs: number,
    journal: (state: CredentialState, now: number) => void,
  ): Promise<void>;
  /** Changes the journal and announces. `apply` may run more than once and must be pure. */
  change<T>(
    username: string,
    deadlineMs: number,
    apply: (state: CredentialState, now: number) => T,
  ): Promise<T>;
  /** Publishes what waits in the outbox; a failing SNS leaves it there for the next invocation. */
  announce(username: string, deadlineMs: number): Promise<void>;
}

/** SNS gets that long in all: alarms that cannot be sent now must not use up the invocation. */
const PUBLISH_MS = 5_000;
/** So long DynamoDB is asked before a password is presented; what was presented is recorded until the deadline. */
const ASKING_MS = 10_000;
/** Enough for any real backlog; beyond it the item would grow without bound while SNS is denied. */
const MOST_WAITING = 20;

export function createLedger(parts: LedgerParts): Ledger {
  const { items, alarms, measure, clock, budgets, warn } = parts;

  async function apply<T>(
    username: string,
    deadlineMs: number,
    transition: (state: CredentialState, now: number) => T,
  ) {
    return change(items, clock, credentialKey(username), deadlineMs, (state, now) => {
      const result = transition(state, now);
      state.outbox = state.outbox.slice(-MOST_WAITING);
      return result;
    });
  }

  async function announce(username: string, deadlineMs: number, seen: Seen): Promise<void> {
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

  async function audit(reservation: Reservation, settlement: Settlement, seen: Seen): Promise<void> {
    const row: AuditRow = {
      credential: seen.state.credential,
      attempt: reservation.attempt,
      at: seen.now,
      actor: reservation.actor,
      purpose: reservation.purpose,
      secretArn: reservation.secretArn,
      versionId: reservation.versionId,
      exposure: exposure(seen.state),
      ...('code' in settlement
        ? { outcome: settlement.outcome, code: settlement.code }
        : { outcome: settlement.outcome }),
    };
    await items
      .audit(row)
      .catch((failure: Error) =>
        warn('The audit row could not be written', { ...row, failure: failure.message }),
      );
  }

  // Before anything was sent, failing early is the better service: the retry finds the table back.
  const soon = (deadlineMs: number) => Math.min(deadlineMs, clock.nowMs() + ASKING_MS);

  const ledger: Ledger = {
    read: async (username, deadlineMs) => apply(username, soon(deadlineMs), () => undefined),

    async reserve(wanted, deadlineMs) {
      const attempt = randomUUID();
      const grantedAtMs = clock.nowMs();
      const seen = await apply(wanted.username, soon(deadlineMs), (state, now) =>
        reserve(state, attempt, wanted, budgets, now),
      );
      if (seen.state.outbox.length > 0) await announce(wanted.username, deadlineMs, seen);
      if (seen.result) throw seen.result;
      const reservation = { ...wanted, attempt };
      if (clock.nowMs() - grantedAtMs >= RESERVATION_MS) {
        await ledger.settle(reservation, { outcome: 'uncounted' }, deadlineMs);
        throw new ReservationExpiredError(
          `Reserving a log-in of ${wanted.username} took longer than a request may wait.`,
        );
      }
      return reservation;
    },

    settle: (reservation, settlement, deadlineMs) =>
      ledger.settleAnd(reservation, settlement, deadlineMs, () => undefined),

    async settleAnd(reservation, settlement, deadlineMs, journal) {
      const seen = await apply(reservation.username, deadlineMs, (state, now) => {
        settle(state, reservation.attempt, reservation, settlement, budgets, now);
        journal(state, now);
      });
      measure.gauge('LockoutExposure', seen.state.credential, exposure(seen.state), 'Count');
      if (settlement.outcome === 'failure' || settlement.outcome === 'unknown') {
        measure.count('FailedLogIns', seen.state.credential);
      }
      await announce(reservation.username, deadlineMs, seen);
      await audit(reservation, settlement, seen);
    },

    async change(username, deadlineMs, transition) {
      const seen = await apply(username, deadlineMs, transition);
      await announce(username, deadlineMs, seen);
      return seen.result;
    },

    async announce(username, deadlineMs) {
      await announce(username, deadlineMs, await ledger.read(username, deadlineMs));
    },
  };
  return ledger;
}
