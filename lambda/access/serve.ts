import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { PresentableError } from '../errors.ts';
import type { SessionHolder } from '../session/session.ts';
import type { Audit, AuditRecord } from './audit.ts';
import { firstOf, type Subjects, subjectsIn } from './devices.ts';
import { type RequestEnvelope, readEnvelope } from './envelope.ts';
import { type Call, type Caller, readCall, readCaller, sourceOf, USER_HEADER } from './event.ts';
import { answerWith, faultWith, type HttpAnswer } from './fault.ts';
import { type Forwarded, forward, type Send } from './forward.ts';
import type { CountName } from './metrics.ts';
import { type Decision, decide, maySpeak, type Policy, SPEAKS_FOR_OTHERS } from './policy.ts';
import { Refusal, type RefusalCode } from './refusal.ts';

export type Services = {
  policy: Policy;
  /** Undefined where there is no such credential. */
  sessionOf(credential: string): SessionHolder | undefined;
  send: Send;
  audit: Audit;
  clock: Clock;
  /** Milliseconds since 1970. */
  nowMs(): number;
  count(name: CountName): void;
  log(message: string, facts: Record<string, unknown>): void;
};

/** Time that is kept for recording the outcome and answering. */
const RESERVE_MS = 6_000;
/** ThingSpace gets at least this, so the wait for a session ends before. */
const MIN_ANSWER_MS = 10_000;
const MAX_SESSION_MS = 25_000;
const MAX_ANSWER_MS = 30_000;

/**
 * Serves one request, from the caller's event to ThingSpace's answer. If the process dies:
 *
 *   before the record            nothing was sent, and nothing is recorded except pointers that lead nowhere
 *   between record and outcome   the record reads as unknown: it may have been sent
 *   after the outcome            the caller has no answer; the record has the outcome
 *
 * @param remainingMs the time left to the invocation
 */
export async function serve(services: Services, event: unknown, remainingMs: number): Promise<HttpAnswer> {
  const deadlineMs = services.clock.nowMs() + remainingMs - RESERVE_MS;
  let caller: Caller | undefined;
  try {
    const read = readCaller(event);
    caller = read.caller;
    await admit(services, caller);
    const call = readCall(caller, read.event);
    const { entry, session } = await permit(services, call);
    const envelope = readBody(call);
    const record: AuditRecord = { ...entry, ...subjectsIn(envelope.payload) };
    await begin(services, record);
    const forwarded = await forward(
      { session, send: services.send },
      call,
      envelope,
      patienceUntil(services.clock, deadlineMs),
    );
    await end(services, record, forwarded);
    if ('refusal' in forwarded) throw forwarded.refusal;
    return answerWith(forwarded.answer, caller.requestId);
  } catch (failure) {
    return refuse(services, failure, caller);
  }
}

async function admit({ audit }: Services, { principal }: Caller): Promise<void> {
  const admitted = await audit.admit(principal).catch(() => {
    throw new Refusal('NotRecorded', 'Nothing was sent: the request could not be counted. Try again.');
  });
  if (admitted) return;
  throw new Refusal(
    'Throttled',
    'Nothing was sent: you have made as many requests in this minute as you may.',
  );
}

/**
 * Decides whether the caller may make the request, by address, SOAPAction, and header, before the envelope is read. A
 * denial is recorded.
 */
