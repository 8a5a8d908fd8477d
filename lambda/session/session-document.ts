import { AwsCallError } from '../aws-call.ts';
import { PresentableError, UnexpectedError } from '../errors.ts';
import { LedgerUnavailableError } from '../ledger/errors.ts';
import type { Transport } from '../thingspace/api.ts';
import { LogInWaitsError, SessionError, ThingSpaceUnavailableError } from './errors.ts';
import type { HandedOut, SessionHeaders } from './session.ts';

/** The place of a session: the name by which programs ask for it, and the API that it belongs to. */
export type SessionPlace = { credential: string; transport: Transport; baseUrl: string };

/** The JSON document that a program gets for `GET …/session`. */
export type SessionDocument = SessionPlace & {
  generation: number;
  token: string;
  /** The headers of a call over REST, bearer included; empty over SOAP. */
  headers: SessionHeaders;
  /** The program asks again then: a time in ISO 8601, and the whole seconds until it (60 at most). */
  usableUntil: string;
  usableSeconds: number;
};

/** An HTTP answer to a program; header names are in lower case. */
export type SessionAnswer = { statusCode: number; headers: Record<string, string>; body: string };

/** An error that a program gets. `code` and `message` hold nothing secret. */
export type SessionFailure = {
  code: string;
  /** The message says what happened and what to do. */
  message: string;
  /** The latest time at which trying again helps, in milliseconds since 1970. */
  retryAt?: number | undefined;
  /** The header `Retry-After`; without it, the cause does not pass by itself. */
  retryAfterSeconds?: number | undefined;
};

/** The body of `POST …/session/gone`. */
export type GoneRequest = { generation: number; refused: 'session' | 'bearer' };

/** The body of `POST …/session/gone` cannot be read; the door answers 400. */
export class GoneRequestError extends PresentableError {
  override readonly name = 'GoneRequestError';
}

/** A body of `POST …/session/gone` is smaller. */
export const MAX_GONE_BYTES = 1024;

/** A reason may pass earlier than its latest time: an exchange takes seconds of its 20 minutes. */
const MAX_RETRY_SECONDS = 30;
const RETRY_SECONDS = 5;
/** A call to AWS that fails like this fails until a person acts. */
const PERSON_MUST_ACT =
  /^(AccessDenied|ResourceNotFound|NotFound|Disabled|KMSInvalidState|CredentialsProvider|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|ExpiredToken|Validation)/;

/** @param nowMs milliseconds since 1970 */
export function answerWithSession(
  place: SessionPlace,
  { generation, token, headers, usableMs }: HandedOut,
  nowMs: number,
): SessionAnswer {
  const { credential, transport, baseUrl } = place;
  const document: SessionDocument = {
    ...{ credential, transport, baseUrl, generation, token, headers },
    usableUntil: new Date(nowMs + usableMs).toISOString(),
    usableSeconds: Math.floor(usableMs / 1000),
  };
  return answer(200, document);
}

/** The answer to a `POST …/session/gone` that was read. */
export const answerToGone = (): SessionAnswer => ({
  statusCode: 204,
  headers: { 'cache-control': 'no-store' },
  body: '',
});

/**
 * Returns the answer to an error of the session, with a status that HTTP clients treat rightly: 503 with `Retry-After`
 * where the reason passes by itself, 409 where a person must act, 500 for a mistake of the product.
 * @param nowMs milliseconds since 1970
 * @param words the message for a program that may not see the error's own, which names username, versions, and principals
 */
export function answerToFailure(failure: unknown, nowMs: number, words?: string): SessionAnswer {
  if (!(failure instanceof PresentableError) || failure instanceof UnexpectedError) {
    return answerWithError(500, { code: 'UnexpectedError', message: unexpected(failure) });
  }
  const { name: code } = failure;
  const aws = awsCallIn(failure);
  const own = aws && aws !== failure ? `${failure.message} (${aws.message})` : failure.message;
  const message = words ?? own;
  if (failure instanceof GoneRequestError) return answerWithError(400, { code, message });
  const retryAt = failure instanceof SessionError ? failure.retryAt : undefined;
  if (!passes(failure, aws)) return answerWithError(409, { code, message, retryAt });
  return answerWithError(503, { code, message, retryAt, retryAfterSeconds: secondsUntil(retryAt, nowMs) });
}

/** Returns the answer to a request that a door itself refuses: 403, 404, 405, 429, and the like. */
export function answerWithError(
  statusCode: number,
  { code, message, retryAt, retryAfterSeconds }: SessionFailure,
): SessionAnswer {
  const error = {
    code,
    message,
    retryAt: retryAt === undefined ? undefined : new Date(retryAt).toISOString(),
  };
  const retryAfter = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return answer(statusCode, { error }, retryAfter);
}

/** @throws GoneRequestError: it quotes nothing of the body */
export function readGone(body: string): GoneRequest {
  const members = membersOf(body);
  const { generation, refused = 'session' } = members;
  if (!Number.isSafeInteger(generation) || Number(generation) < 1) {
    throw unreadable('`generation` is not the number that came with the session');
  }
  if (refused !== 'session' && refused !== 'bearer') throw unreadable('`refused` is not "bearer"');
  return { generation: Number(generation), refused };
}

function membersOf(body: string): Record<string, unknown> {
  if (Buffer.byteLength(body) > MAX_GONE_BYTES) throw unreadable(`it is longer than ${MAX_GONE_BYTES} bytes`);
  let members: unknown;
  try {
    members = JSON.parse(body);
  } catch {
    throw unreadable('it is not JSON');
  }
  if (typeof members !== 'object' || members === null || Array.isArray(members)) {
    throw unreadable('it is not a JSON object');
  }
  return members as Record<string, unknown>;
}

const unreadable = (why: string): GoneRequestError =>
  new GoneRequestError(
    `The body of the request cannot be read: ${why}. Send {"generation": 7} with the session's number or, for a refused ` +
      'bearer, {"generation": 7, "refused": "bearer"}. Nothing was dropped.',
  );

/** The call to AWS that failed: the ledger's own error has it as its cause. */
function awsCallIn(failure: Error): AwsCallError | undefined {
  if (failure instanceof AwsCallError) return failure;
  return failure.cause instanceof AwsCallError ? failure.cause : undefined;
}

function passes(failure: PresentableError, aws: AwsCallError | undefined): boolean {
  if (aws && PERSON_MUST_ACT.test(aws.errorName)) return false;
  return (
    failure instanceof AwsCallError ||
    failure instanceof LogInWaitsError ||
    failure instanceof ThingSpaceUnavailableError ||
    failure instanceof LedgerUnavailableError
  );
}

function secondsUntil(retryAt: number | undefined, nowMs: number): number {
  if (retryAt === undefined) return RETRY_SECONDS;
  return Math.min(Math.max(Math.ceil((retryAt - nowMs) / 1000), 1), MAX_RETRY_SECONDS);
}

/** The text of such an error may quote a secret: only its kind leaves. */
function unexpected(failure: unknown): string {
  const kind = failure instanceof Error ? failure.name : typeof failure;
  return `An unexpected ${kind} ended the request, and no session was returned. Report this error.`;
}

const answer = (statusCode: number, body: object, headers: Record<string, string> = {}): SessionAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  body: JSON.stringify(body),
});
