import { lasts } from '../session/aws-away.ts';
import { SessionError } from '../session/errors.ts';

const ASK = 'ask the operator of the access function, whose log has the cause.';

const UNUSABLE = `The secret or the shared session cannot be used as it stands: ${ASK}`;

const DENIED = `AWS denied a call that a session needs, or cannot execute it with these settings: ${ASK}`;

/** The texts for a request that was not sent, by the name of the error that stopped it. */
const WORDS: Readonly<Record<string, string>> = {
  LogInRefusedError:
    'ThingSpace refuses the password that is stored: an operator has to store a working password.',
  LogInStoppedError: `No log-in is allowed until an operator has acted: ${ASK}`,
  LogInWaitsError: 'There is no session yet. The cause passes by itself: try again.',
  ThingSpaceUnavailableError:
    'ThingSpace could not be reached for a session, or gave no usable answer: try again later.',
  SessionSetupError: UNUSABLE,
  SecretShapeError: UNUSABLE,
  CredentialNotInitializedError: UNUSABLE,
  AwsCallError: `AWS did not give what a session needs: try again, and if that does not help, ${ASK}`,
  LedgerUnavailableError: `The ledger of log-ins could not be used: try again, and if that does not help, ${ASK}`,
  ProxyError: `The proxy before ThingSpace gave no tunnel: try again, and if that does not help, ${ASK}`,
  NotSentError: 'ThingSpace could not be reached: try again later.',
  TooLateToSendError: 'There was no time left to send it: try again.',
};

/** Returns a fixed text, and the time from which a log-in may be tried; never an error's own text. */
export function notSentWords(cause: unknown): string {
  const words = isDenied(cause)
    ? DENIED
    : (cause instanceof Error && WORDS[cause.name]) || `No session could be had: ${ASK}`;
  const retryAt = cause instanceof SessionError ? cause.retryAt : undefined;
  return retryAt === undefined
    ? words
    : `${words} A log-in may be tried from ${new Date(retryAt).toISOString()} on.`;
}

/** The ledger's own error has the call to AWS as its cause. */
const isDenied = (cause: unknown): boolean => lasts(cause) || (cause instanceof Error && lasts(cause.cause));
