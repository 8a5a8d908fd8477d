import type { Clock } from '../../clock.ts';
import type { CallLimits, MaybeApiKey, NeverSent } from '../api.ts';
import { UnsendableValueError } from '../call-errors.ts';
import type { Send } from '../http-call.ts';
import type { HttpCall } from '../http-request.ts';
import type { Presented } from '../presented.ts';
import { ProxyError } from '../proxy-error.ts';
import type { Sent } from '../understand.ts';
import { isHeaderSafe } from './answers.ts';
import { BearerError } from './bearer-error.ts';
import { type Bearers, createBearers, type LiveBearer } from './bearers.ts';
import { JSON_DOCUMENTS } from './documents.ts';
import { basicOf } from './token-request.ts';

/** The part of a call's time that fetching a bearer leaves to the call itself. */
const CALL_MS = 3_000;

export type RestRequest = Pick<HttpCall, 'method' | 'body' | 'waitsForDocument'> & {
  /** Path below the base URL. */
  path: string;
  /** The session token, for a call within a session. */
  token?: string;
  /** Without this much time for its answer the call is not sent. @default none; a bearer leaves it `timeForCall` */
  answerMs?: number;
};

export type RestCalls = {
  /** Fetches a bearer that lives `marginMs` longer. */
  ready(
    key: MaybeApiKey,
    marginMs: number,
    budgetMs: number,
  ): Promise<({ outcome: 'ready' } & LiveBearer) | NeverSent>;
  /** Sends once, over a bearer that is fetched first if need be. `bearer` is absent when there was none. */
  send(
    key: MaybeApiKey,
    marginMs: number,
    request: RestRequest,
    limits: CallLimits,
  ): Promise<{ answer: Sent; bearer?: string }>;
  forget: Bearers['forget'];
};

/** The calls over REST, for addresses that `checkAddresses` has returned. */
export function createRestCalls(
  { baseUrl, tokenUrl }: { baseUrl: string; tokenUrl: string },
  presented: Presented,
  clock: Clock,
  send: Send,
): RestCalls {
  const bearers = createBearers(tokenUrl, clock, send);

  const ready: RestCalls['ready'] = async (key, marginMs, budgetMs) => {
    const { apiKey = '', apiSecret = '' } = key;
    presented.remember(apiKey, apiSecret, basicOf({ apiKey, apiSecret }));
    try {
      const { bearer, endsAtMs } = await bearers.get(key, marginMs, budgetMs);
      presented.remember(bearer);
      return { outcome: 'ready', bearer, endsAtMs };
    } catch (failure) {
      const isNamed = failure instanceof BearerError || failure instanceof ProxyError;
      const cause = isNamed ? failure : new BearerError('unavailable');
      return { outcome: 'never-sent', cause };
    }
  };

  return {
    ready,
    async send(key, marginMs, request, limits) {
      const startedAtMs = clock.nowMs();
      const { answerMs, ...plain } = request;
      const keptMs = answerMs ?? timeForCall(limits.timeoutMs);
      const got = await ready(key, marginMs, limits.timeoutMs - keptMs);
      if (got.outcome === 'never-sent') return { answer: got };
      const timeoutMs = limits.timeoutMs - (clock.nowMs() - startedAtMs);
      if (answerMs !== undefined && timeoutMs < answerMs) return { answer: tooLate() };
      const answer = await sendOver(send, baseUrl, got.bearer, plain, { ...limits, timeoutMs });
      return { answer, bearer: got.bearer };
    },
    forget: bearers.forget,
  };
}

/** Returns the part of the time that is not spent on a bearer. */
export const timeForCall = (timeoutMs: number): number => Math.min(CALL_MS, timeoutMs / 2);

async function sendOver(
  send: Send,
  baseUrl: string,
  bearer: string,
  { path, token, ...request }: Omit<RestRequest, 'answerMs'>,
  limits: CallLimits,
): Promise<Sent> {
  const headers: Record<string, string> = { authorization: `Bearer ${bearer}`, accept: 'application/json' };
  if (token !== undefined) {
    if (!isHeaderSafe(token)) return unsendable('a header of HTTP');
    headers['vz-m2m-token'] = token;
  }
  if (request.body !== '') headers['content-type'] = 'application/json';
  const call: HttpCall = { ...request, url: `${baseUrl}${path}`, headers, documents: JSON_DOCUMENTS };
  const answer = await send(call, limits);
  return answer.outcome === 'answered' ? { ...answer, transport: 'rest' } : answer;
}

const tooLate = (): NeverSent => ({ outcome: 'never-sent', cause: new BearerError('slow') });

export const unsendable = (carrier: 'UTF-8' | 'a header of HTTP'): NeverSent => ({
  outcome: 'never-sent',
  cause: new UnsendableValueError(carrier),
});
