import { BearerRefusedError, SessionGoneError } from './errors.ts';
import { isResponse, type Refused, refusedBy, refusedByText } from './refused.ts';

/**
 * Reports whether an error says that ThingSpace no longer knows the session. It looks at `code`, `faultcode` and
 * `errorCode`, as HTTP and SOAP libraries set them, and at the answer in the errors of axios, got, ky, ofetch, superagent,
 * undici, node-soap and ThingSpace's SDK. An answer with the status 401 is the gateway's, and never says so.
 */
export function saysSessionGone(error: unknown): boolean {
  return refusedBy(error) === 'session';
}

/**
 * Reports whether an error says that the gateway before ThingSpace refused the bearer: 900901 to 900904 in `code` or
 * `fault.code`, with the status 401 where the error names one.
 */
export function saysBearerRefused(error: unknown): boolean {
  return refusedBy(error) === 'bearer';
}

/**
 * For callers that send requests themselves: returns the answer, unless it says that the session is gone or the bearer
 * was refused. An answer is the text of SOAP or REST, parsed JSON, or a `Response` of `fetch`, whose body stays unread.
 * @throws SessionGoneError, BearerRefusedError
 */
export function throwIfSessionGone(answer: Response): Promise<Response>;
export function throwIfSessionGone<T>(answer: T): T;
export function throwIfSessionGone(answer: unknown): unknown {
  if (isResponse(answer)) return throwIfResponse(answer);
  throwIf(typeof answer === 'string' ? refusedByText(answer) : refusedBy(answer));
  return answer;
}

async function throwIfResponse(response: Response): Promise<Response> {
  if (response.status < 400) return response;
  throwIf(refusedByText(await response.clone().text(), response.status));
  return response;
}

function throwIf(refused: Refused | undefined): void {
  if (refused === 'session') throw new SessionGoneError();
  if (refused === 'bearer') throw new BearerRefusedError();
}
