import type { ClientClock } from './clock.ts';
import type { OnEvent } from './events.ts';
import { COARSE_MS, IDLE_LIMIT_MS } from './session-item.ts';
import { sharedRequest } from './shared-request.ts';
import type { Source } from './source.ts';

export type CallOptions = {
  /** Ends the waiting, with the signal's reason. A log-in that is under way continues for the other callers. */
  signal?: AbortSignal | undefined;
  /** How long to wait for a session. @default the session's setting */
  patienceMs?: number | undefined;
};

/** A live session of one ThingSpace username. */
export interface Session {
  /**
   * A token to send at once. Ask again for every request: as long as it is asked for, it counts as used.
   * @throws SessionError (LogInWaitsError says until when), AwsCallError, LedgerUnavailableError; the signal's reason
   */
  token(options?: CallOptions): Promise<string>;
  /**
   * Drops a token that ThingSpace no longer knows: `token` returns another one. For callers that do not use
   * `withSession`.
   */
  drop(token: string): void;
  /**
   * Runs `fn` with a token. When `fn` throws an error that says that the session is gone, ThingSpace executed nothing:
   * `fn` is run once more, with another token. Any other error is passed on.
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

/** The session in memory, with its last use in this process, and the last use that the fleet's item has. */
type Held = { token: string; generation: number; usedAtMs: number; notedAtMs: number };

/** The session as one process sees it: a token in memory, and one request for another at a time. */
export function sessionOver({ source, clock, patienceMs, saysSessionGone, onEvent }: SessionParts): Session {
  let held: Held | undefined;
  /** Sessions up to this generation are gone. */
  let gone = 0;
  const obtain = sharedRequest(clock, async (patience) => {
    const { token, generation, idleMs } = await source.obtain(gone, patience);
    const usedAtMs = clock.nowMs() - idleMs;
    held = { token, generation, usedAtMs, notedAtMs: usedAtMs };
    return held;
  });

  /** Returns a session whose token is about to be sent. */
  async function acquire({ signal, patienceMs: waitMs = patienceMs }: CallOptions): Promise<Held> {
    signal?.throwIfAborted();
    const live = held && clock.nowMs() - held.usedAtMs < IDLE_LIMIT_MS ? held : undefined;
    let session = live ?? (await obtain(waitMs, signal));
    // A session that a caller found gone is not returned, even if it was obtained meanwhile.
    while (session.generation <= gone) session = await obtain(waitMs, signal);
    noteUse(session);
    return session;
  }

  function noteUse(session: Held): void {
    session.usedAtMs = clock.nowMs();
    if (session.usedAtMs - session.notedAtMs < COARSE_MS) return;
    session.notedAtMs = session.usedAtMs;
    void source.noteUse(session.generation);
  }

  function dropGeneration(generation: number): void {
    if (generation <= gone) return;
    gone = generation;
    onEvent({ kind: 'gone', generation });
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
