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
/** No sealed answer was found. */
export class NoSealedAnswerError extends PresentableError {
  override readonly name = 'NoSealedAnswerError';
}
/** A file could not be read, or could not be written without overwriting another. */
export class FileError extends PresentableError {
  override readonly name = 'FileError';
}
/** The agent cannot listen on its port. */
export class PortError extends PresentableError {
  override readonly name = 'PortError';
}
/** The operator did not confirm, or there was no terminal for the question. */
export class NotConfirmedError extends PresentableError {
  override readonly name = 'NotConfirmedError';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}
/** The operator answered no, or pressed Ctrl-C or Ctrl-D at a question. */
export const cancelled = (): NotConfirmedError =>
  new NotConfirmedError('Not confirmed. No change was made.', EXIT.cancelled);
/** A username cannot be taken over now; nothing was changed. */
export class AdoptNotTakenError extends PresentableError {
  override readonly name = 'AdoptNotTakenError';
}
/** The trial did not end in a session. */
export class TrialFailedError extends PresentableError {
  override readonly name = 'TrialFailedError';
}
/** The service's contract could not be fetched, or does not say what was looked for. */
export class ContractError extends PresentableError {
  override readonly name = 'ContractError';
}
/** No rotation function is found, or more than one. */
export class FunctionNotFoundError extends PresentableError {
  override readonly name = 'FunctionNotFoundError';
}
/** Options or environment say something else than the function's configuration. */
export class SettingsDisagreeError extends PresentableError {
  override readonly name = 'SettingsDisagreeError';
}
/** The function's real limits or its ThingSpace address are not known: no password is presented. */
export class LimitsUnknownError extends PresentableError {
  override readonly name = 'LimitsUnknownError';
}
/** The password is one that ThingSpace has refused, or that a rotation has replaced. */
export class PasswordKnownDeadError extends PresentableError {
  override readonly name = 'PasswordKnownDeadError';
}
/** The value given to `store` is not a usable password. */
export class PasswordUnusableError extends PresentableError {
  override readonly name = 'PasswordUnusableError';
}
/** The values given to `store --api-key` are not a usable key and secret. */
export class ApiKeyUnusableError extends PresentableError {
  override readonly name = 'ApiKeyUnusableError';
}
/** The rotation did not end, or ended in an error. Exit code 3: it continues by itself. */
export class RotationNotDoneError extends PresentableError {
  override readonly name = 'RotationNotDoneError';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = EXIT.act) {
    super(message);
    this.exitCode = exitCode;
  }
}
/** The function ended in an error. */
export class RecoverFailedError extends PresentableError {
  override readonly name = 'RecoverFailedError';
}
/** A part that a rotation needs is not right; one sentence says what to do. */
export class NotRightError extends PresentableError {
  override readonly name = 'NotRightError';
}
/** The command did its work, and what it found is not well: the exit code says so. */
export class NotWellError extends PresentableError {
  override readonly name = 'NotWellError';
  readonly exitCode: ExitCode;
  constructor(exitCode: ExitCode) {
    super('Not all is well.');
    this.exitCode = exitCode;
  }
}
