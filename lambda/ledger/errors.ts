import { PresentableError } from '../errors.ts';

/** `closing`: what became of the request. `toDo`: the steps of the situation, where an operator can help. */
type GuardOptions = ErrorOptions & { closing?: string; toDo?: string };

/** The guard stands between a password and the platform: nothing was sent. */
export class LockoutGuardError extends PresentableError {
  override readonly name: string = 'LockoutGuardError';
  /** When trying again may help, in milliseconds since 1970; absent when only an operator can help. */
  readonly retryAt: number | undefined;
  constructor(
    message: string,
    retryAt?: number,
    { closing = 'The request was not sent to ThingSpace.', toDo, ...options }: GuardOptions = {},
  ) {
    super([message, closing, ...(toDo === undefined ? [] : [toDo])].join(' '), options);
    this.retryAt = retryAt;
  }
}

export class BudgetSpentError extends LockoutGuardError {
  override readonly name = 'BudgetSpentError';
}
/** ThingSpace has refused this password before, or an exchange has replaced it. */
export class RefusedPasswordError extends LockoutGuardError {
  override readonly name: string = 'RefusedPasswordError';
  /** Whether it is certain that the password was at fault. */
  readonly certain: boolean;
  constructor(message: string, certain: boolean, retryAt?: number, options?: GuardOptions) {
    super(message, retryAt, options);
    this.certain = certain;
  }
}
/** An exchange of the automation has replaced this password, or is replacing it: the secret's value is not at fault. */
export class ReplacedPasswordError extends RefusedPasswordError {
  override readonly name = 'ReplacedPasswordError';
  constructor(message: string, options?: GuardOptions) {
    super(message, true, undefined, options);
  }
}
export class ExchangeInProgressError extends LockoutGuardError {
  override readonly name = 'ExchangeInProgressError';
}
export class CredentialLostError extends LockoutGuardError {
  override readonly name = 'CredentialLostError';
  constructor(message: string, options: GuardOptions) {
    // The probe that found the loss was sent.
    const closing = 'Nothing more is sent to ThingSpace until another password is stored or found.';
    super(message, undefined, { closing, ...options });
  }
}

/** The denials that no code tells apart by class. */
type Denial =
  /** Too little time is left for a log-in and what follows it. */
  | 'TooLateToLogInError'
  | 'WaitAfterUnknownError'
  /** Another secret rotates the username. */
  | 'SharedUsernameError'
  /** An operator has paused the rotations. */
  | 'RotationPausedError'
  /** The service's calendar is closed. */
  | 'RotationClosedError'
  | 'ReservationExpiredError';

export class DeniedError extends LockoutGuardError {
  override readonly name: Denial;
  /** No log-in is allowed for so long, in milliseconds from now; absent where that may end earlier. */
  readonly waitMs: number | undefined;
  constructor(
    name: Denial,
    message: string,
    retryAt?: number,
    { waitMs, ...options }: GuardOptions & { waitMs?: number } = {},
  ) {
    super(message, retryAt, options);
    this.name = name;
    this.waitMs = waitMs;
  }
}

/** DynamoDB did not answer: no password is presented without a reservation. */
export class LedgerUnavailableError extends PresentableError {
  override readonly name = 'LedgerUnavailableError';
}
