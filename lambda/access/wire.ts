import type { SessionHeaders } from '../session/session.ts';
import type { MaybeApiKey, RawAnswer } from '../thingspace/api.ts';
import type { HttpCall } from '../thingspace/http-request.ts';
import type { HttpAnswer } from './answer.ts';
import type { AuditOutcome } from './audit.ts';
import type { Caller, FunctionUrlEvent } from './event.ts';
import type { Content } from './policy.ts';
import type { Refusal } from './refusal.ts';

/** A request by its method, address and headers: enough to deny it to a caller that may not make it. */
export type Call = Caller & {
  credential: string;
  service: string;
  /** As rules and records name it. */
  operation: string;
  /** Whether the operation only reads. */
  reads: boolean;
  /** Reads the body, and whatever may contradict it. @throws Refusal */
  read(): ReadRequest;
};

/** A request that can be understood in one way only. */
export type ReadRequest = {
  content: Content;
  /** Whether it may reach a device that it does not name. */
  wide: boolean;
  /** Returns the request with the session's own credentials, and none that came with it. */
  requestFor(session: SessionOfCall): HttpRequest;
};

/** The session as a request needs it. Over SOAP it has no headers, and its key opens nothing. */
export type SessionOfCall = { token: string; headers: SessionHeaders; key: MaybeApiKey };

/** `path`: below the address of ThingSpace's API. */
export type HttpRequest = Pick<HttpCall, 'method' | 'headers' | 'body' | 'documents'> & { path: string };

/** The meaning of an answer that came whole. */
export type Judged = Pick<Extract<AuditOutcome, { outcome: 'done' }>, 'outcome'> | Refused | Unknown;
type Refused = { outcome: 'refused'; code: string };
type Unknown = { outcome: 'unknown'; code: string };

/** A format of requests and answers: everything in which SOAP and REST differ. */
export interface Wire {
  /** @param baseUrl the address of ThingSpace's API @throws Refusal */
  readCall(caller: Caller, event: FunctionUrlEvent, baseUrl: string): Call;
  /** @param secrets the values that no code may show */
  judgeAnswer(answer: RawAnswer, operation: string, secrets: readonly string[]): Judged;
  /** Returns the values that an answer may not show. */
  secretsOf(session: SessionOfCall): string[];
  /** @param nowMs milliseconds since 1970 */
  answerRefusal(refusal: Refusal, requestId: string | undefined, nowMs: number): HttpAnswer;
}
