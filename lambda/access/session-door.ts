import { PresentableError } from '../errors.ts';
import type { SessionHolder } from '../session/session.ts';
import {
  answerToFailure,
  answerToGone,
  answerWithError,
  answerWithSession,
  type GoneRequest,
  GoneRequestError,
  readGone,
  type SessionAnswer,
} from '../session/session-document.ts';
import type { Transport } from '../thingspace/api.ts';
import type { HttpAnswer } from './answer.ts';
import type { AuditRecord } from './audit.ts';
import { GET_SESSION, SESSION_SERVICE } from './by-name.ts';
import type { Caller, FunctionUrlEvent } from './event.ts';
import { notSentWords } from './not-sent-words.ts';
import { type Permits, permit } from './permit.ts';
import { begin, conclude, end, type Recording } from './recording.ts';
import { Refusal } from './refusal.ts';
import { whoSpeaks } from './who-speaks.ts';

export type SessionDoor = Permits &
  Recording & {
    thingSpace: { transport: Transport; baseUrl: string };
    sessionOf(credential: string): SessionHolder | undefined;
  };

/** The name under which a record shows that a caller found a session gone. It needs the right of `GET_SESSION`. */
export const SESSION_GONE = 'SessionGone';
const DOOR = /^\/([^/]*)\/session(?:\/|$)/;
const PATH = /^\/([A-Za-z0-9][\w-]{0,47})\/session(\/gone)?$/;

/** Reports whether an event is for the session's address, and gets its errors in JSON. */
export const isSessionDoor = (event: unknown): boolean =>
  DOOR.test(String((event as { rawPath?: unknown } | null)?.rawPath ?? ''));

/**
 * Serves `GET /<credential>/session` and `POST /<credential>/session/gone`. If the process dies:
 *
 *   before the record of GET    the caller has no session; a log-in that was made is in the ledger, and the session stays the fleet's
 *   after it                    the record says that the session was handed out, and the caller may not have it
 *   after the record of POST    the record reads as unknown: the generation may have been dropped. The caller says it again
 *
 * @param waitMs how long to wait for a session
 * @throws Refusal
 */
export async function serveSession(
  door: SessionDoor,
  caller: Caller,
  event: FunctionUrlEvent,
  waitMs: number,
): Promise<HttpAnswer> {
  const { credential, isGone } = readAddress(event);
  const operation = isGone ? SESSION_GONE : GET_SESSION;
  const spoken = await whoSpeaks(door.policy, caller.principal, event.headers, door.nowMs());
  const content = { subjects: { devices: [], groups: [] }, kind: '', own: [] };
  const asked = { ...caller, spoken, credential, service: SESSION_SERVICE, operation, reads: false, content };
  const entry = await permit(door, asked, GET_SESSION, () => ({ devices: [], groups: [] }));
  const session = door.sessionOf(credential);
  if (!session) throw new Refusal('NotFound', `There is no credential ${credential} in this service.`);
  const record = { ...entry, devices: [], groups: [] };
  return withRequestId(
    isGone
      ? await drop(door, record, session, goneIn(event), waitMs)
      : await handOut(door, record, session, waitMs),
    caller.requestId,
  );
}

/** The record is written before the caller gets the session. */
async function handOut(
  door: SessionDoor,
  record: AuditRecord,
  session: SessionHolder,
  patienceMs: number,
): Promise<SessionAnswer> {
  try {
    const handedOut = await session.handOut({ askFleet: true, patienceMs });
    const { generation } = handedOut;
    const handedOutAtMs = door.nowMs();
    await conclude(door, record, { outcome: 'handed-out', generation, sends: 0 });
    const usableMs = Math.max(0, handedOut.usableMs - Math.max(0, door.nowMs() - handedOutAtMs));
    const place = { credential: record.credential, ...door.thingSpace };
    return answerWithSession(place, { ...handedOut, usableMs }, door.nowMs());
  } catch (failure) {
    if (failure instanceof Refusal) throw failure;
    await door.audit
      .conclude(record, { outcome: 'not-sent', code: codeOf(failure), sends: 0 })
      .catch((unwritten: Error) =>
        door.log('A request for the session could not be recorded', { failure: unwritten.message }),
      );
    // The cause's text names the username, versions, or principals, so it goes into the function's log only.
    const message = `No session was handed out. ${notSentWords(failure)}`;
    throw new Refusal('NoSession', message, undefined, { cause: failure });
  }
}

