import type { ClientClock } from './clock.ts';
import { LogInWaitsError } from './errors.ts';
import type { OnEvent } from './events.ts';
import type { Patience } from './patience.ts';
import { COARSE_MS, IDLE_LIMIT_MS } from './session-item.ts';
import type { Open, Source } from './sources.ts';
import { errorOf } from './stop.ts';

export type CallOptions = {
  /** Ends the waiting, with the signal's reason. A log-in that is under way goes on for the other callers. */
  signal?: AbortSignal | undefined;
  /** How long to wait for a session. @default as the session was made */
  patienceMs?: number | undefined;
};

/** A live session of one ThingSpace username. */
export interface Session {
  /**
   * A token to send at once. Ask again for every request: as long as it is asked for, it counts as used.
   * @throws SessionError (LogInWaitsError says until when), AwsCallError, LedgerUnavailableError; the signal's reason
   */
  token(options?: CallOptions): Promise<string>;
  /** ThingSpace no longer knows this token: `token` gives another one. For callers that do without `withSession`. */
  drop(token: string): void;
  /**
   * Runs `fn` with a token. When `fn` throws an error that says that the session is gone, ThingSpace executed
   * nothing: `fn` is run once more, with another token. Whatever else it throws is passed on.
   */
  withSession<T>(fn: (token: string) => T | Promise<T>, options?: CallOptions): Promise<T>;
}

export type SessionParts = {
  source: Source;
  clock: ClientClock;
  patienceMs: number;
  saysSessionGone: (error: unknown) => boolean;
  onEvent: OnEvent;
};

type Held = { token: string; generation: number; usedAtMs: number; notedAtMs: number };

/** The session as one process sees it: a token in memory, and one request for another at a time. */
export function sessionOver({ source, clock, patienceMs, saysSessionGone, onEvent }: SessionParts): Session {
  let held: Held | undefined;
  let gone = 0;
  let obtaining: { promise: Promise<Held>; patience: Patience; callers: number } | undefined;

  const hold = ({ token, generation, idleMs }: Open): Held => {
    const usedAtMs = clock.nowMs() - idleMs;
    held = { token, generation, usedAtMs, notedAtMs: usedAtMs };
    return held;
  };

  /** The one held, if ThingSpace can be trusted to know it still. */
  const live = () => (held && clock.nowMs() - held.usedAtMs < IDLE_LIMIT_MS ? held : undefined);

  async function obtain(options: CallOptions): Promise<Held> {
    const waitMs = options.patienceMs ?? patienceMs;
    const untilMs = clock.nowMs() + waitMs;
    if (!obtaining) {
      const patience: Patience = { untilMs, waitingFor: undefined };
      const promise = source.obtain(gone, patience).then(hold);
      const current = { promise, patience, callers: 0 };
      obtaining = current;
      const end = () => {
        if (obtaining === current) obtaining = undefined;
      };
      promise.then(end, end);
    }
    const joined = obtaining;
    joined.patience.untilMs = Math.max(joined.patience.untilMs, untilMs);
    joined.callers += 1;
    try {
      return await withinPatience(joined.promise, joined.patience, waitMs, options.signal);
    } finally {
      joined.callers -= 1;
      // Nobody waits any more: it stops at its next pause.
      if (joined.callers === 0) joined.patience.untilMs = clock.nowMs();
    }
  }

  async function withinPatience<T>(
    promise: Promise<T>,
    patience: Patience,
    waitMs: number,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    const ended = new AbortController();
    const late = clock.sleep(waitMs, ended.signal).then(() => {
      const { waitingFor } = patience;
      if (waitingFor) throw errorOf(waitingFor);
      throw new LogInWaitsError(
        `There is no session yet: logging in has taken longer than ${Math.round(waitMs / 1000)} s. It goes on for who asks again.`,
      );
    });
    // Its timer ends with the race, and then it says something that nobody waits for.
    late.catch(() => undefined);
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([promise, late as Promise<never>, aborted.promise]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      ended.abort();
    }
  }

  /** The token is about to be sent. */
  function use(session: Held): Held {
    const now = clock.nowMs();
    session.usedAtMs = now;
    if (now - session.notedAtMs >= COARSE_MS) {
      session.notedAtMs = now;
      void source.noteUse(session.generation);
    }
    return session;
  }

  function dropGeneration(generation: number): void {
    if (generation <= gone) return;
    gone = generation;
    onEvent({ kind: 'gone', generation });
  }

  async function acquire(options: CallOptions): Promise<Held> {
    options.signal?.throwIfAborted();
    let session = live() ?? (await obtain(options));
    // What somebody found gone is not handed out, even if it was on its way to here.
    while (session.generation <= gone) session = await obtain(options);
    return use(session);
  }

  return {
    token: async (options = {}) => (await acquire(options)).token,

    drop(token) {
      if (held?.token === token) dropGeneration(held.generation);
    },

    async withSession(fn, options = {}) {
      const first = await acquire(options);
      try {
        return await fn(first.token);
      } catch (failure) {
        if (!saysSessionGone(failure)) throw failure;
        dropGeneration(first.generation);
      }
      const second = await acquire(options);
      try {
        return await fn(second.token);
      } catch (failure) {
        if (saysSessionGone(failure)) dropGeneration(second.generation);
        throw failure;
      }
    },
  };
}
