import { PresentableError } from '../errors.ts';
import { recordRolledForward } from '../ledger/journal.ts';
import type { Journal } from '../ledger/state.ts';
import { unusableBecause } from '../secret/credential.ts';
import { AWSCURRENT, AWSPENDING, versionLabelled } from '../secret/secrets-manager.ts';
import { describeSecret, readVersionOnce } from '../secret/stored-version.ts';
import type { Invocation } from './context.ts';
import { endCommitted } from './exchange-outcome.ts';
import { prove } from './log-in.ts';
import { makeCurrent } from './make-current.ts';
import type { Seen } from './observe.ts';
import { openPassword, unusable } from './sealed-answer.ts';

type Received = Extract<Journal, { state: 'received' }>;

/**
 * Finishes what an earlier invocation had received and not stored, asking ThingSpace for nothing new.
 * @throws SupersededError, UsernameChangedError, UnreadableAnswerError, UnusablePasswordError, SealingKeyError, EnvelopeError,
 *   SecretTooLargeError, SecretStoreError, LedgerUnavailableError, LockoutGuardError and what a log-in throws
 */
export async function rollForward(invocation: Invocation, journal: Received, seen: Seen): Promise<void> {
  const { attempt, oldVersion, oldHash } = journal;
  const { username, current } = seen;
  let password: string;
  try {
    password = await openUsable(invocation, journal, seen.username);
  } catch (failure) {
    if (failure instanceof PresentableError && (await currentWorks(invocation, journal, seen))) return;
    throw failure;
  }
  const token = invocation.token ?? (await emptyPending(invocation)) ?? journal.token;
  const ours = { username, password, attempt, oldVersion, oldHash, token, askedAtMs: undefined };
  const committed = await makeCurrent(invocation, ours, current);
  const { versionId, overtaken } = committed;
  const said = overtaken
    ? 'A newer stored password works; the sealed one is kept aside'
    : 'A sealed password is current now';
  invocation.log(said, { username, versionId });
  await endCommitted(invocation, ours, committed, (state, now) => {
    // What an earlier invocation had made current already is announced by the rotation's own end, if one is under way.
    if (overtaken || (versionId === current.versionId && invocation.token !== undefined)) return;
    recordRolledForward(state, attempt, { username, token: versionId, sealedUnder: journal.token }, now);
  });
}

/** @throws what keeps the sealed answer from being used */
async function openUsable(invocation: Invocation, { envelope }: Received, username: string): Promise<string> {
  const password = await openPassword(invocation, username, envelope);
  const why = unusableBecause(password);
  if (why !== undefined) throw unusable(username, why);
  return password;
}

/**
 * The sealed answer cannot be used now. AWSCURRENT may be on a password that works all the same: a person has stored
 * it since, or an earlier invocation has made ours current. That ends it.
 */
async function currentWorks(
  invocation: Invocation,
  { attempt, token, oldVersion }: Received,
  { username, current: { versionId, credential } }: Seen,
): Promise<boolean> {
  if (versionId === oldVersion || !credential) return false;
  const proof = await prove(invocation, versionId, credential);
  if (!proof.works) return false;
  await endCommitted(invocation, { username, attempt }, { versionId, overtaken: versionId !== token });
  return true;
}

/** Without a token of its own, a recover event fills the version that Secrets Manager left pending. */
async function emptyPending(invocation: Invocation): Promise<string | undefined> {
  const { stages } = await describeSecret(invocation);
  const pending = versionLabelled(stages, AWSPENDING);
  if (pending === undefined || stages.get(pending)?.includes(AWSCURRENT)) return undefined;
  return (await readVersionOnce(invocation, pending)) ? undefined : pending;
}
