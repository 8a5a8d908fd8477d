import type { ClientClock } from './clock.ts';
import { LogInWaitsError } from './errors.ts';
import type { Patience } from './patience.ts';

type Request<T> = { promise: Promise<T>; patience: Patience; callers: number };

/**
 * Runs one request at a time: a caller that asks meanwhile waits for the same one, each with its own patience. The
 * request continues for as long as the most patient of its callers waits.
 * @param start begins a request, and gives up when its patience ends
 * @returns joins the request, or begins it. @throws what the request throws; LogInWaitsError when `waitMs` are over, or
 *   what it was waiting for; the signal's reason
 */
export function sharedRequest<T>(
  clock: ClientClock,
  start: (patience: Patience) => Promise<T>,
): (waitMs: number, signal: AbortSignal | undefined) => Promise<T> {
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

  return async (waitMs, signal) => {
    const untilMs = clock.nowMs() + waitMs;
    underWay ??= begin(untilMs);
    const joined = underWay;
    const { waitingFor, notBeforeMs } = joined.patience;
    if (waitingFor && notBeforeMs > untilMs) throw waitingFor;
    joined.patience.untilMs = Math.max(joined.patience.untilMs, untilMs);
    joined.callers += 1;
    try {
      return await waitFor(joined, clock, waitMs, signal);
    } finally {
      joined.callers -= 1;
      // No caller waits now: the request stops at its next pause.
      if (joined.callers === 0) joined.patience.untilMs = clock.nowMs();
    }
  };
}

/** The result, unless the caller's patience or signal ends first. */
async function waitFor<T>(
  { promise, patience }: Request<T>,
  clock: ClientClock,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  signal?.throwIfAborted();
  const ended = new AbortController();
  const late = clock.sleep(waitMs, ended.signal).then(() => {
    throw patience.waitingFor ?? takesLonger(waitMs);
  });
  // Its timer ends with the race, and its rejection has no listener then.
  late.catch(() => undefined);
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, late, aborted.promise]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    ended.abort();
  }
}

function takesLonger(waitMs: number): LogInWaitsError {
  return new LogInWaitsError(
    `There is no session yet: logging in has taken longer than ${Math.round(waitMs / 1000)} s. Ask again: the log-in may ` +
      'have ended by then.',
  );
}
