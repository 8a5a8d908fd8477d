import type { MaybeApiKey } from '../thingspace/api.ts';
import type { RestApi } from '../thingspace/rest/api.ts';
import { BearerError } from '../thingspace/rest/bearer-error.ts';
import type { LiveBearer } from '../thingspace/rest/bearers.ts';
import type { ClientClock } from './clock.ts';
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

export function bearersOf(rest: RestApi, clock: ClientClock): Bearers {
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
