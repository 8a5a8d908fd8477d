import type { Trouble } from '../alarms/event.ts';
import type { CredentialState } from '../ledger/state.ts';
import { type FoundTrouble, noteTrouble, troubleIsOver } from '../ledger/trouble.ts';
import type { Invocation } from './context.ts';

/** The trouble that each error stands for. An error that is not listed is `rotation-failing` when it repeats. */
const TROUBLE_OF: Readonly<Record<string, Trouble>> = {
  CredentialLostError: 'lost',
  OutcomeUnknownError: 'unknown',
  UnreadableAnswerError: 'unknown',
  SupersededError: 'superseded',
  SealedPasswordUnprovenError: 'superseded',
  UnusablePasswordError: 'unusable-password',
  PasswordRefusedError: 'stored-password-refused',
  RefusedPasswordError: 'stored-password-refused',
  StoredPasswordRefusedError: 'stored-password-refused',
  UsernameChangedError: 'username-changed',
  // It passes with the other invocation, and is a trouble only if it repeats.
  ReplacedPasswordError: 'rotation-failing',
};

/**
 * Errors of late or mistaken events, and errors that end by themselves: they are not a trouble of the credential. If
 * one of them made a rotation fail, the daily check sees the version that still waits for a value.
 */
const NO_TROUBLE: ReadonlySet<string> = new Set([
  'InvalidEventError',
  'RotationNotEnabledError',
  'TokenNotStagedError',
  'StaleRotationError',
  'ExchangeInProgressError',
  'ExchangesHeldError',
  'LedgerUnavailableError',
  'LedgerItemError',
]);

function troubleOf(failure: Error, { journal }: CredentialState): Trouble {
  if (failure.name === 'BudgetSpentError' && (failure as { retryAt?: number }).retryAt === undefined)
    return 'guard-closed';
  const listed = TROUBLE_OF[failure.name];
  if (listed !== undefined) return listed;
  if (journal.state === 'unknown') return 'unknown';
  return journal.state === 'received' ? 'not-stored' : 'rotation-failing';
}

/**
 * Records the failure of a step. A trouble that needs an operator is announced, and again every day until it is over.
 * Never throws.
 */
export async function recordFailure(invocation: Invocation, failure: Error): Promise<void> {
  if (NO_TROUBLE.has(failure.name)) return;
  await recordTrouble(invocation, (state) => ({ kind: troubleOf(failure, state), errorName: failure.name }));
}

/** Records a trouble, which need not stop the step. Never throws. */
export async function recordTrouble(
  { ledger, metrics, log, username, secretArn, token, deadlineMs }: Invocation,
  find: (state: CredentialState) => FoundTrouble | undefined,
): Promise<void> {
  // When the secret cannot be read, only its ARN is known: the trouble gets an item under the ARN.
  const subject = username ?? secretArn;
  try {
    await ledger.change(
      subject,
      deadlineMs,
      (state, now) => {
        const found = find(state);
        if (!found) return;
        noteTrouble(
          state,
          { atCheck: token === undefined, ...(token === undefined ? {} : { token }), ...found },
          { id: secretArn, username: subject, secretArn },
          now,
        );
        metrics.gauge('TroubleStands', state.credential, 1, 'None');
      },
      { flushAudit: true },
    );
  } catch (failure) {
    log('A trouble could not be noted in the ledger', { failure: (failure as Error).name });
  }
}

/** Ends the trouble of a username if it is over. @returns whether one stands */
export function recordTroubleOver(
  { ledger, secretArn, deadlineMs }: Invocation,
  username: string,
  isOver: (state: CredentialState) => boolean,
): Promise<boolean> {
  return ledger.change(username, deadlineMs, (state, now) => {
    if (isOver(state)) troubleIsOver(state, { id: secretArn, username, secretArn }, now);
    return state.trouble !== undefined;
  });
}
