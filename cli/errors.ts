import { PresentableError } from '../lambda/errors.ts';
/** The command was called in a way that it cannot act on: exit code 2. */
export class UsageError extends PresentableError {
  override readonly name = 'UsageError';
}
/** No secret, no ledger item or no current value was found for what the person named. */
export class TargetError extends PresentableError {
  override readonly name = 'TargetError';
}
/** There is no sealed answer where it was looked for. */
export class NoSealedAnswerError extends PresentableError {
  override readonly name = 'NoSealedAnswerError';
}
/** A file could not be read, or could not be written without overwriting another. */
export class FileError extends PresentableError {
  override readonly name = 'FileError';
}
/** The person did not confirm, or nobody could be asked. */
export class NotConfirmedError extends PresentableError {
  override readonly name = 'NotConfirmedError';
}
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
