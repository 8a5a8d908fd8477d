import { PresentableError } from '../lambda/errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** The command was called in a way that it cannot act on: exit code 2. */
export class UsageError extends PresentableError {
  override readonly name = 'UsageError';
}
/** No secret, no ledger item or no current value was found for what the person named. */
export class TargetError extends PresentableError {
  override readonly name = 'TargetError';
}
/** The reasons for which a command ends without its result; `explain` knows an error by its name. */
type Reason =
  /** A username cannot be taken over now; nothing was changed. */
  | 'AdoptNotTakenError'
  /** The function's real limits or its ThingSpace address are not known: no password is presented. */
  | 'LimitsUnknownError'
  /** The password is one that ThingSpace has refused, or that a rotation has replaced. */
  | 'PasswordKnownDeadError'
  /** The agent cannot listen on its port. */
  | 'PortError'
  /** The function ended in an error. */
  | 'RecoverFailedError'
  /** The trial did not end in a session. */
  | 'TrialFailedError'
  /** No rotation function is found, or more than one. */
  | 'FunctionNotFoundError'
  /** No sealed answer was found. */
  | 'NoSealedAnswerError'
  /** The values given to `store --api-key` are not a usable key and secret. */
  | 'ApiKeyUnusableError'
  /** A part that a rotation needs is not right; one sentence says what to do. */
  | 'NotRightError'
  /** The service's contract could not be fetched, or does not say what was looked for. */
  | 'ContractError'
  /** A file could not be read, or could not be written without overwriting another. */
  | 'FileError'
  /** The value given to `store` is not a usable password. */
  | 'PasswordUnusableError';

/** A command has ended without its result. No code tells these apart by class: `name` is the reason. */
export class CommandError extends PresentableError {
  override readonly name: Reason;
  constructor(name: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}
/** Makes the errors of one reason. */
const errorOf = (name: Reason) => (message: string) => new CommandError(name, message);
export const apiKeyUnusable = errorOf('ApiKeyUnusableError');
export const contractError = errorOf('ContractError');
export const fileError = errorOf('FileError');
export const functionNotFound = errorOf('FunctionNotFoundError');
export const notRight = errorOf('NotRightError');
export const noSealedAnswer = errorOf('NoSealedAnswerError');
export const passwordKnownDead = errorOf('PasswordKnownDeadError');
export const passwordUnusable = errorOf('PasswordUnusableError');

/** Options or environment say something else than the function's configuration. */
export class SettingsDisagreeError extends PresentableError {
  override readonly name = 'SettingsDisagreeError';
}

/** A command that ends with an exit code of its own. */
export abstract class EndedError extends PresentableError {
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}
/** The operator did not confirm, or there was no terminal for the question. */
export class NotConfirmedError extends EndedError {
  override readonly name = 'NotConfirmedError';
}
/** The operator answered no, or pressed Ctrl-C or Ctrl-D at a question. */
export const cancelled = (): NotConfirmedError =>
  new NotConfirmedError('Not confirmed. No change was made.', EXIT.cancelled);
/** The rotation did not end, or ended in an error. Exit code 3: it continues by itself. */
export class RotationNotDoneError extends EndedError {
  override readonly name = 'RotationNotDoneError';
  constructor(message: string, exitCode: ExitCode = EXIT.act) {
    super(message, exitCode);
  }
}
/** The command did its work, and what it found is not well: the exit code says so. */
export class NotWellError extends EndedError {
  override readonly name = 'NotWellError';
  constructor(exitCode: ExitCode) {
    super('Not all is well.', exitCode);
  }
}
