/** Local time, for waits and deadlines only. What is stored is stamped by DynamoDB's clock. */
export interface Clock {
  /** Milliseconds that never run backwards; time in which the process was suspended counts. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

/** Less is the fraction by which two readings of two clocks differ. */
const SUSPENDED_MS = 1_000;

/**
 * Goes on by the monotonic clock, and by the wall clock where that is far ahead: the monotonic one may stand
 * still while the machine is suspended.
 */
export function createClock(monotonicMs: () => number, wallMs: () => number): Clock {
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
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

export const systemClock: Clock = createClock(
  () => performance.now(),
  () => Date.now(),
);
