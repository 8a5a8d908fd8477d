import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { MaybeApiKey, NeverSent } from '../thingspace/api.ts';
import { isBearerRefusal } from '../thingspace/codes.ts';
import type { RestApi } from '../thingspace/rest/api.ts';
import { BearerError, type BearerProblem } from '../thingspace/rest/bearer-error.ts';
import type { LiveBearer } from '../thingspace/rest/bearers.ts';
import {
  LogInWaitsError,
  type SessionError,
  SessionSetupError,
  ThingSpaceUnavailableError,
} from './errors.ts';

/** The bearers for the calls that an app sends itself, in this process's memory. */
export type Bearers = {
  /** @throws SessionSetupError when the key no longer works; LogInWaitsError, ThingSpaceUnavailableError */
  of(key: MaybeApiKey, patienceMs: number): Promise<LiveBearer>;
  /** Drops a bearer that the gateway refused. */
  refused(bearer: string): void;
};

/** The token service gives a refused bearer again for up to an hour: it is asked about one no more often than this. */
const ASK_AGAIN_MS = 60_000;
const MAX_WAIT_MS = 10 * 60_000;

export function bearersOf(rest: RestApi, clock: Clock): Bearers {
  let dropped: { bearer: string; atMs: number } | undefined;
  return {
    async of(key, patienceMs) {
      const result = await rest.bearer(key, { timeoutMs: Math.min(patienceMs, MAX_WAIT_MS) });
      if (result.outcome === 'done') return result.value;
      throw errorOf(result.cause);
    },
    refused(bearer) {
      const isAgain = dropped?.bearer === bearer && clock.nowMs() - dropped.atMs < ASK_AGAIN_MS;
      if (isAgain) return;
      dropped = { bearer, atMs: clock.nowMs() };
      rest.forgetBearer(bearer);
    },
  };
}

function errorOf(cause: Error): SessionError {
  const message = `There is no bearer for a call. ${cause.message}`;
  const reason = cause instanceof BearerError ? cause.reason : 'unavailable';
  if (reason === 'near-its-end') return new LogInWaitsError(message);
  if (reason === 'unavailable' || reason === 'slow' || reason === 'refused')
    return new ThingSpaceUnavailableError(message);
  return new SessionSetupError(message);
}

const FIRST_PAUSE_MS = 2_000;
const MAX_PAUSE_MS = 60_000;
/** Failures without a request to the token service, or with one that succeeded. */
const FREE: ReadonlySet<BearerProblem> = new Set(['no-key', 'unsendable-key', 'near-its-end']);

type Failure = { result: NeverSent; pauseMs: number; untilMs: number };

/**
 * Makes growing pauses after failures of the token service, for each key and secret: an app may ask for a session at
 * every request, and failed token requests may lock the key (not published). A log-in that the gateway refused for its
 * bearer is such a failure: the token service gives the same one for an hour.
 */
export function withPauses(api: RestApi, clock: Clock): RestApi {
  const failures = new Map<string, Failure>();

  function note(digest: string, result: NeverSent): void {
    const pauseMs = Math.min((failures.get(digest)?.pauseMs ?? FIRST_PAUSE_MS / 2) * 2, MAX_PAUSE_MS);
    failures.set(digest, { result, pauseMs, untilMs: clock.nowMs() + pauseMs });
  }

  async function unlessPaused<T extends { outcome: 'done' }>(
    key: MaybeApiKey,
    ask: () => Promise<T | NeverSent>,
  ): Promise<T | NeverSent> {
    const digest = digestOf(key);
    const last = failures.get(digest);
    if (last && clock.nowMs() < last.untilMs) return last.result;
    const result = await ask();
    if (result.outcome === 'never-sent' && !isFree(result.cause)) note(digest, result);
    if (result.outcome === 'done' && last && !isOfGateway(last)) failures.delete(digest);
    return result;
  }

  return {
    ...api,
    prepare: (key, limits) => unlessPaused(key, () => api.prepare(key, limits)),
    bearer: (key, limits) => unlessPaused(key, () => api.bearer(key, limits)),
    async logIn(credential, limits) {
      const result = await api.logIn(credential, limits);
      if (result.outcome === 'refused' && isBearerRefusal(result.code)) {
        note(digestOf(credential), { outcome: 'never-sent', cause: new BearerError('refused', result.code) });
      } else if (result.outcome !== 'never-sent') failures.delete(digestOf(credential));
      return result;
    },
  };
}

const isFree = (cause: Error): boolean => cause instanceof BearerError && FREE.has(cause.reason);

/** Another bearer does not end the pauses after a gateway's refusal; a log-in does. */
const isOfGateway = ({ result }: Failure): boolean =>
  result.cause instanceof BearerError && result.cause.reason === 'refused';

const digestOf = ({ apiKey = '', apiSecret = '' }: MaybeApiKey): string =>
  createHash('sha256')
    .update(JSON.stringify([apiKey, apiSecret]))
    .digest('base64url');
