import type { LockoutGuardError } from '../ledger/errors.ts';
import {
  BudgetSpentError,
  CredentialLostError,
  DeniedError,
  ExchangeInProgressError,
  RefusedPasswordError,
} from '../ledger/errors.ts';
import type { StoredCredential } from '../ledger/guarded-log-in.ts';
import { operatorTool, quoted } from '../operator-tool.ts';
import { endsHint } from '../secret/password-ends.ts';
import { withoutSteps } from '../situations/steps.ts';
import type { Outcome } from '../thingspace/api.ts';
import { isBearerRefusal, isOfGateway, meaningOf } from '../thingspace/codes.ts';
import { BearerError, type BearerProblem } from '../thingspace/rest/bearer-error.ts';
import {
  LogInRefusedError,
  LogInStoppedError,
  LogInWaitsError,
  type SessionError,
  SessionSetupError,
  ThingSpaceUnavailableError,
} from './errors.ts';

/** The reason why there is no session now. Plain data, because one process stores it for the others of the fleet. */
export type Stop = {
  /**
   * `refused` and `person`: nothing changes until the secret has another version. The others pass: an exchange is under
   * way, another process is logging in, the next log-in must wait, or ThingSpace gave no answer.
   */
  why: 'refused' | 'person' | 'exchange' | 'others' | 'waits' | 'unavailable';
  /** The message says what happened and who must act, and holds nothing secret. */
  message: string;
  /** The version of the secret that it is about. */
  versionId?: string | undefined;
  /** When trying again may help, in milliseconds since 1970. */
  retryAt?: number | undefined;
  /** No log-in is allowed for so long, in milliseconds from now; absent where waiting may help earlier. */
  waitMs?: number | undefined;
  /** With `person`: the secret, the application's key, or an address is at fault, not the log-in. */
  setup?: boolean | undefined;
};

/** Reports whether a stop ends by itself, so that waiting helps. */
export const passes = ({ why }: Stop): boolean => why === 'exchange' || why === 'others' || why === 'waits';

/** Reports whether only another version of the secret, or an operator, can end a stop. */
export const needsOtherVersion = ({ why }: Stop): boolean => why === 'refused' || why === 'person';

/** Converts the ledger's refusal of a log-in with that version; nothing was sent. */
export function stopOf(refusal: LockoutGuardError, versionId: string): Stop {
  const { retryAt } = refusal;
  const waitMs = refusal instanceof DeniedError ? refusal.waitMs : undefined;
  return { why: whyOf(refusal), message: forApps(refusal.message), versionId, retryAt, waitMs };
}

/** The steps are for operators: an app's process has not their tool, and its reader not their rights. */
function forApps(message: string): string {
  const happened = withoutSteps(message);
  return happened === message ? message : `${happened} The steps are for an operator: \`status\` has them.`;
}

function whyOf(refusal: LockoutGuardError): Stop['why'] {
  if (refusal instanceof ExchangeInProgressError) return 'exchange';
  if (refusal instanceof RefusedPasswordError) return 'refused';
  if (refusal instanceof CredentialLostError) return 'person';
  if (refusal instanceof BudgetSpentError && refusal.retryAt === undefined) return 'person';
  return 'waits';
}

/** Converts the outcome of a log-in that opened no session. */
export function stopAfter(
  outcome: Exclude<Outcome<string>, { outcome: 'done' }>,
  presented: StoredCredential,
): Stop {
  const { username, versionId } = presented;
  const unavailable = (message: string): Stop => ({ why: 'unavailable', message, versionId });
  if (outcome.outcome === 'never-sent') {
    const { cause } = outcome;
    return cause instanceof BearerError
      ? stopWithoutBearer(cause, presented)
      : unavailable(
          `ThingSpace cannot be reached (${cause.message}); no log-in of ${username} was sent and nothing counts.`,
        );
  }
  if (outcome.outcome === 'unknown') {
    return unavailable(
      `ThingSpace gave no usable answer to a log-in of ${username} (${outcome.cause.message}); it is counted as a ` +
        'failure until a success. The next one waits for a minute.',
    );
  }
  const { logInCounts, words } = meaningOf(outcome.code);
  const said = `(${outcome.code}: ${words})`;
  if (isBearerRefusal(outcome.code)) {
    return unavailable(
      `The gateway did not let a log-in of ${username} through ${said}; nothing counts, and the password is not at fault.`,
    );
  }
  if (!logInCounts) {
    return unavailable(
      `ThingSpace could not read a log-in of ${username} ${said}; nothing counts. Check the base URL.`,
    );
  }
  if (isOfGateway(outcome.code)) {
    return unavailable(
      `The gateway before ThingSpace answered a log-in of ${username} ${said}, which says nothing about the ` +
        'password; it is counted as a failure until a success. The next one waits for a minute.',
    );
  }
  return {
    why: 'refused',
    message:
      `ThingSpace refused a log-in of ${username} with version ${versionId} of the secret ${said}. That ` +
      `version is not presented again: store a working password as a new version of the secret.${endsHint(presented.password)}`,
    versionId,
  };
}

const WHY: Record<BearerProblem, Stop['why']> = {
  'no-key': 'person',
  'unsendable-key': 'person',
  'wrong-key': 'person',
  'wrong-key-before': 'person',
  'request-refused': 'person',
  'no-bearer': 'person',
  'wrong-address': 'person',
  refused: 'unavailable',
  unavailable: 'unavailable',
  slow: 'unavailable',
  'near-its-end': 'waits',
};
const OF_SECRET: readonly BearerProblem[] = ['no-key', 'unsendable-key', 'wrong-key', 'wrong-key-before'];

/** Converts the reason why there is no bearer; no password was presented, and nothing was reserved. */
function stopWithoutBearer(
  { reason, message }: BearerError,
  { username, secretArn, versionId }: StoredCredential,
): Stop {
  const command = `${operatorTool()} store --api-key --secret ${quoted(secretArn)}`;
  const todo = OF_SECRET.includes(reason) ? ` The command for it: \`${command}\`.` : '';
  const why = WHY[reason];
  return {
    why,
    message: `No log-in of ${username} was sent, and nothing counts. ${message}${todo}`,
    versionId,
    ...(why === 'person' ? { setup: true } : {}),
  };
}

export function errorOf(stop: Stop): SessionError {
  const { why, message, retryAt, versionId, setup } = stop;
  switch (why) {
    case 'refused':
      return new LogInRefusedError(message, retryAt, versionId);
    case 'person':
      if (setup) return new SessionSetupError(message, retryAt, versionId);
      return new LogInStoppedError(message, retryAt, versionId);
    case 'unavailable':
      return new ThingSpaceUnavailableError(message, retryAt, versionId);
    default:
      return new LogInWaitsError(`There is no session yet: ${message}${untilWhen(stop)}`, retryAt, versionId);
  }
}

/** A text that names its own time needs no other; a lease is renewed by a process that lives. */
function untilWhen({ why, retryAt, waitMs }: Stop): string {
  if (retryAt === undefined || waitMs !== undefined) return '';
  const time = new Date(retryAt).toISOString();
  if (why === 'others') return ` If that process has died, another one logs in from ${time} on.`;
  return why === 'exchange' ? ` It lasts until ${time} at most.` : ` Ask again after ${time}.`;
}
