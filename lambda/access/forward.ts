import { PresentableError } from '../errors.ts';
import { SessionGoneError } from '../session/errors.ts';
import type { Session } from '../session/session.ts';
import type { RawAnswer } from '../thingspace/api.ts';
import type { sendOnce } from '../thingspace/http-call.ts';
import { readResponse } from '../thingspace/soap/answers.ts';
import type { AuditOutcome } from './audit.ts';
import type { Call } from './event.ts';
import { notSentWords } from './not-sent-words.ts';
import { Refusal } from './refusal.ts';
import { withoutContent } from './soap/answer-outline.ts';
import { type RequestEnvelope, withToken } from './soap/envelope.ts';
import { whyWithheld } from './withheld.ts';

/** ThingSpace's answer, which is passed on unchanged. */
export type Answer = Pick<RawAnswer, 'httpStatus' | 'body' | 'contentType'>;

/** The result of a request: the outcome for the record, and the answer or refusal for the caller. */
export type Forwarded = { outcome: AuditOutcome } & ({ answer: Answer } | { refusal: Refusal });

/** Sends one request once. It is `sendOnce` of the SOAP client, towards ThingSpace's address. */
export type Send = (
  request: { service: string; action: string; envelope: string },
  limits: { timeoutMs: number },
) => ReturnType<typeof sendOnce>;

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

/**
 * Sends the request with a session's token. Sends it again, with another token, only when ThingSpace's fault says that
 * it did not know the one before. The request was not executed then. Never throws.
 */
export async function forward(
  { session, send }: { session: Session; send: Send },
  { service, action, operation }: Pick<Call, 'service' | 'action' | 'operation'>,
  envelope: RequestEnvelope,
  patience: Patience,
): Promise<Forwarded> {
  let sends = 0;
  /** Whether the request was handed over and its result is not known yet. */
  let isOpen = false;
  let gone: Forwarded | undefined;
  try {
    return await session.withSession(
      async (token) => {
        const request = { service, action, envelope: withToken(envelope, token) };
        isOpen = true;
        const sent = await send(request, { timeoutMs: patience.answerMs() });
        if (sent.outcome === 'never-sent') return gone ?? neverSent(sent.cause);
        sends += 1;
        const judged = judge(sent, operation, token, sends);
        const { outcome } = judged;
        if (outcome.outcome !== 'refused' || !SESSION_GONE.has(outcome.code)) return judged;
        gone = judged;
        isOpen = false;
        throw new SessionGoneError();
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
  sent: Exclude<Awaited<ReturnType<Send>>, { outcome: 'never-sent' }>,
  operation: string,
  token: string,
  sends: number,
): Forwarded {
  if (sent.outcome === 'unknown') return unknown(sent.cause.name, sends);
  const { body, complete, receivedBytes = body.length } = sent;
  if (!complete && receivedBytes <= MAX_FORWARDED_BYTES) return unknown('AnswerBrokeOff', sends);
  const outcome = complete
    ? outcomeOf(sent, operation, token, sends)
    : ({ outcome: 'unknown', code: 'AnswerTooLarge', sends } as const);
  const withheld = complete ? whyWithheld(sent, token) : TOO_LARGE;
  if (withheld === undefined) return { outcome, answer: sent };
  return {
    outcome,
    refusal: new Refusal(
      'AnswerWithheld',
      `ThingSpace answered (recorded as ${outcome.outcome}), and the answer is not handed on: ${withheld}.`,
    ),
  };
}

/** A fault is short, and a response is read by its outline: an answer of which more than 1 MiB is left proves nothing. */
function outcomeOf(sent: RawAnswer, operation: string, token: string, sends: number): AuditOutcome {
  const body = sent.gapAt === undefined ? withoutContent(sent.body, operation) : sent.body;
  const read = readResponse({ ...sent, body }, operation, [token]);
  switch (read.outcome) {
    case 'done':
      return { outcome: 'done', sends };
    case 'refused':
      return { outcome: 'refused', code: read.code, sends };
    case 'unknown':
      return { outcome: 'unknown', code: `HTTP ${sent.httpStatus}`, sends };
  }
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
