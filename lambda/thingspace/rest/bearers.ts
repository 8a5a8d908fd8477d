import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { ApiKey, MaybeApiKey } from '../api.ts';
import type { Send } from '../http-call.ts';
import { BearerError } from './bearer-error.ts';
import { requestToken, type Token } from './token-request.ts';

/** A bearer, and its end by the process's clock, in milliseconds, as far as the token service says. */
export type LiveBearer = { bearer: string; endsAtMs: number };

/**
 * The bearers of this process: in memory only, one for each address, key and secret. Everybody who uses a key has the
 * same bearer for an hour, so it may end at any moment, and it is never revoked.
 */
export type Bearers = {
  /**
   * Returns a bearer that lives `marginMs` longer, as far as the token service says. One with less left is waited out:
   * before its end, the token service gives no other.
   * @param budgetMs the time that this may take
   * @throws BearerError
   */
  get(key: MaybeApiKey, marginMs: number, budgetMs: number): Promise<LiveBearer>;
  /** Lets the token service be asked at the next call, because this bearer was refused. */
  forget(bearer: string): void;
};

/** A bearer lives an hour from its first issue (docs/thingspace-api.md), whatever a repeated answer says. */
const MAX_LIFE_MS = 60 * 60_000;
/** A bearer whose end the token service does not name is used so long. */
const UNKNOWN_LIFE_MS = 5 * 60_000;
/** The token service's clock may be behind. */
const BEHIND_END_MS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Failed requests may lock a key (not published); an operator may also activate it again. */
const KEY_WRONG_MS = 30 * 60_000;
/** Requests for one call: a token service that gives a dead bearer again and again is asked no more often. */
const MAX_REQUESTS = 3;

/** `isEndKnown` is false when the token service named no end. */
type Held = LiveBearer & { isEndKnown: boolean };
type Slot = { held?: Held | undefined; request?: Promise<Held> | undefined; keyWrongUntilMs?: number };

export function createBearers(tokenUrl: string, clock: Clock, send: Send): Bearers {
  const slots = new Map<string, Slot>();

  /** Requests that run beside each other for one key are one. */
  function fetchInto(slot: Slot, key: ApiKey, timeoutMs: number): Promise<Held> {
    const sentAtMs = clock.nowMs();
    slot.request ??= requestToken(send, tokenUrl, key, Math.min(timeoutMs, REQUEST_TIMEOUT_MS))
      .then((token) => {
        slot.held = heldFrom(token, sentAtMs);
        return slot.held;
      })
      .catch((failure: unknown) => {
        const isKeyWrong = failure instanceof BearerError && failure.reason === 'wrong-key';
        slot.keyWrongUntilMs = isKeyWrong ? sentAtMs + KEY_WRONG_MS : 0;
        throw failure;
      })
      .finally(() => {
        slot.request = undefined;
      });
    return slot.request;
  }

  return {
    async get(maybeKey, marginMs, budgetMs) {
      const deadlineMs = clock.nowMs() + budgetMs;
      const key = checkKey(maybeKey);
      const slot = slotOf(slots, tokenUrl, key);
      const leftMs = () => deadlineMs - clock.nowMs();
      for (let requests = 0; ; requests += 1) {
        const isNew = requests > 0;
        if (isUsable(slot.held, marginMs, clock.nowMs())) return slot.held;
        if (clock.nowMs() < (slot.keyWrongUntilMs ?? 0)) throw new BearerError('wrong-key');
        const waitMs = waitFor(slot.held, clock.nowMs(), isNew);
        if (waitMs === 0 && leftMs() <= 0) throw new BearerError('unavailable', 'ETIMEDOUT');
        if (requests === MAX_REQUESTS || waitMs >= leftMs()) throw new BearerError('near-its-end');
        if (waitMs > 0) await clock.sleep(waitMs);
        await within(fetchInto(slot, key, leftMs()), leftMs());
      }
    },
    forget(bearer) {
      for (const slot of slots.values()) if (slot.held?.bearer === bearer) slot.held = undefined;
    },
  };
}

/** @throws BearerError */
function checkKey({ apiKey = '', apiSecret = '' }: MaybeApiKey): ApiKey {
  if (apiKey === '' || apiSecret === '') throw new BearerError('no-key');
  // RFC 7617, 2: a colon ends the first of the two.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: HTTP Basic excludes them
  const control = /[\0-\x1f\x7f]/;
  if (apiKey.includes(':') || control.test(apiKey) || control.test(apiSecret)) {
    throw new BearerError('unsendable-key');
  }
  return { apiKey, apiSecret };
}

function slotOf(slots: Map<string, Slot>, tokenUrl: string, { apiKey, apiSecret }: ApiKey): Slot {
  const digest = createHash('sha256')
    .update(JSON.stringify([tokenUrl, apiKey, apiSecret]))
    .digest('hex');
  const slot = slots.get(digest) ?? {};
  slots.set(digest, slot);
  return slot;
}

/** Counted from the request on, so that the end is never later than the token service means. */
function heldFrom({ bearer, lifeS }: Token, sentAtMs: number): Held {
  const lifeMs = lifeS === undefined ? UNKNOWN_LIFE_MS : Math.min(lifeS * 1_000, MAX_LIFE_MS);
  return { bearer, endsAtMs: sentAtMs + lifeMs, isEndKnown: lifeS !== undefined };
}

function isUsable(held: Held | undefined, marginMs: number, nowMs: number): held is Held {
  if (held === undefined) return false;
  return held.endsAtMs - nowMs >= (held.isEndKnown ? marginMs : 1);
}

/** Returns how long to wait before the token service can give another bearer. */
function waitFor(held: Held | undefined, nowMs: number, isNew: boolean): number {
  if (held === undefined || !held.isEndKnown) return 0;
  const leftMs = held.endsAtMs - nowMs;
  // A bearer that ended long ago is another matter than a dead one that was just handed out.
  return leftMs > 0 || isNew ? Math.max(leftMs, 0) + BEHIND_END_MS : 0;
}

/** The request may be that of another caller, with more time. @throws BearerError */
async function within<T>(request: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new BearerError('unavailable', 'ETIMEDOUT')), Math.max(ms, 0) + 50);
  });
  try {
    return await Promise.race([request, late]);
  } finally {
    clearTimeout(timer);
  }
}
