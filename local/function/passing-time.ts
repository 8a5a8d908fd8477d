import type { WorldClock } from '../aws/clock.ts';

/** An invocation that is under way, as the world's time sees it. */
export type Sleeper = {
  /** How long its time still lasts until it is killed. */
  leftMs(): number;
  /** So much time has passed for it, all at once. */
  pass(ms: number): void;
};

/** Lets the sleeps of a world's functions pass in the world's clock, without a real wait. */
export interface PassingTime {
  begin(invocation: Sleeper): void;
  /** It does nothing for so long, unless it is awake before. */
  asleep(invocation: Sleeper, ms: number): void;
  awake(invocation: Sleeper): void;
  end(invocation: Sleeper): void;
  /** No remote call is under way any longer. */
  callsEnded(): void;
}

/**
 * Time passes at once only while every invocation under way sleeps and no remote call is under way, and only until
 * the first of them wakes up or is killed. So an invocation that works beside one that sleeps sees no time jump.
 */
export function createPassingTime(clock: WorldClock, callsUnderWay: () => boolean): PassingTime {
  /** Until when each one sleeps, by this process's clock; undefined while it is awake. */
  const underWay = new Map<Sleeper, number | undefined>();

  function look(): void {
    const untilMs = [...underWay.values()];
    if (untilMs.length === 0 || untilMs.includes(undefined) || callsUnderWay()) return;
    const sleepers = [...underWay.keys()];
    const firstWakesMs = Math.min(...(untilMs as number[])) - performance.now();
    const ms = Math.ceil(Math.max(0, Math.min(firstWakesMs, ...sleepers.map((one) => one.leftMs()))));
    clock.advance(ms);
    for (const sleeper of sleepers) {
      underWay.set(sleeper, undefined);
      sleeper.pass(ms);
    }
  }

  /** Only of an invocation that is under way: what its process still does after its end is not waited for. */
  function set(invocation: Sleeper, untilMs: number | undefined): void {
    if (underWay.has(invocation)) underWay.set(invocation, untilMs);
    lookSoon();
  }

  /** After everything that can be done at once is done: a caller that waited for the end of an invocation may begin another. */
  function lookSoon(): void {
    setImmediate(look);
  }

  return {
    begin: (invocation) => void underWay.set(invocation, undefined),
    asleep: (invocation, ms) => set(invocation, performance.now() + ms),
    awake: (invocation) => set(invocation, undefined),
    end(invocation) {
      underWay.delete(invocation);
      lookSoon();
    },
    callsEnded: lookSoon,
  };
}
