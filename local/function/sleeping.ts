import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/** `asleep`: for so long the process does nothing by itself; `awake`: it continues although no time has passed. */
export type SleepReport = { kind: 'asleep'; ms: number } | { kind: 'awake' };

/** The argument with which a process reports its sleeps, for the parent to let their time pass. */
export const SLEEPS_ARE_REPORTED = '--sleeps-are-reported';

/** The parent's orders. */
export type Sleeps = {
  /** So many milliseconds have passed at once. */
  pass(ms: number): void;
  /** Sleeps of an invocation that has ended are none of the next one's. */
  forget(): void;
};

type Sleeper = { untilMs: number; wake(): void };

/**
 * Replaces the sleep of this process (`node:timers/promises`) and its monotonic clock: a sleep during which no request
 * of the process is under way is reported, and ends when the parent lets the time pass. A sleep that the parent does
 * not shorten takes its time. Timeouts (`setTimeout`, or a sleep with an abort signal) stay as they are.
 */
export function replaceSleep(report: (message: SleepReport) => void): Sleeps {
  const sleepers = new Set<Sleeper>();
  const machineMs = performance.now.bind(performance);
  const sleepForReal = timers.setTimeout;
  let aheadMs = 0;
  let requests = 0;
  let asleep = false;

  const wakeUp = (): void => {
    if (asleep) report({ kind: 'awake' });
    asleep = false;
  };
  const look = (): void => {
    if (asleep || requests > 0 || sleepers.size === 0) return;
    const untilMs = Math.min(...[...sleepers].map((sleeper) => sleeper.untilMs));
    asleep = true;
    report({ kind: 'asleep', ms: untilMs - performance.now() });
  };
  /** After everything that can be done at once is done. */
  const lookSoon = (): void => void setImmediate(look);

  subscribe('http.client.request.created', (message) => {
    wakeUp();
    requests += 1;
    (message as { request: ClientRequest }).request.once('close', () => {
      requests -= 1;
      lookSoon();
    });
  });
  performance.now = () => machineMs() + aheadMs;
  const sleep: typeof timers.setTimeout = (ms = 1, value, options) => {
    if (options?.signal) return sleepForReal(ms, value, options);
    const { promise, resolve } = Promise.withResolvers<typeof value>();
    const wake = (): void => {
      clearTimeout(timer);
      wakeUp();
      sleepers.delete(sleeper);
      resolve(value);
      lookSoon();
    };
    const timer = setTimeout(wake, ms);
    const sleeper = { untilMs: performance.now() + ms, wake };
    sleepers.add(sleeper);
    wakeUp();
    lookSoon();
    return promise as Promise<never>;
  };
  timers.setTimeout = sleep;
  syncBuiltinESMExports();

  return {
    pass(ms) {
      aheadMs += ms;
      asleep = false;
      for (const sleeper of sleepers) if (sleeper.untilMs <= performance.now()) sleeper.wake();
      lookSoon();
    },
    forget() {
      sleepers.clear();
      asleep = false;
    },
  };
}
