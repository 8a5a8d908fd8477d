import { PresentableError } from '../errors.ts';

/**
 * Why a request got no answer of ThingSpace, or no session. A fault's code has it behind `ThingSpaceAccess.`; an error of
 * the session's address has it as its code.
 */
export type RefusalCode =
  /** AWS has not named the caller. */
  | 'CallerUnknown'
  /** The request cannot be understood in one way only. */
  | 'RequestRefused'
  /** No rule allows it. */
  | 'AccessDenied'
  | 'Throttled'
  /** No record could be made of it. */
  | 'NotRecorded'
  /** No session could be had, or ThingSpace could not be reached: nothing was sent. */
  | 'NotSent'
  /** The session cannot be handed out now; its cause says why. */
  | 'NoSession'
  /** There is nothing at this address of the session, or no such credential. */
  | 'NotFound'
  | 'MethodNotAllowed'
  /** It was sent and no usable answer came: it may have been executed. */
  | 'OutcomeUnknown'
  /** ThingSpace answered, and the answer cannot be handed on. */
  | 'AnswerWithheld'
  /** A mistake of this function. */
  | 'InternalError';

/** The fault that the caller gets instead of an answer. The message holds nothing secret and quotes no request. */
export class Refusal extends PresentableError {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  /** The rule of the policy, or of the function itself, that caused it. */
  readonly rule: string | undefined;
  /** @param options its cause is for the function's log, not for the caller */
  constructor(code: RefusalCode, message: string, rule?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.rule = rule;
  }
}

/** The rule of the function's own that a contradictory request breaks, by the name in records and faults. */
export const CONTRADICTION = 'contradiction';

/** A request that means one thing to this function and another to another reader is an attempt, and is recorded. */
export const contradiction = (what: string): Refusal =>
  new Refusal('AccessDenied', `The request was not sent: ${what}.`, CONTRADICTION);

/** A request that cannot be understood in one way only, or cannot be recorded. */
export const notSent = (what: string): Refusal =>
  new Refusal('RequestRefused', `The request was not sent: ${what}.`);
