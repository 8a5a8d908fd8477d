import { credentialLost } from '../ledger/reserve.ts';
import type { Journal } from '../ledger/state.ts';
import type { Invocation } from './context.ts';
import type { Seen } from './observe.ts';
import { findInLog } from './sealed-answer.ts';

export type Lost = Extract<Journal, { state: 'lost' }>;

/**
 * Searches the log again for the answer of a lost exchange. A line may become searchable hours after it was written,
 * and an earlier search may have failed. Half of the time that is left is kept for a password that an operator has
 * stored.
 * @returns the error to stop with, where the log does not hold the answer
 */
export async function lookForLost(
  invocation: Invocation,
  journal: Lost,
  { username, current }: Seen,
): Promise<'in the log' | { error: Error }> {
  const { clock, deadlineMs } = invocation;
  const nowMs = clock.nowMs();
  const inLog = await findInLog(invocation, journal, username, nowMs + (deadlineMs - nowMs) / 2);
  switch (inLog.found) {
    case 'readable':
      return 'in the log';
    case 'locked':
      return { error: inLog.error };
    case 'not searched':
      return {
        error: credentialLost(username, journal, { notSearched: inLog.error, unreadable: current.problem }),
      };
    default:
      return { error: credentialLost(username, journal, { unreadable: current.problem }) };
  }
}
