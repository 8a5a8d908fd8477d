import { PresentableError } from '../errors.ts';

/** There is no session now. Neither the message nor the causes hold a password or a token. */
export class SessionError extends PresentableError {
  override readonly name: string = 'SessionError';
  /** When trying again may help, in milliseconds since 1970; absent where that is not known, or an operator must help. */
  readonly retryAt: number | undefined;
  /** The version of the secret that it is about. */
  readonly versionId: string | undefined;
  constructor(message: string, retryAt?: number, versionId?: string) {
    super(message);
    this.retryAt = retryAt;
    this.versionId = versionId;
  }
}

/** ThingSpace has refused the password in the secret, now or earlier; it is not presented again. */
export class LogInRefusedError extends SessionError {
  override readonly name = 'LogInRefusedError';
}

/** No process may log in until an operator has acted: the message says why. */
export class LogInStoppedError extends SessionError {
  override readonly name = 'LogInStoppedError';
}

/** The reason passes by itself, but not within the caller's patience. */
export class LogInWaitsError extends SessionError {
  override readonly name = 'LogInWaitsError';
}

/** ThingSpace could not be reached, or gave no usable answer. */
export class ThingSpaceUnavailableError extends SessionError {
  override readonly name = 'ThingSpaceUnavailableError';
}

/** The secret, or the fleet's session in the table, cannot be used as it stands. */
export class SessionSetupError extends SessionError {
  override readonly name = 'SessionSetupError';
}

/** The app has called `close` on the session. */
export class SessionClosedError extends SessionError {
  override readonly name = 'SessionClosedError';
  constructor() {
    super('This session is closed: the app called close() on it. Create another one with createSession.');
  }
}

/** The settings of `createSession` do not fit together, or one cannot be used. */
export class SessionSettingsError extends PresentableError {
  override readonly name = 'SessionSettingsError';
}

/** For `withSession`'s function to throw: the gateway refused the bearer, so ThingSpace executed nothing. */
export class BearerRefusedError extends PresentableError {
  override readonly name = 'BearerRefusedError';
  constructor() {
    super('The gateway before ThingSpace refused the bearer of the application, so nothing was executed.');
  }
}

/** For `withSession`'s function to throw: ThingSpace says that the session is gone, so nothing was executed. */
export class SessionGoneError extends PresentableError {
  override readonly name = 'SessionGoneError';
  constructor() {
    super('ThingSpace no longer knows the session, so it executed nothing.');
  }
}
