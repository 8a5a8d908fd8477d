import { PresentableError } from '../errors.ts';

/** The event is not one of Secrets Manager's rotation events, nor a recover event. */
export class InvalidEventError extends PresentableError {
  override readonly name = 'InvalidEventError';
}
export class RotationNotEnabledError extends PresentableError {
  override readonly name = 'RotationNotEnabledError';
}
/** The token of the event is not a version that Secrets Manager has staged. */
export class TokenNotStagedError extends PresentableError {
  override readonly name = 'TokenNotStagedError';
}
/** Too little time is left to wait for the answer of an exchange and to store it. */
export class NotEnoughTimeError extends PresentableError {
  override readonly name = 'NotEnoughTimeError';
}
/** ThingSpace refused a password. */
export class PasswordRefusedError extends PresentableError {
  override readonly name = 'PasswordRefusedError';
  /** Whether the code says for certain that username or password were wrong. */
  readonly certain: boolean;
  constructor(message: string, certain: boolean) {
    super(message);
    this.certain = certain;
  }
}
/** ThingSpace could not read a request, so its answer proves nothing about the password. */
export class RequestNotReadError extends PresentableError {
  override readonly name = 'RequestNotReadError';
}
/** No request can have left this machine. */
export class ThingSpaceUnreachableError extends PresentableError {
  override readonly name = 'ThingSpaceUnreachableError';
}
/** A log-in got no usable answer. */
export class LogInUnknownError extends PresentableError {
  override readonly name = 'LogInUnknownError';
}
/** ThingSpace refused to make a new password; the old one is unchanged. */
export class ExchangeRefusedError extends PresentableError {
  override readonly name = 'ExchangeRefusedError';
}
/** GetNewPassword was sent, and it is not known yet whether the password was changed. */
export class OutcomeUnknownError extends PresentableError {
  override readonly name = 'OutcomeUnknownError';
}
/** An answer is sealed, but no new password could be read from it. */
export class UnreadableAnswerError extends PresentableError {
  override readonly name = 'UnreadableAnswerError';
}
/** ThingSpace made a password that can be neither stored nor presented; it is sealed. */
export class UnusablePasswordError extends PresentableError {
  override readonly name = 'UnusablePasswordError';
}
/**
 * The secret was changed after a new password was sealed, ThingSpace accepts neither, and one of them is presented once
 * more.
 */
export class SealedPasswordUnprovenError extends PresentableError {
  override readonly name = 'SealedPasswordUnprovenError';
}
/** The secret was changed after a new password was sealed; neither is accepted, and an operator must choose. */
export class SupersededError extends PresentableError {
  override readonly name = 'SupersededError';
}
/** AWSCURRENT holds a password that is known to be dead, or no credential, and no other one could be proven. */
export class StoredPasswordRefusedError extends PresentableError {
  override readonly name = 'StoredPasswordRefusedError';
}
/** The secret names another username than the one that its last exchange was about. */
export class UsernameChangedError extends PresentableError {
  override readonly name = 'UsernameChangedError';
}
/** A failed exchange of another credential holds this one: no exchange begins, and no log-in is used. */
export class ExchangesHeldError extends PresentableError {
  override readonly name = 'ExchangesHeldError';
}
/** A step of a rotation that is no longer the latest. */
export class StaleRotationError extends PresentableError {
  override readonly name = 'StaleRotationError';
}
