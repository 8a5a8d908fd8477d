import { randomUUID } from 'node:crypto';
import type { Metrics } from '../metrics.ts';
import type { Budgets } from './budgets.ts';
import { DeniedError } from './errors.ts';
import { decodeForOverride, decodeHolds, type Holds } from './holds.ts';
import { applyChange, type Items, type ItemsParts, itemsOf, TRYING_MS, type Transition } from './items.ts';
import { recordUnchanged } from './journal.ts';
import { closeIfOfOtherTable, isOfOtherTable, rememberedAge } from './other-table.ts';
import { type AttemptRequest, reserve } from './reserve.ts';
import { type Settlement, settle } from './settle.ts';
import { type CredentialState, credentialKey, decodeState, exposure } from './state.ts';
import { sweepLogIns } from './sweep.ts';
import { RESERVATION_MS } from './times.ts';

/** A reserved attempt, to be sent at once. No password may be sent without one. */
export type Reservation = AttemptRequest & {
  attempt: string;
  /** Whether the request may still leave: a process that was suspended since then sends nothing. */
  mayLeave: () => boolean;
};

/** The version of a secret, and when it was created. */
type Stored = { username: string; secretArn: string; versionId: string; storedAt: number };

type LedgerParts = ItemsParts & { metrics: Metrics; budgets: Budgets };

/**
 * The ledger's table: the item of each username, with the lockout ledger and the rotation journal, and the item of the
 * service's holds. Deadlines are by the process's clock.
 */
export interface Ledger extends Items<CredentialState> {
  holds: Items<Holds>;
  /** The same item for an operator's override: a new item has the members that cannot be read. */
  damagedHolds: Items<Holds>;
  /**
   * Takes one unit of the budget. The caller must send the granted request at once. `after` is a log-in that gave a
   * session for it: the same write settles that success, also when it refuses the unit.
   * @throws LockoutGuardError (a subclass that says which condition) when it must not be presented now
   * @throws LedgerUnavailableError, LedgerItemError: nothing may be presented either
   */
  reserve(wanted: AttemptRequest, deadlineMs: number, after?: Reservation): Promise<Reservation>;
  /**
   * Counts the outcome, changes the journal in the same write, and publishes the alarms.
   * @throws LedgerUnavailableError, LedgerItemError
   */
  settle<T = void>(
    reservation: Reservation,
    settlement: Settlement,
    deadlineMs: number,
    journal?: Transition<CredentialState, T>,
  ): Promise<T>;
  /** Counts and announces the log-ins that can no longer be executed, except the attempt of an open exchange. */
  sweepLogIns(username: string, deadlineMs: number): Promise<void>;
  /** When the table was created (`rememberedAge`); absent where the store cannot tell. */
  tableCreatedAt: (() => Promise<number | undefined>) | undefined;
  /** Closes and announces the guard of an item that is older than its table, also when nobody logs in. */
  closeIfOfOtherTable(seen: CredentialState, current: Stored, deadlineMs: number): Promise<boolean>;
  /** Publishes the alarms in the outbox; a failing SNS leaves it there for the next invocation. */
  publishOutbox(username: string, deadlineMs: number): Promise<void>;
  /** Envelopes that were set aside, by attempt. @throws AwsCallError */
  readSetAside(username: string): Promise<Record<string, string>>;
  /** The username that a secret's rotation was last about. @throws AwsCallError */
  usernameOf(secretArn: string): Promise<string | undefined>;
  rememberUsernameOf(secretArn: string, username: string): Promise<void>;
}

/** With so many rows waiting, the next settlement makes them items. */
const MAX_AUDIT_ROWS = 8;

