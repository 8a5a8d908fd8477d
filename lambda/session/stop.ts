import type { LockoutGuardError } from '../ledger/errors.ts';
import {
  BudgetSpentError,
  CredentialLostError,
  DeniedError,
  ExchangeInProgressError,
  RefusedPasswordError,
} from '../ledger/errors.ts';
import { withoutSteps } from '../situations/steps.ts';
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
