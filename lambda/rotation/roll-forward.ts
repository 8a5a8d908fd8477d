import { PresentableError } from '../errors.ts';
import { hashPassword } from '../ledger/fingerprint.ts';
import { recordRolledForward } from '../ledger/journal.ts';
import type { Journal } from '../ledger/state.ts';
import { unusableBecause } from '../secret/credential.ts';
import {
  AWSCURRENT,
  AWSPENDING,
  AWSPREVIOUS,
  RECOVERED,
  versionLabelled,
} from '../secret/secrets-manager.ts';
import { describeSecret, readVersionOnce, type StoredVersion } from '../secret/stored-version.ts';
import type { Invocation } from './context.ts';
import { endCommitted } from './exchange-outcome.ts';
import { prove } from './log-in.ts';
import { makeCurrent, type NewPassword } from './make-current.ts';
import type { Seen } from './observe.ts';
import { openPassword, unusable } from './sealed-answer.ts';

type Received = Extract<Journal, { state: 'received' }>;

/**
 * Stores a password that an earlier invocation received and did not store. Never sends GetNewPassword.
 * @throws SupersededError, UsernameChangedError, UnreadableAnswerError, UnusablePasswordError, SealingKeyError,
 *   EnvelopeError, SecretTooLargeError, SecretStoreError, LedgerUnavailableError, LockoutGuardError and what a log-in
 *   throws
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
  const asked = invocation.token ?? (await emptyPending(invocation));
  const token = await versionFor(invocation, journal, password, current, asked);
  const ours: NewPassword = { username, password, attempt, oldVersion, oldHash, token, askedAtMs: undefined };
  if (asked !== undefined && asked !== token) ours.label = RECOVERED;
  const committed = await makeCurrent(invocation, ours, current);
  const { versionId, overtaken } = committed;
  const said = overtaken
    ? 'A newer stored password works; the sealed one is kept aside'
    : 'A sealed password is current now';
  invocation.log(said, { username, versionId });
  await endCommitted(invocation, ours, committed, (state, now) => {
    const alreadyCurrent = versionId === current.versionId;
    // A password that an earlier invocation of this rotation made current is announced when the rotation ends.
    if (overtaken || (alreadyCurrent && token === invocation.token)) return;
    const facts = { username, token: versionId, sealedUnder: journal.token, alreadyCurrent };
    recordRolledForward(state, attempt, facts, now);
  });
}

/**
 * Returns the version to store the password as, which decides for which rotation it counts. A password that was only
 * sealed counts for the rotation under way. A password that may have been AWSCURRENT ends its own rotation, and the
 * rotation under way makes a newer one.
 * @param asked the version of the rotation under way, if there is one
 */
async function versionFor(
  invocation: Invocation,
  journal: Received,
  password: string,
  current: StoredVersion,
  asked: string | undefined,
): Promise<string> {
  if (asked === undefined || asked === journal.token) return journal.token;
  const own = await readVersionOnce(invocation, asked);
  // An earlier invocation of the rotation under way has stored it.
  if (own?.credential?.password === password) return asked;
  return (await wasSealedOnly(invocation, journal, password, current)) ? asked : journal.token;
}

/**
 * Reports whether AWSCURRENT holds the replaced password, and neither the exchange's own version nor AWSPREVIOUS shows
 * that the new one was current.
 */
async function wasSealedOnly(
  invocation: Invocation,
  { token, oldHash }: Received,
  password: string,
  { credential }: StoredVersion,
): Promise<boolean> {
  if (!credential || (await hashPassword(credential.username, credential.password)) !== oldHash) return false;
  if (await readVersionOnce(invocation, token)) return false;
  const previous = versionLabelled((await describeSecret(invocation)).stages, AWSPREVIOUS);
  const before = previous === undefined ? undefined : await readVersionOnce(invocation, previous);
  return before?.credential?.password !== password;
}

/** @throws what keeps the sealed answer from being used */
async function openUsable(invocation: Invocation, { envelope }: Received, username: string): Promise<string> {
  const password = await openPassword(invocation, username, envelope);
  const why = unusableBecause(password);
  if (why !== undefined) throw unusable(username, why);
  return password;
}

/**
 * Ends the exchange if AWSCURRENT works although the sealed answer cannot be used now. An operator has stored a
 * password since, or an earlier invocation has made ours current.
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

/** Returns the empty version that Secrets Manager left pending. A recover event has no token and fills that version. */
async function emptyPending(invocation: Invocation): Promise<string | undefined> {
  const { stages } = await describeSecret(invocation);
  const pending = versionLabelled(stages, AWSPENDING);
  if (pending === undefined || stages.get(pending)?.includes(AWSCURRENT)) return undefined;
  return (await readVersionOnce(invocation, pending)) ? undefined : pending;
}
