import { advised } from './aws-away.ts';
import type { ClientClock } from './clock.ts';
import { errorOf, type Stop } from './stop.ts';

/** How long the callers of a session wait; several callers may wait for the same log-in. */
export type Patience = {
  /** The latest end of the callers' patience, by the process's clock. */
  untilMs: number;
  /** The error of what the callers wait out at this moment. */
  waitingFor: Error | undefined;
  /** It cannot end before that time, by the process's clock. */
  notBeforeMs: number;
};

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 5_000;

/**
 * Waits before the next try, longer each time, and by a random part: so the tries of a fleet spread out.
 * @param cause a stop that passes, or the failure of an AWS service that is away
 * @param tries how often this was tried before
 * @throws the cause's error when patience ends before that; at once when no log-in is allowed until then
 */
export async function pause(
  clock: ClientClock,
  patience: Patience,
  cause: Stop | Error,
  tries: number,
  random: () => number,
): Promise<void> {
  const error = cause instanceof Error ? advised(cause) : errorOf(cause);
  patience.waitingFor = error;
  const longestMs = Math.min(FIRST_PAUSE_MS * 2 ** tries, MAX_PAUSE_MS);
  const pauseMs = longestMs * (0.5 + random() / 2);
  const leastMs = cause instanceof Error ? 0 : (cause.waitMs ?? 0);
  patience.notBeforeMs = clock.nowMs() + leastMs;
  if (clock.nowMs() + Math.max(pauseMs, leastMs) > patience.untilMs) throw error;
  await clock.sleep(pauseMs);
  // Every caller has left meanwhile, or the session was closed: nobody needs a log-in.
  if (clock.nowMs() > patience.untilMs) throw error;
}
