import { announceFailure, missedAnswer } from './announce.ts';
import type { Budgets } from './budgets.ts';
import { type Attempt, type CredentialState, exposure } from './state.ts';
import { SETTLING_MS } from './times.ts';

/**
 * Turns attempts that the platform can no longer execute into failures. Until then they stay in flight: otherwise an
 * attempt that is executed late would count at the platform after a success cleared it here.
 */
export function sweep(
  state: CredentialState,
  budgets: Budgets,
  now: number,
  attempts = Object.entries(state.inFlight),
): void {
  for (const [id, attempt] of attempts) {
    if (!isExpired(attempt, now)) continue;
    delete state.inFlight[id];
    state.lastEndedAt = Math.max(state.lastEndedAt, attempt.reservedAt + SETTLING_MS);
    state.failed += 1;
    if (attempt.unknownAt !== undefined) continue;
    // The process that sent it ended before it could announce the failure.
    missedAnswer(state, attempt.reservedAt);
    announceFailure(state, id, attempt, { certainty: 'unknown' }, budgets, now);
    const { actor, purpose, secretArn, versionId } = attempt;
    const about = { attempt: id, at: now, actor, purpose, secretArn, versionId };
    state.auditRows.push({ ...about, outcome: 'unknown', exposure: exposure(state) });
  }
}

/** Returns the log-ins that can no longer be executed, without the attempt of an open exchange: a sealed answer may settle that. */
export function expiredLogIns({ inFlight, journal }: CredentialState, now: number): [string, Attempt][] {
  const exchange = journal.state === 'idle' ? undefined : journal.attempt;
  return Object.entries(inFlight).filter(([id, attempt]) => id !== exchange && isExpired(attempt, now));
}

/** Counts and announces the expired log-ins, also when no other log-in is reserved. */
export function sweepLogIns(state: CredentialState, budgets: Budgets, now: number): void {
  sweep(state, budgets, now, expiredLogIns(state, now));
}

const isExpired = ({ reservedAt }: Attempt, now: number): boolean => now >= reservedAt + SETTLING_MS;
