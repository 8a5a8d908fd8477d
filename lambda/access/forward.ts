import { PresentableError } from '../errors.ts';
import { BearerRefusedError, SessionGoneError } from '../session/errors.ts';
import type { SessionHolder } from '../session/session.ts';
import { isBearerRefusal } from '../thingspace/codes.ts';
import type { sendOnce } from '../thingspace/http-call.ts';
import type { Answer } from './answer.ts';
import type { AuditOutcome } from './audit.ts';
import { notSentWords } from './not-sent-words.ts';
import { Refusal } from './refusal.ts';
import type { HttpRequest, ReadRequest, Wire } from './wire.ts';
import { whyWithheld } from './withheld.ts';

/** The result of a request: the outcome for the record, and the answer or refusal for the caller. */
export type Forwarded = { outcome: AuditOutcome } & ({ answer: Answer } | { refusal: Refusal });

/** Sends one request once, towards ThingSpace's address. */
export type Send = (request: HttpRequest, limits: { timeoutMs: number }) => ReturnType<typeof sendOnce>;

/** The largest answer that is passed on: in base64 it must stay below the 6 MB of a function's answer. */
export const MAX_FORWARDED_BYTES = 4 * 1024 * 1024;
const TOO_LARGE = `it is larger than ${MAX_FORWARDED_BYTES / 1024 / 1024} MiB; ask for less at once`;
/** The published codes of a session that is gone: ThingSpace looked only at the token (`thingspace/codes.ts`). */
const SESSION_GONE = new Set([
  'REQUEST_FAILED.SessionToken.Expired',
  'REQUEST_FAILED.SessionToken.Format',
  'INPUT_INVALID.SessionToken.Invalid',
]);

/** How long to wait for a session, and for ThingSpace. */
export type Patience = { sessionMs: () => number; answerMs: () => number };

/** The parts by which a request is forwarded. */
export type Forwarding = { session: SessionHolder; send: Send; wire: Wire };

/**
 * Sends the request with a session's token. Sends it again, with another token or bearer, only when the answer says that
 * the one before was not known. The request was not executed then. Never throws.
 */
export async function forward(
  { session, send, wire }: Forwarding,
  operation: string,
  request: ReadRequest,
  patience: Patience,
): Promise<Forwarded> {
  let sends = 0;
  /** Whether the request was handed over and its result is not known yet. */
  let isOpen = false;
  let gone: Forwarded | undefined;
  try {
    return await session.withSession(
      async (token, headers, key) => {
        const used = { token, headers, key };
        const sendable = request.requestFor(used);
        isOpen = true;
        const sent = await send(sendable, { timeoutMs: patience.answerMs() });
        if (sent.outcome === 'never-sent') return gone ?? neverSent(sent.cause);
        sends += 1;
        const judged = judge(wire, sent, operation, wire.secretsOf(used), sends);
        const notKnown = notKnownBy(judged.outcome);
        if (notKnown === undefined) return judged;
        gone = judged;
        isOpen = false;
        throw notKnown;
      },
      {
        // Read for each session that is waited for: each one gets what the ones before have left.
        get patienceMs() {
          return patience.sessionMs();
        },
      },
    );
  } catch (failure) {
    if (isOpen) return unknown('UnexpectedError', sends + 1);
    // The request was not executed, and there is no other session: the caller gets ThingSpace's fault.
    return gone ?? neverSent(failure);
  }
}

/**
 * Builds the caller's refusal. The cause's text names the username, versions, or principals, so it goes into the
 * function's log only.
 */
function neverSent(cause: unknown): Forwarded {
  const name = cause instanceof PresentableError ? cause.name : 'UnexpectedError';
  const refusal = new Refusal(
    'NotSent',
    `The request was not sent to ThingSpace, so it may be repeated. ${notSentWords(cause)}`,
    undefined,
    { cause },
  );
  return { outcome: { outcome: 'not-sent', code: name, sends: 0 }, refusal };
}

function judge(
  wire: Wire,
  sent: Exclude<Awaited<ReturnType<Send>>, { outcome: 'never-sent' }>,
  operation: string,
  secrets: readonly string[],
  sends: number,
): Forwarded {
  if (sent.outcome === 'unknown') return unknown(sent.cause.name, sends);
  const { body, complete, receivedBytes = body.length } = sent;
  if (!complete && receivedBytes <= MAX_FORWARDED_BYTES) return unknown('AnswerBrokeOff', sends);
  const outcome: AuditOutcome = complete
    ? { ...wire.judgeAnswer(sent, operation, secrets), sends }
    : { outcome: 'unknown', code: 'AnswerTooLarge', sends };
  const withheld = complete ? whyWithheld(sent, secrets) : TOO_LARGE;
  if (withheld === undefined) return { outcome, answer: sent };
  return {
    outcome,
    refusal: new Refusal(
      'AnswerWithheld',
      `ThingSpace answered (recorded as ${outcome.outcome}), and the answer is not handed on: ${withheld}.`,
    ),
  };
}

/** Returns the error by which the session is asked for another token or bearer; undefined when the answer is the caller's. */
function notKnownBy(outcome: AuditOutcome): Error | undefined {
  if (outcome.outcome !== 'refused') return undefined;
  if (SESSION_GONE.has(outcome.code)) return new SessionGoneError();
  return isBearerRefusal(outcome.code) ? new BearerRefusedError() : undefined;
}

function unknown(code: string, sends: number): Forwarded {
  return {
    outcome: { outcome: 'unknown', code, sends },
    refusal: new Refusal(
      'OutcomeUnknown',
      'No usable answer of ThingSpace came: it may have executed the request. Look before you repeat it.',
    ),
  };
}
