import type { ClientClock } from './clock.ts';

/**
 * How often a call is repeated because its session was gone. Log-ins that end older sessions may end several within
 * seconds; without a bound, a session that is gone each time would cost log-ins without end.
 */
const MAX_GONE = 5;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 4_000;

/** The repetitions of one call, and the time that it has waited. Its own requests take no patience. */
export type Repetition = {
  /** Waits for the work, and adds its time. */
  waiting<T>(work: (leftMs: number) => Promise<T>): Promise<T>;
  /** Waits before a repetition, longer each time; returns false when the call is not repeated. */
  afterGone(signal: AbortSignal | undefined): Promise<boolean>;
};

/** @param patienceMs the longest wait, read for each session */
export function repetitionOf(clock: ClientClock, random: () => number, patienceMs: () => number): Repetition {
  let limitMs = 0;
  let waitedMs = 0;
  let gone = 0;

  async function waiting<T>(work: (leftMs: number) => Promise<T>): Promise<T> {
    const startedAtMs = clock.nowMs();
    try {
      limitMs = patienceMs();
      return await work(Math.max(0, limitMs - waitedMs));
    } finally {
      waitedMs += clock.nowMs() - startedAtMs;
    }
  }

  return {
    waiting,
    async afterGone(signal) {
      gone += 1;
      if (gone > MAX_GONE) return false;
      const longestMs = gone === 1 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (gone - 2), MAX_PAUSE_MS);
      const pauseMs = longestMs * (0.5 + random() / 2);
      if (waitedMs + pauseMs >= limitMs) return false;
      if (pauseMs > 0) await clock.sleep(pauseMs, signal);
      waitedMs += pauseMs;
      return true;
    },
  };
}
