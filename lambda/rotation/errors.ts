import { PresentableError } from '../errors.ts';

/** The situations that stop a step; the log, the alarms, and `explain` know an error by its name. */
type Situation =
  /** The event is not one of Secrets Manager's rotation events, nor a recover event. */
  | 'InvalidEventError'
  | 'RotationNotEnabledError'
  /** The token of the event is not a version that Secrets Manager has staged. */
  | 'TokenNotStagedError'
  /** A step of a rotation that is no longer the latest. */
  | 'StaleRotationError'
  /** Too little time is left to wait for the answer of an exchange and to store it. */
  | 'NotEnoughTimeError'
  /** ThingSpace could not read a request, so its answer proves nothing about the password. */
  | 'RequestNotReadError'
  /** No request can have left this machine. */
  | 'ThingSpaceUnreachableError'
  /** Over REST the application's key brought no bearer, or the gateway refused the one that it brought. */
  | 'NoBearerError'
  /** The proxy before ThingSpace gave no tunnel to it. */
  | 'NoTunnelError'
  /** A log-in got no usable answer. */
  | 'LogInUnknownError'
  /** ThingSpace refused to make a new password; the old one is unchanged. */
  | 'ExchangeRefusedError'
  /** GetNewPassword was sent, and it is not known yet whether the password was changed. */
  | 'OutcomeUnknownError'
  /** An answer is sealed, but no new password could be read from it. */
  | 'UnreadableAnswerError'
  /** ThingSpace made a password that can be neither stored nor presented; it is sealed. */
  | 'UnusablePasswordError'
  /**
   * The secret was changed after a new password was sealed, ThingSpace accepts neither, and one of them is presented
   * once more.
   */
  | 'SealedPasswordUnprovenError'
  /** The secret was changed after a new password was sealed; neither is accepted, and an operator must choose. */
  | 'SupersededError'
  /** AWSCURRENT holds a password that is known to be dead, or no credential, and no other one could be proven. */
  | 'StoredPasswordRefusedError'
  /** The secret names another username than the one that its last exchange was about. */
  | 'UsernameChangedError';

/** A step has stopped. No code tells these apart by class: `name` is the situation. */
export class RotationError extends PresentableError {
  override readonly name: Situation;
  constructor(name: Situation, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
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
/** A failed exchange of another credential holds this one: no exchange begins, and no log-in is used. */
export class ExchangesHeldError extends PresentableError {
  override readonly name = 'ExchangesHeldError';
}
