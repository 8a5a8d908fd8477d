import type { Clock } from '../clock.ts';
import { PresentableError } from '../errors.ts';
import type { SessionHolder } from '../session/session.ts';
import type { Transport } from '../thingspace/api.ts';
import { answerWith, type HttpAnswer } from './answer.ts';
import type { AuditRecord } from './audit.ts';
import { type Caller, type FunctionUrlEvent, readCaller } from './event.ts';
import { forward, type Send } from './forward.ts';
import { type CountName, countFor } from './metrics.ts';
import { admit, type Entry, type Permits, permit, recordDenial, type Tried } from './permit.ts';
import type { Content } from './policy.ts';
import { isChange } from './reach.ts';
import { begin, end } from './recording.ts';
import { CONTRADICTION, notSent, Refusal } from './refusal.ts';
import { isSessionDoor, serveSession, sessionError } from './session-door.ts';
import { firstOf } from './subjects.ts';
import { whoSpeaks } from './who-speaks.ts';
import type { Call, ReadRequest, Wire } from './wire.ts';

export type Services = Permits & {
  /** The API of the sessions, and its address. */
  thingSpace: { transport: Transport; baseUrl: string };
  /** The format of the requests, which is that of the API. */
  wire: Wire;
  /** Undefined where there is no such credential. */
  sessionOf(credential: string): SessionHolder | undefined;
  send: Send;
  clock: Clock;
  count(name: CountName): void;
};

/** Time that is kept for recording the outcome and answering. */
const RESERVE_MS = 6_000;
/** ThingSpace gets at least this, so the wait for a session ends before. */
const MIN_ANSWER_MS = 10_000;
const MAX_SESSION_MS = 25_000;
const MAX_ANSWER_MS = 30_000;

/**
 * Serves one request, from the caller's event to its answer: a request for ThingSpace, or one for the session.
 * @param remainingMs the time left to the invocation
 */
export async function serve(services: Services, event: unknown, remainingMs: number): Promise<HttpAnswer> {
  const patience = patienceUntil(services.clock, services.clock.nowMs() + remainingMs - RESERVE_MS);
  let caller: Caller | undefined;
  try {
    const read = readCaller(event);
    caller = read.caller;
    await admit(services, caller);
    if (isSessionDoor(event)) return await serveSession(services, caller, read.event, patience.sessionMs());
    return await serveThingSpace(services, caller, read.event, patience);
  } catch (failure) {
    return refuse(services, failure, caller, isSessionDoor(event));
  }
}

/**
 * Sends one request on. If the process dies:
 *
 *   before the record            nothing was sent, and nothing is recorded except pointers that lead nowhere
 *   between record and outcome   the record reads as unknown: it may have been sent
 *   after the outcome            the caller has no answer; the record has the outcome
 */
async function serveThingSpace(
  services: Services,
  caller: Caller,
  event: FunctionUrlEvent,
  patience: ReturnType<typeof patienceUntil>,
): Promise<HttpAnswer> {
  const { wire, send } = services;
  const { read, ...call } = wire.readCall(caller, event, services.thingSpace.baseUrl);
  const spoken = await whoSpeaks(services.policy, caller.principal, event.headers, services.nowMs());
  const ask = (content?: Content) =>
    permit(services, { ...call, spoken, content }, call.operation, () => triedIn(read));
  const unread = await ask();
  const session = services.sessionOf(call.credential);
  if (!session) throw notSent(`there is no credential ${call.credential}`);
  const request = await understand(services, read, unread);
  const record: AuditRecord = {
    ...(await ask(request.content)),
    ...request.content.subjects,
    ...(isChange(call) && request.wide ? { wide: true } : {}),
  };
  await begin(services, record);
  const forwarded = await forward({ session, send, wire }, call.operation, request, patience);
  await end(services, record, forwarded.outcome);
  if ('refusal' in forwarded) throw forwarded.refusal;
  return answerWith(forwarded.answer, caller.requestId);
}

/** Reads the body of an allowed request. A contradiction in it is recorded as a denial is. @throws Refusal */
async function understand(services: Services, read: Call['read'], entry: Entry): Promise<ReadRequest> {
  try {
    return read();
  } catch (failure) {
    if (failure instanceof Refusal && failure.rule === CONTRADICTION) {
      await recordDenial(services, {
        ...entry,
        observed: undefined,
        rule: CONTRADICTION,
        devices: [],
        groups: [],
      });
    }
    throw failure;
  }
}

/** Returns the parts of a denied request for its record; a body that cannot be read or recorded has no subjects. */
function triedIn(read: Call['read']): Tried {
  try {
    const { kind, subjects } = read().content;
    return { ...firstOf(subjects), ...(kind === '' ? {} : { kind }) };
  } catch (failure) {
    if (failure instanceof Refusal) return { devices: [], groups: [] };
    throw failure;
  }
}

function refuse(
  { count, log, nowMs, wire }: Services,
  failure: unknown,
  caller: Caller | undefined,
  isForSession: boolean,
): HttpAnswer {
  const refusal = failure instanceof Refusal ? failure : unexpected(failure);
  const counted = countFor(refusal);
  if (counted) count(counted);
  const { code, rule, message } = refusal;
  const cause = refusal.cause instanceof PresentableError ? refusal.cause.message : undefined;
  const { requestId, callerArn } = caller ?? {};
  log('Refused', { code, rule, message, cause, requestId, caller: callerArn });
  const answer = isForSession ? sessionError : wire.answerRefusal;
  return answer(refusal, requestId, nowMs());
}

/**
 * Returns the refusal for an unforeseen error. It names only the kind, because the error's text may quote the request.
 */
function unexpected(failure: unknown): Refusal {
  const kind = failure instanceof Error ? failure.name : typeof failure;
  return new Refusal(
    'InternalError',
    `An unexpected ${kind} stopped the request. If it was sent, its record reads as unknown.`,
  );
}

function patienceUntil(clock: Clock, deadlineMs: number) {
  const leftMs = () => deadlineMs - clock.nowMs();
  return {
    sessionMs: () => Math.max(0, Math.min(MAX_SESSION_MS, leftMs() - MIN_ANSWER_MS)),
    answerMs: () => Math.min(MAX_ANSWER_MS, leftMs()),
  };
}
