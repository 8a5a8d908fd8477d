import type { ClientClock } from './clock.ts';
import { errorOf, type Stop } from './stop.ts';

/** How long the callers of a session wait; several callers may wait for the same log-in. */
export type Patience = {
  /** The latest end of the callers' patience, by the process's clock. */
  untilMs: number;
  /** The stop that the callers wait out at this moment. */
  waitingFor: Stop | undefined;
};

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 5_000;

/**
 * Waits before the next try, longer each time, and by a random part: so the tries of a fleet spread out.
 * @param tries how often this was tried before
 * @throws SessionError when patience ends before that
 */
export async function pause(
  clock: ClientClock,
  patience: Patience,
  stop: Stop,
  tries: number,
  random: () => number,
): Promise<void> {
  patience.waitingFor = stop;
  const longestMs = Math.min(FIRST_PAUSE_MS * 2 ** tries, MAX_PAUSE_MS);
  const pauseMs = longestMs * (0.5 + random() / 2);
  if (clock.nowMs() + pauseMs > patience.untilMs) throw errorOf(stop);
  await clock.sleep(pauseMs);
}
