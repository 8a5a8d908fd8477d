import { announceFailure, missedAnswer } from './announce.ts';
import type { Budgets } from './budgets.ts';
import type { CredentialState } from './state.ts';
import { SETTLING_MS } from './times.ts';

/**
 * Turns attempts that the platform can no longer execute into failures. Until then they stay in flight: otherwise an
 * attempt that is executed late would count at the platform after a success cleared it here.
 */
export function sweep(state: CredentialState, budgets: Budgets, now: number): void {
  for (const [id, attempt] of Object.entries(state.inFlight)) {
    if (now < attempt.reservedAt + SETTLING_MS) continue;
    delete state.inFlight[id];
    state.lastEndedAt = Math.max(state.lastEndedAt, attempt.reservedAt + SETTLING_MS);
    state.failed += 1;
    if (attempt.unknownAt !== undefined) continue;
    // The process that sent it ended before it could announce the failure.
    missedAnswer(state, attempt.reservedAt);
    announceFailure(state, id, attempt, { certainty: 'unknown' }, budgets, now);
  }
}
