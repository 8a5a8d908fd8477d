import type { MaybeApiKey } from '../thingspace/api.ts';
import type { LiveBearer } from '../thingspace/rest/bearers.ts';
import type { Bearers } from './bearers.ts';
import { SessionClosedError, SessionSettingsError, SessionSetupError } from './errors.ts';
import { type Refused, refusedByError } from './refused.ts';
import { COARSE_MS, IDLE_LIMIT_MS } from './session-item.ts';
import type { OnEvent, OpenSession, Source } from './source.ts';
import { type ClientClock, repetitionOf, sharedRequest, untilAny } from './waiting.ts';

export type CallOptions = {
  /** Ends the waiting, with the signal's reason. A log-in that is under way continues for the other callers. */
  signal?: AbortSignal | undefined;
  /** How long to wait for a session. @default the session's setting */
  patienceMs?: number | undefined;
};

/** Headers of a call in the session. SOAP has none: its token belongs into the envelope. */
export type SessionHeaders = Readonly<Record<string, string>>;

/** A session that is handed to a program which sends its requests itself. */
export type HandedOut = {
  /** The program names a session by this number when ThingSpace no longer knows it. */
  generation: number;
  token: string;
  /** As `headers` returns them; empty over SOAP. */
  headers: SessionHeaders;
  /** The program may use it for so long, and asks again then. */
  usableMs: number;
};

/** A live session of one ThingSpace username. */
export interface Session {
  /**
   * A token to send at once. Ask again for every request: as long as it is asked for, it counts as used.
   * @throws SessionError (LogInWaitsError says until when), AwsCallError, LedgerUnavailableError; the signal's reason
   */
  token(options?: CallOptions): Promise<string>;
  /**
   * The headers of a call over REST, to send at once: `Authorization` with the bearer of the application, and
   * `VZ-M2M-Token`. Ask again for every request.
   * @throws as `token`; SessionSettingsError over SOAP
   */
  headers(options?: CallOptions): Promise<SessionHeaders>;
  /**
   * Drops a token that ThingSpace no longer knows, or the value of an `Authorization` that the gateway refused: the next
   * call returns another one. For callers that do not use `withSession`.
   */
  drop(refused: string): void;
  /**
   * Runs `fn` with a token and, over REST, the headers of a call. When `fn` throws an error that says that the session is
   * gone, ThingSpace executed nothing: `fn` is run again, with another token, up to five times within the patience. When it throws that the gateway
   * refused the bearer, nothing was executed either: `fn` is run once more if there is another bearer, and no log-in is
   * made. Any other error is passed on.
   */
  withSession<T>(
    fn: (token: string, headers: SessionHeaders) => T | Promise<T>,
    options?: CallOptions,
  ): Promise<T>;
  /**
   * Opens or joins a session, and over REST fetches a bearer, before the first request needs them. It does not count as
   * a use of the session.
   * @throws as `token`
   */
  warmUp(options?: CallOptions): Promise<void>;
  /**
   * Ends every wait with SessionClosedError, and every later call. Resolves when a log-in that was under way has ended
   * and the AWS clients that `createSession` made are closed. ThingSpace's session stays open: the fleet uses it.
   */
  close(): Promise<void>;
}

/** A session for a process that hands it out to programs in any language. */
export interface SessionHolder extends Session {
  /**
   * Returns the session as `token` and `headers` do.
   * @param options `askFleet`: looks at the fleet's session even if this process has one in memory, because a program may
   *   have told another process behind the same address that it is gone
   * @throws as these
   */
  handOut(options?: CallOptions & { askFleet?: boolean }): Promise<HandedOut>;
  /**
   * Drops the sessions up to this generation, because a program was told that ThingSpace no longer knows them. Drops
   * nothing for a generation that the fleet has not reached. A live session is dropped for programs every 10 s at most:
   * it waits until then. @throws as `token`
   * @param options `atOnce`: drops it now; the fleet's item keeps the log-ins apart, for all processes together
   */
  gone(generation: number, options?: CallOptions & { atOnce?: boolean }): Promise<void>;
  /**
   * A program was told that the gateway refused the bearer: each process of the fleet that hands the session out asks
   * the token service again, once a minute at most. @throws SessionError, AwsCallError when the others cannot be told
   */
  bearerRefused(): Promise<void>;
  /** As for apps; `fn` also gets the application's key that opened the session, which no answer may show. */
  withSession<T>(
    fn: (token: string, headers: SessionHeaders, key: MaybeApiKey) => T | Promise<T>,
    options?: CallOptions,
  ): Promise<T>;
}

export type SessionParts = {
  source: Source;
  /** Over REST. */
  bearers?: Bearers | undefined;
  clock: ClientClock;
  patienceMs: number;
  /** The app's own rule. @default the product's, which also reads an unread `Response` in the error */
  saysSessionGone?: ((error: unknown) => boolean) | undefined;
  onEvent: OnEvent;
  /** Spreads the repetitions of a fleet. @default Math.random */
  random?: () => number;
  /** Closes the connections that were made for this session. */
  closeClients?: (() => void) | undefined;
};

