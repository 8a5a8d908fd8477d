import { type Clock, systemClock } from '../../clock.ts';
import type { CallLimits, LogInCredential, MaybeApiKey, NeverSent, Outcome, ThingSpaceApi } from '../api.ts';
import { isBearerRefusal } from '../codes.ts';
import { type Send, sendOnce } from '../http-call.ts';
import { createPresented, type Presented } from '../presented.ts';
import { readNewPassword } from '../read-new-password.ts';
import { understand } from '../understand.ts';
import { checkAddresses, type RestAddresses } from './addresses.ts';
import { readLogOut, readSessionToken } from './answers.ts';
import type { LiveBearer } from './bearers.ts';
import { createRestCalls, type RestCalls, type RestRequest, timeForCall, unsendable } from './calls.ts';

/** How long a bearer must live on: before a log-in is reserved, at the log-in, and within a session. */
const PREPARED_MS = 90_000;
const LOG_IN_MS = 60_000;
const IN_SESSION_MS = 5_000;

/** The bearer for calls that an app sends itself, beside the calls of every transport. */
export type RestApi = ThingSpaceApi & {
  /** `value` is a bearer to send at once, from the memory that the log-in uses; `cause` is a `BearerError`. */
  bearer(
    key: MaybeApiKey,
    limits: Pick<CallLimits, 'timeoutMs'>,
  ): Promise<{ outcome: 'done'; value: LiveBearer } | NeverSent>;
  /** Lets the token service be asked at the next call, because the gateway refused this bearer. */
  forgetBearer(bearer: string): void;
};

/**
 * ThingSpace over REST ("Connectivity Management"). The bearer is fetched with the key of each call and over its own
 * connection; there is no setting for a fixed one.
 * @param send a test's world sends without HTTP
 * @throws BaseUrlError, TokenHostError for addresses to which nothing may be sent
 */
export function createRestApi(
  addresses: RestAddresses,
  clock: Clock = systemClock,
  send: Send = sendOnce,
): RestApi {
  const presented = createPresented();
  const calls = createRestCalls(checkAddresses(addresses), presented, clock, send);

  return {
    transport: 'rest',
    async prepare(key, { timeoutMs }) {
      const got = await calls.ready(key, PREPARED_MS, timeoutMs);
      return got.outcome === 'ready' ? { outcome: 'done' } : got;
    },
    async logIn(credential, limits) {
      const { username, password } = credential;
      presented.remember(password);
      if (!username.isWellFormed() || !password.isWellFormed()) return unsendable('UTF-8');
      return logIn(calls, presented, credential, limits, clock);
    },
    async logOut(session, limits) {
      presented.remember(session.token);
      const request: RestRequest = {
        method: 'POST',
        path: '/session/logout',
        body: '',
        token: session.token,
      };
      const { answer } = await calls.send(session, IN_SESSION_MS, request, limits);
      return understand('The log-out', answer, (content) => readLogOut(content, presented.latest()));
    },
    async getNewPassword(session, currentPassword, limits) {
      presented.remember(session.token, currentPassword);
      if (!currentPassword.isWellFormed()) return unsendable('UTF-8');
      // Never repeated: ThingSpace executes a second PUT as a second change.
      const request: RestRequest = {
        method: 'PUT',
        path: '/session/password/actions/reset',
        body: JSON.stringify({ oldPassword: currentPassword }),
        token: session.token,
        waitsForDocument: true,
        // Hanging up early can lose the password, so a slow bearer may use a quarter of the time.
        answerMs: (limits.timeoutMs * 3) / 4,
      };
      const { answer, bearer = '' } = await calls.send(session, IN_SESSION_MS, request, limits);
      // The bytes are sealed before they are read, so the status alone decides here; it costs one token request.
      if (answer.outcome === 'answered' && answer.httpStatus === 401) calls.forget(bearer);
      return answer;
    },
    readNewPassword: (answer) => readNewPassword(answer, presented.latest()),
    async bearer(key, { timeoutMs }) {
      const got = await calls.ready(key, IN_SESSION_MS, timeoutMs);
      if (got.outcome === 'never-sent') return got;
      const { bearer, endsAtMs } = got;
      return { outcome: 'done', value: { bearer, endsAtMs } };
    },
    forgetBearer: calls.forget,
  };
}

/** Logs in; once more, over another bearer, when the gateway refused the first: that log-in did not reach ThingSpace. */
async function logIn(
  calls: RestCalls,
  presented: Presented,
  credential: LogInCredential,
  limits: CallLimits,
  clock: Clock,
): Promise<Outcome<string>> {
  const deadlineMs = clock.nowMs() + limits.timeoutMs;
  const leftMs = () => deadlineMs - clock.nowMs();
  const first = await present(calls, presented, credential, limits);
  if (!isRefusedBearer(first.outcome)) return first.outcome;
  calls.forget(first.bearer);
  const next = await calls.ready(credential, LOG_IN_MS, leftMs() - timeForCall(leftMs()));
  if (next.outcome === 'never-sent') return first.outcome;
  // The token service gives the same bearer until its end, so a repetition cannot help.
  if (next.bearer === first.bearer) calls.forget(next.bearer);
  if (next.bearer === first.bearer) return first.outcome;
  const second = await present(calls, presented, credential, { ...limits, timeoutMs: leftMs() });
  if (isRefusedBearer(second.outcome)) calls.forget(second.bearer);
  // The first request was sent, so "never sent" would not be so.
  return second.outcome.outcome === 'never-sent' ? first.outcome : second.outcome;
}

const isRefusedBearer = (outcome: Outcome<string>): boolean =>
  outcome.outcome === 'refused' && isBearerRefusal(outcome.code);

async function present(
  calls: RestCalls,
  presented: Presented,
  credential: LogInCredential,
  limits: CallLimits,
): Promise<{ outcome: Outcome<string>; bearer: string }> {
  const { username, password } = credential;
  const body = JSON.stringify({ username, password });
  const request: RestRequest = { method: 'POST', path: '/session/login', body };
  const { answer, bearer = '' } = await calls.send(credential, LOG_IN_MS, request, limits);
  const read = (content: Parameters<typeof readSessionToken>[0]) =>
    readSessionToken(content, presented.latest());
  const outcome = understand('The log-in', answer, read);
  if (outcome.outcome === 'done') presented.remember(outcome.value);
  return { outcome, bearer };
}
