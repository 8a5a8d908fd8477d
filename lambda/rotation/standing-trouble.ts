import type { Trouble } from '../alarms/event.ts';
import { type CredentialState, credentialKey } from '../ledger/state.ts';
import { type FoundTrouble, isOver, needsProof, noteTrouble, troubleIsOver } from '../ledger/trouble.ts';
import { describeSecret, readCurrent } from '../secret/stored-version.ts';
import type { Invocation } from './context.ts';
import { holdOfWaiting } from './holds.ts';
import { prove } from './log-in.ts';

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
  'RotationPausedError',
  'RotationClosedError',
  'LedgerUnavailableError',
  'LedgerItemError',
]);

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

function troubleOf(failure: Error, { journal }: CredentialState): Trouble {
  if (failure.name === 'BudgetSpentError' && (failure as { retryAt?: number }).retryAt === undefined)
    return 'guard-closed';
  const listed = TROUBLE_OF[failure.name];
  if (listed !== undefined) return listed;
  if (journal.state === 'unknown') return 'unknown';
  return journal.state === 'received' ? 'not-stored' : 'rotation-failing';
}

/**
 * Proves by one log-in that a trouble is over, if the ledger allows it and no log-in of the version in AWSCURRENT has
 * proven it since. A password that worked before the trouble began proves nothing.
 * @throws the error that prevents the log-in, or the refusal
 */
export async function proveTroubleOver(invocation: Invocation, username: string): Promise<void> {
  const { ledger, deadlineMs } = invocation;
  const { state } = await ledger.read(username, deadlineMs);
  const { trouble } = state;
  const asks = needsProof(state);
  if (!trouble || trouble.kind === 'held' || (trouble.kind === 'rotation-failing' && !asks)) return;
  const { versionId, credential } = await readCurrent(invocation, await describeSecret(invocation));
  if (!credential || (!asks && state.lastGood?.versionId === versionId)) return;
  const proof = await prove(invocation, versionId, credential);
  if (!proof.works) throw proof.error;
}

/**
 * Ends the trouble in the item under the secret's ARN, where it was kept while the secret could not be read. The check
 * has read the secret now. A failed rotation becomes the username's trouble; every other trouble is over.
 */
export async function takeTroubleOver(
  { ledger, secretArn, deadlineMs }: Invocation,
  username: string,
): Promise<void> {
  const { trouble, outbox } = (await ledger.read(secretArn, deadlineMs)).state;
  // A read out of turn waits here where the secret was never rotated.
  if (outbox.length > 0) await ledger.publishOutbox(secretArn, deadlineMs);
  if (!trouble) return;
  const rotationFailed = trouble.kind === 'rotation-failing' && !trouble.checkOnly;
  // The username's item is written first: a process that dies in between leaves the rest to the next check.
  const taken =
    rotationFailed &&
    (await ledger.change(username, deadlineMs, (state) => {
      if (isOver({ ...state, trouble })) return false;
      state.trouble ??= { ...trouble };
      return true;
    }));
  await ledger.change(secretArn, deadlineMs, (state, now) => {
    if (taken) delete state.trouble;
    else troubleIsOver(state, { id: secretArn, username: secretArn, secretArn }, now);
  });
}

/**
 * The last act of the daily check. It ends a trouble that is over. It announces once a day a rotation that another
 * credential holds, or that has failed and was not finished since, however few its tries were. A rotation whose
 * invocations all died, or failed without a trouble, is seen by its version, which still waits for a password. The
 * first check may meet a healthy rotation, so it only notes the version; the next check announces it.
 * @param unfinished the version of a rotation that has begun and brought no password yet
 * @param isExplained a pause is the reason: nothing is announced that was not announced before
 */
export async function noteUnfinished(
  invocation: Invocation,
  username: string,
  { unfinished, isExplained }: { unfinished: string | undefined; isExplained: boolean },
): Promise<void> {
  const holder = await holdOfWaiting(invocation, username);
  const stands = await recordTroubleOver(
    invocation,
    username,
    (state) => isOver(state) || (!holder && state.trouble?.kind === 'held'),
  );
  if (holder) {
    const { username: of, secretArn, why, since } = holder;
    const found = { kind: 'held' as const, holder: { username: of, secretArn, why, since } };
    return recordTrouble(invocation, () => found);
  }
  if (!stands && (unfinished === undefined || isExplained)) {
    invocation.metrics.gauge('TroubleStands', credentialKey(username), 0, 'None');
    return;
  }
  await recordTrouble(invocation, ({ trouble }) => {
    const failed = trouble?.kind === 'rotation-failing' ? trouble : undefined;
    if (!failed && unfinished === undefined) return undefined;
    if (isExplained && (failed?.saidAt ?? 0) === 0) return undefined;
    return {
      kind: 'rotation-failing',
      ...(failed?.errorName === undefined ? {} : { errorName: failed.errorName }),
      ...(unfinished === undefined ? {} : { token: unfinished }),
    };
  });
}

/** Ends the trouble of a username if it is over. @returns whether one stands */
function recordTroubleOver(
  { ledger, secretArn, deadlineMs }: Invocation,
  username: string,
  isOver: (state: CredentialState) => boolean,
): Promise<boolean> {
  return ledger.change(username, deadlineMs, (state, now) => {
    if (isOver(state)) troubleIsOver(state, { id: secretArn, username, secretArn }, now);
    return state.trouble !== undefined;
  });
}