/** The session in memory, with its last use in this process, and the last use that the fleet's item has. */
type Held = OpenSession & { usedAtMs: number; notedAtMs: number };
/** A session that is 18 minutes idle may be handed out, and ThingSpace ends it after 20: a minute lies between. */
const HANDED_OUT_MS = 60_000;
/**
 * The shortest time between two drops for programs: each costs a log-in, which may end the sessions of others. A rotation
 * ends two sessions within seconds, and callers with default patience wait through this.
 */
const DROPS_APART_MS = 10_000;

/** A session, and the headers of a call in it. */
type Ready = { session: Held; bearer: LiveBearer | undefined };

/** The session as one process sees it: a token in memory, and one request for another at a time. */
export function sessionOver(parts: SessionParts): SessionHolder {
  const { source, bearers, clock, patienceMs, onEvent, random = Math.random } = parts;
  let held: Held | undefined;
  /** Sessions up to this generation are gone. */
  let gone = 0;
  let handedOutBearer: string | undefined;
  /** The fleet's last note of a refused bearer that this process has followed. */
  let refusedAt: number | undefined;
  let droppedForProgramsAtMs = Number.NEGATIVE_INFINITY;
  let dropping: Promise<number> | undefined;
  const closing = new AbortController();
  let closed: Promise<void> | undefined;
  /** The request for a session, and the note of a use: `close` lets both end. */
  let opening: Promise<unknown> | undefined;
  let noting: Promise<void> | undefined;
  const obtainOnce = sharedRequest(clock, async (patience) => {
    const request = source.obtain(gone, patience);
    opening = request;
    const opened = await request;
    if (bearers) followRefusal(opened.bearerRefusedAt);
    const usedAtMs = clock.nowMs() - opened.idleMs;
    held = { ...opened, usedAtMs, notedAtMs: usedAtMs };
    return held;
  });
  const obtain = (waitMs: number, signal: AbortSignal | undefined) =>
    untilAny([signal, closing.signal], (ended) => obtainOnce(waitMs, ended));

  /** Returns a session; `sends`: its token is about to be sent. */
  async function acquire(
    { signal, patienceMs: waitMs = patienceMs }: CallOptions,
    sends = true,
  ): Promise<Held> {
    signal?.throwIfAborted();
    closing.signal.throwIfAborted();
    const live = held && clock.nowMs() - held.usedAtMs < IDLE_LIMIT_MS ? held : undefined;
    let session = live ?? (await obtain(waitMs, signal));
    // A session that a caller found gone is not returned, even if it was obtained meanwhile.
    while (session.generation <= gone) session = await obtain(waitMs, signal);
    if (!sends) return session;
    session.usedAtMs = clock.nowMs();
    if (session.usedAtMs - session.notedAtMs >= COARSE_MS) {
      session.notedAtMs = session.usedAtMs;
      noting = source.noteUse(session.generation);
    }
    return session;
  }

  function dropGeneration(generation: number): void {
    if (generation <= gone) return;
    gone = generation;
    onEvent({ kind: 'gone', generation });
  }

  /** A bearer that another process was told of may be the one in this process. */
  function followRefusal(notedAt = 0): void {
    const isNew = refusedAt !== undefined && notedAt > refusedAt;
    if (isNew && handedOutBearer !== undefined) bearers?.refused(handedOutBearer);
    refusedAt = Math.max(refusedAt ?? 0, notedAt);
  }

  async function dropForProgram(generation: number, options: CallOptions): Promise<void> {
    if (held?.generation !== generation) {
      dropping = reachedAfterDrop(generation, options).finally(() => {
        dropping = undefined;
      });
      await dropping;
      return;
    }
    droppedForProgramsAtMs = clock.nowMs();
    dropGeneration(generation);
  }

  /** Looks at the fleet, whose generation may be newer than that of this process, and returns it. */
  async function reachedAfterDrop(
    generation: number,
    { signal, patienceMs: waitMs = patienceMs }: CallOptions,
  ): Promise<number> {
    const { generation: reached } = await obtain(waitMs, signal);
    // A higher number is from before an operator deleted the item: the live session is another one.
    if (generation > reached) return reached;
    droppedForProgramsAtMs = clock.nowMs();
    dropGeneration(generation);
    return reached;
  }

  /** Returns a session and, over REST, a bearer of the key that opened it: another key's is assumed not to fit. */
  async function acquireBoth(options: CallOptions, sends = true): Promise<Ready> {
    const session = await acquire(options, sends);
    if (!bearers) return { session, bearer: undefined };
    try {
      return { session, bearer: await bearerOf(session, options) };
    } catch (failure) {
      if (!(failure instanceof SessionSetupError)) throw failure;
      // An operator may have stored another key since: the secret is read again, once.
      if (held === session) held = undefined;
      source.readSecretAgain();
      const again = await acquire(options, sends);
      return { session: again, bearer: await bearerOf(again, options) };
    }
  }

  async function bearerOf({ key }: Held, { signal, patienceMs: waitMs = patienceMs }: CallOptions) {
    return bearers && untilAny([signal, closing.signal], () => bearers.of(key, waitMs));
  }

  /** A gateway's 401 is never answered by a log-in, whatever the app's own rule says. */
  async function refusedBy(failure: unknown): Promise<Refused | undefined> {
    const refused = await refusedByError(failure);
    if (bearers && (refused === 'bearer' || refused === 'unclear')) return refused;
    const isGone = parts.saysSessionGone?.(failure) ?? refused === 'session';
    return isGone ? 'session' : undefined;
  }

  function dropRefused(refused: Refused, { session, bearer }: Ready): void {
    if (refused === 'session') dropGeneration(session.generation);
    else if (bearer) bearers?.refused(bearer.bearer);
  }

  async function close(): Promise<void> {
    closing.abort(new SessionClosedError());
    // A log-in that is cut off would count as failed: it ends, and gives the lease back.
    await Promise.allSettled([opening, noting]);
    held = undefined;
    parts.closeClients?.();
  }

  return {
    token: async (options = {}) => (await acquire(options)).token,

    async headers(options = {}) {
      if (!bearers) throw noHeaders();
      return headersOf(await acquireBoth(options));
    },

    drop(refused) {
      if (held?.token === refused) dropGeneration(held.generation);
      const bearer = /^Bearer (.+)$/.exec(refused)?.[1];
      if (bearer !== undefined) bearers?.refused(bearer);
    },

    async handOut(options = {}) {
      if (options.askFleet) held = undefined;
      const ready = await acquireBoth(options);
      handedOutBearer = ready.bearer?.bearer ?? handedOutBearer;
      const { generation, token } = ready.session;
      const endsInMs = (ready.bearer?.endsAtMs ?? Number.POSITIVE_INFINITY) - clock.nowMs();
      const usableMs = Math.max(0, Math.min(HANDED_OUT_MS, endsInMs));
      return { generation, token, headers: headersOf(ready), usableMs };
    },

    async gone(generation, options = {}) {
      const { signal, atOnce = false } = options;
      while (generation > gone) {
        // An older session than the held one costs no log-in.
        if (held && held.generation > generation) return dropGeneration(generation);
        const leftMs = atOnce ? 0 : droppedForProgramsAtMs + DROPS_APART_MS - clock.nowMs();
        if (dropping) {
          const reached = await dropping.catch(() => generation);
          if (generation > reached) return;
        } else if (leftMs > 0)
          await untilAny([signal, closing.signal], (ended) => clock.sleep(leftMs, ended));
        else return dropForProgram(generation, options);
        signal?.throwIfAborted();
        closing.signal.throwIfAborted();
      }
    },

    async bearerRefused() {
      if (!bearers) return;
      if (handedOutBearer !== undefined) bearers.refused(handedOutBearer);
      refusedAt = Math.max(refusedAt ?? 0, await source.noteBearerRefused());
    },

    async withSession(fn, options = {}) {
      const { signal } = options;
      const repetition = repetitionOf(clock, random, () => options.patienceMs ?? patienceMs);
      let last: { failure: unknown; bearer: LiveBearer | undefined } | undefined;
      for (;;) {
        const ready = await repetition.waiting((leftMs) => acquireBoth({ signal, patienceMs: leftMs }));
        // The token service gives the same bearer for an hour, over which a repetition cannot help.
        if (last && last.bearer?.bearer === ready.bearer?.bearer) throw last.failure;
        try {
          return await fn(ready.session.token, headersOf(ready), ready.session.key);
        } catch (failure) {
          const refused = await refusedBy(failure);
          if (refused) dropRefused(refused, ready);
          if (refused === 'session' && (await untilAny([signal, closing.signal], repetition.afterGone)))
            continue;
          if (refused !== 'bearer' || last) throw failure;
          last = { failure, bearer: ready.bearer };
        }
      }
    },

    async warmUp(options = {}) {
      await acquireBoth(options, false);
    },

    close() {
      closed ??= close();
      return closed;
    },
  };
}

const headersOf = ({ session, bearer }: Ready): SessionHeaders =>
  bearer ? { Authorization: `Bearer ${bearer.bearer}`, 'VZ-M2M-Token': session.token } : {};

const noHeaders = (): SessionSettingsError =>
  new SessionSettingsError(
    'SOAP has no headers for a session: use `token()`, and write the token into the envelope. For REST set `transport` to ' +
      '"rest" in createSession.',
  );