export function createLedger(parts: LedgerParts): Ledger {
  const { items, metrics, clock, budgets, warn } = parts;
  const { read, lately, change, writer, publish } = itemsOf(parts, decodeState);

  const tableCreatedAt = items.tableCreatedAt && rememberedAge(items.tableCreatedAt, clock, warn);

  /** Settles one attempt in the item, changes the journal, and notes it for the audit trail. */
  function count<T>(
    state: CredentialState,
    reservation: Reservation,
    settlement: Settlement,
    now: number,
    journal?: Transition<CredentialState, T>,
  ): T {
    settle(state, reservation.attempt, reservation, settlement, budgets, now);
    const result = journal?.(state, now) as T;
    const { attempt, actor, purpose, secretArn, versionId, reason } = reservation;
    const { outcome } = settlement;
    const code = 'code' in settlement ? { code: settlement.code } : {};
    const about = { attempt, at: now, actor, purpose, secretArn, versionId };
    const why = reason === undefined ? {} : { reason };
    state.auditRows.push({ ...about, outcome, ...code, exposure: exposure(state), ...why });
    return result;
  }

  const ledger: Ledger = {
    read,
    lately,
    change,
    holds: itemsOf(parts, decodeHolds),
    damagedHolds: itemsOf(parts, decodeForOverride),

    async reserve(wanted, deadlineMs, after) {
      const attempt = randomUUID();
      const createdAt = after ? undefined : await tableCreatedAt?.();
      const grantedAtMs = clock.nowMs();
      const untilMs = after ? deadlineMs : Math.min(deadlineMs, grantedAtMs + TRYING_MS);
      const seen = await applyChange(writer, wanted.username, untilMs, (state, now) => {
        if (after) count(state, after, { outcome: 'success' }, now);
        if (createdAt !== undefined)
          closeIfOfOtherTable(state, attempt, wanted, { ...wanted, tableCreatedAt: createdAt }, budgets, now);
        const exposed = exposure(state);
        return { exposed, refusal: reserve(state, attempt, wanted, budgets, now) };
      });
      const { exposed, refusal } = seen.result;
      if (after) metrics.gauge('LockoutExposure', seen.state.credential, exposed, 'Count');
      if (seen.state.outbox.length > 0) await publish(wanted.username, deadlineMs, seen);
      if (refusal) throw refusal;
      const mayLeave = () => clock.nowMs() - grantedAtMs < RESERVATION_MS;
      const reservation = { ...wanted, attempt, mayLeave };
      if (mayLeave()) return reservation;
      await ledger.settle(reservation, { outcome: 'uncounted' }, deadlineMs, (state) => {
        if (wanted.exchange) recordUnchanged(state, attempt);
      });
      throw new DeniedError(
        'ReservationExpiredError',
        `Reserving a log-in of ${wanted.username} took longer than a request may wait. A retry continues from here.`,
      );
    },

    async settle<T>(
      reservation: Reservation,
      settlement: Settlement,
      deadlineMs: number,
      journal?: Transition<CredentialState, T>,
    ): Promise<T> {
      const seen = await applyChange(writer, reservation.username, deadlineMs, (state, now) =>
        count(state, reservation, settlement, now, journal),
      );
      metrics.gauge('LockoutExposure', seen.state.credential, exposure(seen.state), 'Count');
      if (settlement.outcome === 'failure' || settlement.outcome === 'unknown') {
        metrics.count('FailedLogIns', seen.state.credential);
      }
      if (seen.state.outbox.length > 0) await publish(reservation.username, deadlineMs, seen);
      if (seen.state.auditRows.length >= MAX_AUDIT_ROWS) {
        await change(reservation.username, deadlineMs, () => undefined, { flushAudit: true });
      }
      return seen.result;
    },

    sweepLogIns: (username, deadlineMs) =>
      change(username, deadlineMs, (state, now) => sweepLogIns(state, budgets, now)),

    tableCreatedAt,

    async closeIfOfOtherTable(seen, current, deadlineMs) {
      const ages = { tableCreatedAt: await tableCreatedAt?.(), storedAt: current.storedAt };
      if (!isOfOtherTable(seen, ages)) return false;
      const subject = { ...current, actor: 'rotation', purpose: 'log-in' } as const;
      await change(current.username, deadlineMs, (state, now) =>
        closeIfOfOtherTable(state, randomUUID(), subject, ages, budgets, now),
      );
      return true;
    },

    async publishOutbox(username, deadlineMs) {
      const seen = await read(username, deadlineMs);
      if (seen.state.outbox.length > 0) await publish(username, deadlineMs, seen);
    },

    readSetAside: (username) => items.readSetAside(credentialKey(username)),
    usernameOf: (secretArn) => items.readUsernameOf(secretArn),
    rememberUsernameOf: (secretArn, username) => items.writeUsernameOf(secretArn, username),
  };
  return ledger;
}