async function permit(
  services: Services,
  call: Call,
): Promise<{ entry: Omit<AuditRecord, keyof Subjects>; session: SessionHolder }> {
  const { policy, audit, nowMs, log } = services;
  const { claimedUser, requestId, principal, credential, service, operation } = call;
  const speaks = claimedUser === undefined || maySpeak(policy, principal);
  const user = speaks ? claimedUser : undefined;
  const decision: Decision = speaks
    ? decide(policy, { principal, user, credential, service, operation })
    : {
        allowed: false,
        rule: SPEAKS_FOR_OTHERS,
        why: `${principal} may not speak for others (${USER_HEADER})`,
      };
  const entry = {
    ...{ requestId, principal, user, credential, service, operation },
    caller: call.callerArn,
    at: nowMs(),
    attempt: randomUUID(),
    rule: decision.rule,
  };
  if (!decision.allowed) {
    await audit
      .deny({ ...entry, ...triedSubjects(call) })
      .catch((failure: Error) => log('A denial could not be recorded', { failure: failure.message }));
    throw new Refusal('AccessDenied', `Denied: ${decision.why}.`, decision.rule);
  }
  const session = services.sessionOf(credential);
  if (!session)
    throw new Refusal(
      'RequestRefused',
      `The SOAP request was not sent: there is no credential ${credential}.`,
    );
  return { entry, session };
}

/** @throws Refusal */
function readBody(call: Call): RequestEnvelope {
  const envelope = readEnvelope(sourceOf(call), call.action);
  if (envelope.operation !== call.operation) throw contradiction();
  return envelope;
}

/** Returns the subjects of a denied request; an envelope that cannot be read or recorded has none. */
function triedSubjects(call: Call): Subjects {
  try {
    return firstOf(subjectsIn(readBody(call).payload));
  } catch (failure) {
    if (failure instanceof Refusal) return { devices: [], groups: [] };
    throw failure;
  }
}

async function begin({ audit, log }: Services, record: AuditRecord): Promise<void> {
  try {
    await audit.begin(record);
  } catch (failure) {
    log('A request could not be recorded', { failure: (failure as Error).message });
    throw new Refusal('NotRecorded', 'Nothing was sent: the request could not be recorded. Try again.');
  }
}

/**
 * Records the outcome. Never throws, because the caller gets the answer in any case; a record without an outcome reads
 * as unknown.
 */
async function end(
  { audit, count, log }: Services,
  record: AuditRecord,
  { outcome }: Forwarded,
): Promise<void> {
  try {
    await audit.end(record, outcome);
  } catch (failure) {
    count('AccessFailed');
    const { requestId } = record;
    log('An outcome could not be recorded: the record reads as unknown', {
      requestId,
      outcome: outcome.outcome,
      failure: (failure as Error).message,
    });
  }
}

/**
 * Refusals that are counted, because an operator should look at bursts of them; the others are the callers' own
 * mistakes.
 */
const COUNTED: Partial<Record<RefusalCode, CountName>> = {
  AccessDenied: 'AccessDenied',
  CallerUnknown: 'AccessDenied',
  Throttled: 'AccessDenied',
  NotRecorded: 'AccessFailed',
  NotSent: 'AccessFailed',
  OutcomeUnknown: 'AccessFailed',
  AnswerWithheld: 'AccessFailed',
  InternalError: 'AccessFailed',
};

function refuse({ count, log }: Services, failure: unknown, caller: Caller | undefined): HttpAnswer {
  const refusal = failure instanceof Refusal ? failure : unexpected(failure);
  const counted = COUNTED[refusal.code];
  if (counted) count(counted);
  const { code, rule, message } = refusal;
  const cause = refusal.cause instanceof PresentableError ? refusal.cause.message : undefined;
  const { requestId, callerArn } = caller ?? {};
  log('Refused', { code, rule, message, cause, requestId, caller: callerArn });
  return faultWith(refusal, requestId);
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

const contradiction = () =>
  new Refusal(
    'RequestRefused',
    'The SOAP request was not sent: its Body holds another operation than SOAPAction names.',
  );

function patienceUntil(clock: Clock, deadlineMs: number) {
  const leftMs = () => deadlineMs - clock.nowMs();
  return {
    sessionMs: () => Math.max(0, Math.min(MAX_SESSION_MS, leftMs() - MIN_ANSWER_MS)),
    answerMs: () => Math.min(MAX_ANSWER_MS, leftMs()),
  };
}