/**
 * Drops a session for the whole fleet and opens the next one: the caller's next request may reach another process, which
 * finds both in the fleet's item.
 */
async function drop(
  door: SessionDoor,
  record: AuditRecord,
  session: SessionHolder,
  { generation, refused }: GoneRequest,
  patienceMs: number,
): Promise<SessionAnswer> {
  await begin(door, record);
  try {
    if (refused === 'bearer') await session.bearerRefused();
    else {
      await session.gone(generation, { patienceMs, atOnce: true });
      await session.handOut({ askFleet: true, patienceMs });
    }
  } catch (failure) {
    await end(door, record, { outcome: 'unknown', code: codeOf(failure), sends: 0 });
    const message = `It is not certain that the session was dropped. ${notSentWords(failure)}`;
    throw new Refusal('NoSession', message, undefined, { cause: failure });
  }
  await end(door, record, { outcome: 'dropped', dropped: refused, generation, sends: 0 });
  return answerToGone();
}

/** @throws Refusal */
function readAddress({ rawPath, rawQueryString, requestContext }: FunctionUrlEvent) {
  const [, credential, gone] = PATH.exec(rawPath) ?? [];
  if (credential === undefined || rawQueryString !== '') {
    throw new Refusal(
      'NotFound',
      'There is nothing at this address: GET /<credential>/session, or POST /<credential>/session/gone, without a query.',
    );
  }
  const isGone = gone !== undefined;
  const method = isGone ? 'POST' : 'GET';
  if (requestContext.http.method !== method) {
    throw new Refusal('MethodNotAllowed', `The method of this address is ${method}.`);
  }
  return { credential, isGone };
}

/** @throws Refusal `RequestRefused` */
function goneIn({ body, isBase64Encoded }: FunctionUrlEvent): GoneRequest {
  try {
    return readGone(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString());
  } catch (failure) {
    if (failure instanceof GoneRequestError) throw new Refusal('RequestRefused', failure.message);
    throw failure;
  }
}

const codeOf = (failure: unknown): string =>
  failure instanceof PresentableError ? failure.name : 'UnexpectedError';

/** The answers to refusals of the function itself; `NoSession` has that of its cause. */
const STATUS: Partial<Record<Refusal['code'], number>> = {
  CallerUnknown: 403,
  AccessDenied: 403,
  RequestRefused: 400,
  NotFound: 404,
  MethodNotAllowed: 405,
  Throttled: 429,
  NotRecorded: 503,
};
const RETRY_SECONDS = 5;
const MINUTE_SECONDS = 60;

/** Returns the JSON error of the session's address. @param nowMs milliseconds since 1970 */
export function sessionError(refusal: Refusal, requestId: string | undefined, nowMs: number): HttpAnswer {
  const { code, message, cause } = refusal;
  if (code === 'NoSession') return withRequestId(answerToFailure(cause, nowMs, message), requestId);
  const retryAfterSeconds =
    code === 'Throttled'
      ? MINUTE_SECONDS - (Math.floor(nowMs / 1000) % MINUTE_SECONDS)
      : code === 'NotRecorded'
        ? RETRY_SECONDS
        : undefined;
  return withRequestId(answerWithError(STATUS[code] ?? 500, { code, message, retryAfterSeconds }), requestId);
}

const withRequestId = (
  { statusCode, headers, body }: SessionAnswer,
  requestId: string | undefined,
): HttpAnswer => ({
  statusCode,
  headers: { ...headers, ...(requestId === undefined ? {} : { 'x-request-id': requestId }) },
  body,
  isBase64Encoded: false,
});
