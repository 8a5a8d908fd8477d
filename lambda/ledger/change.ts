import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { LedgerUnavailableError } from './errors.ts';
import { type CredentialState, decodeState, LedgerItemError } from './state.ts';

/** Where ledger items live; every call may throw when the table cannot be reached. */
export interface ItemStore {
  /** A strongly consistent read, with DynamoDB's own time in milliseconds since 1970. */
  read(credential: string): Promise<{ item: Record<string, unknown> | undefined; now: number }>;
  /** Writes on the condition that the stored revision is `expected` (0: there is no item). */
  write(state: CredentialState, expected: number): Promise<'written' | 'conflict'>;
  /** Adds one row to the audit trail. */
  audit(row: AuditRow): Promise<void>;
}

export type AuditRow = {
  credential: string;
  attempt: string;
  at: number;
  actor: string;
  purpose: string;
  secretArn: string;
  versionId: string;
  outcome: string;
  code?: string;
  exposure: number;
};

const REMEMBERED_WRITES = 20;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Applies a pure change to a credential's item as one conditional write. A change that finds another
 * writer before it is computed again on what that one wrote.
 *
 * A write whose answer was lost may have landed: the next read tells, by the write's own id. So a
 * change takes effect once, however often it is sent.
 * @throws LedgerUnavailableError when the table did not answer until `deadlineMs` (by `clock`); the
 *   change may have taken effect all the same.
 * @throws LedgerItemError when the stored item cannot be understood.
 */
export async function change<T>(
  store: ItemStore,
  clock: Clock,
  credential: string,
  deadlineMs: number,
  apply: (state: CredentialState, now: number) => T,
): Promise<{ result: T; state: CredentialState; now: number }> {
  const sent = new Map<string, T>();
  let failures = 0;
  for (;;) {
    try {
      const { item, now } = await store.read(credential);
      const state = decodeState(credential, item ?? {});
      const landed = state.recentWrites.find((id) => sent.has(id));
      if (landed !== undefined) return { result: sent.get(landed) as T, state, now };

      const before = JSON.stringify(state);
      const result = apply(state, now);
      if (JSON.stringify(state) === before) return { result, state, now };

      const writeId = randomUUID();
      sent.set(writeId, result);
      const expected = state.revision;
      state.revision += 1;
      state.recentWrites = [writeId, ...state.recentWrites].slice(0, REMEMBERED_WRITES);
      if ((await store.write(state, expected)) === 'written') return { result, state, now };
      failures = 0;
    } catch (failure) {
      if (failure instanceof LedgerItemError) throw failure;
      const pauseMs = Math.min(50 * 2 ** failures, LONGEST_PAUSE_MS);
      failures += 1;
      if (clock.nowMs() + pauseMs >= deadlineMs) {
        throw new LedgerUnavailableError(
          `The ledger of ${credential} (DynamoDB) cannot be reached, and no password is presented without it. ` +
            'Check the table, the function’s permissions and DynamoDB’s health; a retry goes on from here.',
          { cause: failure },
        );
      }
      await clock.sleep(pauseMs);
    }
  }
}
