import type { Clock } from '../clock.ts';
import { announceGuardClosed } from './announce.ts';
import type { Budgets } from './budgets.ts';
import type { AttemptRequest } from './reserve.ts';
import type { CredentialState } from './state.ts';
import { SETTLING_MS } from './times.ts';

/**
 * The ledger's table was deleted and made again, or restored from a backup: the item does not know the log-ins that came
 * after it. Then their number is unknown, and the guard closes: the automation's share counts as used.
 */

/** The ages by which an item is found to be older than its table, in milliseconds since 1970. */
export type Ages = {
  /** When the table was created, by DynamoDB's clock; undefined where that cannot be learned. */
  tableCreatedAt: number | undefined;
  /** When the version of the password was created, by Secrets Manager's clock. */
  storedAt?: number | undefined;
};

/**
 * Reports whether log-ins may have been made that the item does not know. Every attempt that it knows was made before
 * its table existed; or it knows none, and the password is older than the table.
 */
export function isOfOtherTable(state: CredentialState, { tableCreatedAt, storedAt }: Ages): boolean {
  if (tableCreatedAt === undefined) return false;
  const known = newestAttempt(state) || storedAt;
  return known !== undefined && known < tableCreatedAt;
}

/** 0 where the item knows no attempt. */
function newestAttempt({ lastEndedAt, inFlight, journal }: CredentialState): number {
  const startedAt = 'startedAt' in journal ? journal.startedAt : (journal.receivedAt ?? 0);
  return Math.max(lastEndedAt, startedAt, ...Object.values(inFlight).map(({ reservedAt }) => reservedAt));
}

type Subject = Pick<AttemptRequest, 'actor' | 'purpose' | 'username' | 'secretArn' | 'versionId'>;

/**
 * Closes the guard, and announces it, where the item is older than its table. From then on the item is of this table:
 * `lastEndedAt` is the time until which ThingSpace may have executed an attempt that only the other table knows.
 * @returns whether it closed the guard
 */
export function closeIfOfOtherTable(
  state: CredentialState,
  id: string,
  subject: Subject,
  ages: Ages,
  budgets: Budgets,
  now: number,
): boolean {
  const { tableCreatedAt = now } = ages;
  if (!isOfOtherTable(state, ages)) return false;
  state.failed = Math.max(state.failed, budgets.budget);
  state.inFlight = {};
  state.lastEndedAt = tableCreatedAt + SETTLING_MS;
  state.countUnknownSince = now;
  state.guardClosedSaid = false;
  announceGuardClosed(state, id, subject, budgets, now);
  return true;
}

const BELIEVED_MS = 60_000;

/**
 * Asks for the age of the table, and keeps the answer for a minute: no table is deleted and restored in less. Without an
 * answer no item is called older: log-ins do not depend on DynamoDB's control plane.
 */
export function rememberedAge(
  ask: () => Promise<number | undefined>,
  clock: Pick<Clock, 'nowMs'>,
  warn: (message: string, facts: Record<string, unknown>) => void,
): () => Promise<number | undefined> {
  let known: { createdAt: Promise<number | undefined>; untilMs: number } | undefined;
  return () => {
    if (known && clock.nowMs() < known.untilMs) return known.createdAt;
    const createdAt = ask().catch((failure: Error) => {
      warn('The age of the ledger’s table is not known', { failure: failure.name });
      return undefined;
    });
    known = { createdAt, untilMs: clock.nowMs() + BELIEVED_MS };
    return createdAt;
  };
}
