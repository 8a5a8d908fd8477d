import type { HttpAnswer } from '../answer.ts';
import type { Refusal } from '../refusal.ts';

/**
 * The status of each refusal. Clients repeat 429 and 5xx by themselves, a `PUT` too. So a request that may have been
 * executed has 409, which none repeats.
 */
const STATUS: Record<Refusal['code'], number> = {
  RequestRefused: 400,
  CallerUnknown: 403,
  AccessDenied: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  OutcomeUnknown: 409,
  AnswerWithheld: 409,
  InternalError: 409,
  Throttled: 429,
  NotRecorded: 503,
  NotSent: 503,
  NoSession: 503,
};
const RETRY_SECONDS = 5;
const MINUTE_SECONDS = 60;

/** Returns an error in the form of ThingSpace's own: the code begins with the name of the service, as theirs do. */
export function errorWith(
  { code, message, rule }: Refusal,
  requestId: string | undefined,
  nowMs: number,
): HttpAnswer {
  const error = { errorCode: `ThingSpaceAccess.${code}`, errorMessage: message, rule, requestId };
  const waits = { 429: MINUTE_SECONDS - (Math.floor(nowMs / 1000) % MINUTE_SECONDS), 503: RETRY_SECONDS };
  const statusCode = STATUS[code];
  const retryAfter = waits[statusCode as keyof typeof waits];
  return {
    statusCode,
    headers: {
      'content-type': 'application/json',
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify(error),
    isBase64Encoded: false,
  };
}
