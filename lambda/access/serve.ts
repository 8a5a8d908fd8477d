import type { Clock } from '../clock.ts';
import { PresentableError } from '../errors.ts';
import type { SessionHolder } from '../session/session.ts';
import type { Transport } from '../thingspace/api.ts';
import type { AuditRecord } from './audit.ts';
import { type Call, type Caller, type FunctionUrlEvent, readCall, readCaller, sourceOf } from './event.ts';
import { answerWith, faultWith, type HttpAnswer } from './fault.ts';
import { forward, type Send } from './forward.ts';
import { type CountName, countFor } from './metrics.ts';
import { admit, type Entry, type Permits, permit, recordDenial, type Tried } from './permit.ts';
import type { Content } from './policy.ts';
import { isChange } from './reach.ts';
import { begin, end } from './recording.ts';
import { Refusal } from './refusal.ts';
import { isSessionDoor, serveSession, sessionError } from './session-door.ts';
import { firstOf, subjectsIn } from './soap/devices.ts';
import { CONTRADICTION, contradiction, type RequestEnvelope, readEnvelope } from './soap/envelope.ts';
import { listsDevices, ownSelectors } from './soap/own-selectors.ts';
import { hasKinds, kindIn } from './state-change.ts';
import { whoSpeaks } from './who-speaks.ts';

export type Services = Permits & {
  /** The API of the sessions, and its address. */
  thingSpace: { transport: Transport; baseUrl: string };
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
 * Serves one request, from the caller's event to its answer: a SOAP request, or a request for the session.
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
    return await serveSoap(services, caller, read.event, patience);
  } catch (failure) {
    return refuse(services, failure, caller, isSessionDoor(event));
  }
}

/**
 * Sends one SOAP request on. If the process dies:
 *
 *   before the record            nothing was sent, and nothing is recorded except pointers that lead nowhere
 *   between record and outcome   the record reads as unknown: it may have been sent
 *   after the outcome            the caller has no answer; the record has the outcome
 */
async function serveSoap(
  services: Services,
  caller: Caller,
  event: FunctionUrlEvent,
  patience: ReturnType<typeof patienceUntil>,
): Promise<HttpAnswer> {
  const call = readCall(caller, event);
  const spoken = await whoSpeaks(services.policy, caller.principal, event.headers, services.nowMs());
  const ask = (content?: Content) =>
    permit(services, { ...call, spoken, content }, call.operation, () => triedIn(call));
  const unread = await ask();
  const session = soapSession(services, call);
  const { envelope, content } = await understand(services, call, unread);
  const listed = listsDevices(envelope.payload, call);
  const record: AuditRecord = {
    ...(await ask(content)),
    ...content.subjects,
    ...(isChange(call) && !listed ? { unlisted: true } : {}),
  };
  await begin(services, record);
  const forwarded = await forward({ session, send: services.send }, call, envelope, patience);
  await end(services, record, forwarded.outcome);
  if ('refusal' in forwarded) throw forwarded.refusal;
  return answerWith(forwarded.answer, caller.requestId);
}

/** @throws Refusal */
function soapSession({ thingSpace, sessionOf }: Services, { credential }: Call): SessionHolder {
  if (thingSpace.transport !== 'soap') {
    throw new Refusal(
      'RequestRefused',
      `The SOAP request was not sent: this service calls ThingSpace over REST. GET /${credential}/session gives the headers of a REST request to a caller that a rule allows it.`,
    );
  }
  const session = sessionOf(credential);
  if (session) return session;
  throw new Refusal('RequestRefused', `The SOAP request was not sent: there is no credential ${credential}.`);
}

/** Reads the body of an allowed request. A contradiction in it is recorded as a denial is. @throws Refusal */
async function understand(services: Services, call: Call, entry: Entry) {
  try {
    const envelope = readBody(call);
    return { envelope, content: contentOf(call, envelope) };
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

/** @throws Refusal */
function readBody(call: Call): RequestEnvelope {
  const envelope = readEnvelope(sourceOf(call), call.action);
  if (envelope.operation === call.operation) return envelope;
  throw contradiction('its Body holds another operation than SOAPAction names');
}

/** @throws Refusal */
const contentOf = ({ service, operation }: Call, { payload }: RequestEnvelope): Content => ({
  kind: hasKinds(operation) ? kindIn(payload) : '',
  subjects: subjectsIn(payload),
  own: ownSelectors(payload, service),
});

/** Returns the parts of a denied request for its record; an envelope that cannot be read or recorded has no subjects. */
function triedIn(call: Call): Tried {
  try {
    const { kind, subjects } = contentOf(call, readBody(call));
    return { ...firstOf(subjects), ...(kind === '' ? {} : { kind }) };
  } catch (failure) {
    if (failure instanceof Refusal) return { devices: [], groups: [] };
    throw failure;
  }
}

function refuse(
  { count, log, nowMs }: Services,
  failure: unknown,
  caller: Caller | undefined,
  asJson: boolean,
): HttpAnswer {
  const refusal = failure instanceof Refusal ? failure : unexpected(failure);
  const counted = countFor(refusal);
  if (counted) count(counted);
  const { code, rule, message } = refusal;
  const cause = refusal.cause instanceof PresentableError ? refusal.cause.message : undefined;
  const { requestId, callerArn } = caller ?? {};
  log('Refused', { code, rule, message, cause, requestId, caller: callerArn });
  return asJson ? sessionError(refusal, requestId, nowMs()) : faultWith(refusal, requestId);
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
