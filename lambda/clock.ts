/** Local time: for patience and deadlines only. What is stored is stamped by DynamoDB's clock. */
export interface Clock {
  /** Milliseconds that never run backwards; time in which the process was suspended counts. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

/**
 * Goes on by whichever of two clocks says that more time has passed: the monotonic one may stand still while
 * the machine is suspended, and the wall clock may be set back.
 */
export function createClock(monotonicMs: () => number, wallMs: () => number): Clock {
  let elapsedMs = 0;
  let last = { monotonic: monotonicMs(), wall: wallMs() };
  return {
    nowMs() {
      const now = { monotonic: monotonicMs(), wall: wallMs() };
      elapsedMs += Math.max(0, now.monotonic - last.monotonic, now.wall - last.wall);
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
