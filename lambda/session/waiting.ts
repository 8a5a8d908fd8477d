import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../clock.ts';
import { advised } from './aws-away.ts';
import { LogInWaitsError } from './errors.ts';
import { errorOf, type Stop } from './stop.ts';

/** The process's clock; a sleep ends early, without an error, when its signal is aborted. */
export interface ClientClock extends Clock {
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const clientClock: ClientClock = {
  nowMs: systemClock.nowMs,
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
};

/**
 * Waits until the first of these signals ends. `AbortSignal.any` would keep one entry a call at a signal that lives as
 * long as the process (Node.js 20).
 * @param wait gets a signal that ends with the first one, and with the wait
 * @throws what `wait` throws; the reason of the first signal that ends
 */
export async function untilAny<T>(
  signals: readonly (AbortSignal | undefined)[],
  wait: (ended: AbortSignal) => Promise<T>,
): Promise<T> {
  const given = signals.filter((signal) => signal !== undefined);
  for (const signal of given) signal.throwIfAborted();
  const ended = new AbortController();
  const aborted = Promise.withResolvers<never>();
  const end = () => {
    aborted.reject(given.find((signal) => signal.aborted)?.reason);
    ended.abort();
  };
  // Many callers may wait with one signal: Node.js 20 warns of the eleventh, and later versions of none.
  setMaxListeners(0, ...given);
  for (const signal of given) signal.addEventListener('abort', end);
  try {
    return await Promise.race([wait(ended.signal), aborted.promise]);
  } finally {
    for (const signal of given) signal.removeEventListener('abort', end);
    ended.abort();
  }
}

/** How long the callers of a session wait; several callers may wait for the same log-in. */
export type Patience = {
  /** The latest end of the callers' patience, by the process's clock. */
  untilMs: number;
  /** The error of what the callers wait out at this moment. */
  waitingFor: Error | undefined;
  /** It cannot end before that time, by the process's clock. */
  notBeforeMs: number;
};

type Request<T> = { promise: Promise<T>; patience: Patience; callers: number };

/**
 * Runs one request at a time: a caller that asks meanwhile waits for the same one, each with its own patience. The
 * request continues for as long as the most patient of its callers waits.
 * @param start begins a request, and gives up when its patience ends
 * @returns joins the request, or begins it, until the caller's wait has `ended`. @throws what the request throws;
 *   LogInWaitsError when `waitMs` are over, or what it was waiting for
 */
export function sharedRequest<T>(
  clock: ClientClock,
  start: (patience: Patience) => Promise<T>,
): (waitMs: number, ended: AbortSignal) => Promise<T> {
  let underWay: Request<T> | undefined;

  function begin(untilMs: number): Request<T> {
    const patience: Patience = { untilMs, waitingFor: undefined, notBeforeMs: 0 };
    const request = { promise: start(patience), patience, callers: 0 };
    const end = () => {
      if (underWay === request) underWay = undefined;
    };
    request.promise.then(end, end);
    return request;
  }

  return async (waitMs, ended) => {
    const untilMs = clock.nowMs() + waitMs;
    underWay ??= begin(untilMs);
    const joined = underWay;
    const { promise, patience } = joined;
    if (patience.waitingFor && patience.notBeforeMs > untilMs) throw patience.waitingFor;
    patience.untilMs = Math.max(patience.untilMs, untilMs);
    joined.callers += 1;
    const late = clock.sleep(waitMs, ended).then(() => {
      throw patience.waitingFor ?? takesLonger(waitMs);
    });
    // Its sleep ends with the wait, and its rejection has no listener then.
    late.catch(() => undefined);
    try {
      return await Promise.race([promise, late]);
    } finally {
      joined.callers -= 1;
      // No caller waits now: the request stops at its next pause.
      if (joined.callers === 0) patience.untilMs = clock.nowMs();
    }
  };
}

const takesLonger = (waitMs: number): LogInWaitsError =>
  new LogInWaitsError(
    `There is no session yet: logging in has taken longer than ${Math.round(waitMs / 1000)} s. Ask again: the log-in may ` +
      'have ended by then.',
  );

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

/**
 * How often a call is repeated because its session was gone. Log-ins that end older sessions may end several within
 * seconds; without a bound, a session that is gone each time would cost log-ins without end.
 */
const MAX_GONE = 5;
const MAX_GONE_PAUSE_MS = 4_000;

/** The repetitions of one call, and the time that it has waited. Its own requests take no patience. */
export type Repetition = {
  /** Waits for the work, and adds its time. */
  waiting<T>(work: (leftMs: number) => Promise<T>): Promise<T>;
  /** Waits before a repetition, longer each time; returns false when the call is not repeated. */
  afterGone(signal: AbortSignal): Promise<boolean>;
};

/** @param patienceMs the longest wait, read for each session */
export function repetitionOf(clock: ClientClock, random: () => number, patienceMs: () => number): Repetition {
  let limitMs = 0;
  let waitedMs = 0;
  let gone = 0;

  return {
    async waiting(work) {
      const startedAtMs = clock.nowMs();
      limitMs = patienceMs();
      const result = await work(Math.max(0, limitMs - waitedMs));
      waitedMs += clock.nowMs() - startedAtMs;
      return result;
    },

    async afterGone(signal) {
      gone += 1;
      if (gone > MAX_GONE) return false;
      const longestMs = gone === 1 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (gone - 2), MAX_GONE_PAUSE_MS);
      const pauseMs = longestMs * (0.5 + random() / 2);
      if (waitedMs + pauseMs >= limitMs) return false;
      if (pauseMs > 0) await clock.sleep(pauseMs, signal);
      waitedMs += pauseMs;
      return true;
    },
  };
}
