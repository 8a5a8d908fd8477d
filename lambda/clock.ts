import { setTimeout as sleep } from 'node:timers/promises';

/** Local time, for waits and deadlines only. What is stored is stamped by DynamoDB's clock. */
export interface Clock {
  /** Milliseconds that never run backwards; time in which the process was suspended counts. */
  nowMs(): number;
  /** A pause, in which nothing is waited for but the time: where time is simulated it passes at once. */
  sleep(ms: number): Promise<void>;
}

/** A clock by which a call is given up, too. */
export interface CallClock extends Clock {
  /** Resolves after so much time, for a race against a call. It always takes its time, as the call does. */
  timeout(ms: number): Promise<void>;
}

/** Less is the fraction by which two readings of two clocks differ. */
const SUSPENDED_MS = 1_000;

/**
 * Goes on by the monotonic clock, and by the wall clock where that is far ahead: the monotonic one may stand
 * still while the machine is suspended.
 */
export function createClock(monotonicMs: () => number, wallMs: () => number): CallClock {
  let elapsedMs = 0;
  let last = { monotonic: monotonicMs(), wall: wallMs() };
  return {
    nowMs() {
      const now = { monotonic: monotonicMs(), wall: wallMs() };
      const passedMs = Math.max(0, now.monotonic - last.monotonic);
      const aheadMs = now.wall - last.wall - passedMs;
      elapsedMs += passedMs + (aheadMs >= SUSPENDED_MS ? aheadMs : 0);
      last = now;
      return elapsedMs;
    },
    sleep: (ms) => sleep(ms),
    timeout: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

export const systemClock: CallClock = createClock(
  () => performance.now(),
  () => Date.now(),
);
