/** The world's clock: everything on the other side of the network reads it, so it can be moved on. */
export interface WorldClock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Moves the world's clock forward by so many milliseconds, without a sleep. */
  advance(ms: number): void;
}

/** Runs with the machine's time, ahead of it by what was advanced, and by `aheadMs` from the start. */
export function startClock(aheadMs = 0): WorldClock {
  return {
    nowMs: () => Date.now() + aheadMs,
    advance(ms) {
      aheadMs += ms;
    },
  };
}
