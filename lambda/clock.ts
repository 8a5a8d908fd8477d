import { setTimeout as sleep } from 'node:timers/promises';

/** Local time, for waits and deadlines only. Stored times are from DynamoDB's clock. */
export interface Clock {
  /** Milliseconds that never run backwards; time in which the process was suspended counts. */
  nowMs(): number;
  /** Pauses; only the time is waited for, so simulated time passes at once. */
  sleep(ms: number): Promise<void>;
}

/** A clock that also limits calls. */
export interface CallClock extends Clock {
  /** Resolves after so much time, for a race against a call. It always takes its time, as the call does. */
  timeout(ms: number): Promise<void>;
}

/** A smaller lead is only the difference between two readings of two clocks. */
const SUSPENDED_MS = 1_000;

/**
 * Advances by the monotonic clock, and by the wall clock if that is far ahead: the monotonic clock may stop while the
 * machine is suspended.
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
