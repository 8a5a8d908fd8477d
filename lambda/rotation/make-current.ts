import { PresentableError } from '../errors.ts';
import { RefusedPasswordError } from '../ledger/errors.ts';
import { hashPassword } from '../ledger/fingerprint.ts';
import { recordCommitted, recordRolledForward, recordSuperseded } from '../ledger/journal.ts';
import { type CredentialState, credentialKey, type Journal } from '../ledger/state.ts';
import { checkStorable, unusableBecause } from '../secret/credential.ts';
import { withEditsOf, withPassword } from '../secret/edited-value.ts';
import { AWSCURRENT, AWSPENDING, AWSPREVIOUS, RECOVERED } from '../secret/secrets-manager.ts';
import {
  describeSecret,
  readCurrent,
  readVersionOnce,
  SecretStoreError,
  type StoredVersion,
  versionLabelled,
} from '../secret/stored-version.ts';
import { storePending, swapCurrent, takePendingOff, versionIdFor } from '../secret/swap.ts';
import { sealedUnproven, superseded } from '../situations/password.ts';
import { usernameChanged } from '../situations/rotation.ts';
import { toDo } from '../situations/steps.ts';
import type { Invocation, Observation } from './context.ts';
import { PasswordRefusedError, RotationError } from './errors.ts';
import { keyToPresentWith, prove, type Refusal } from './log-in.ts';
import { openPassword, unusablePasswordError } from './sealed-answer.ts';

/**
 * The way of a received password to AWSCURRENT: at once (`makeCurrent`), or after an earlier invocation has received it
 * (`rollForward`).
 */

/** A password that ThingSpace has made in an exchange, on its way to AWSCURRENT. */
export type NewPassword = {
  username: string;
  password: string;
  attempt: string;
  /** The version whose password the exchange replaced, and the hash of that password. */
  oldVersion: string;
  oldHash: string;
  /** The version to store it as: of the rotation that it counts for. */
  token: string;
  /** The label to store it under, where that rotation is not the one under way. */
  label?: typeof RECOVERED;
  /** By the process's clock; undefined when an earlier invocation asked for it. */
  askedAtMs: number | undefined;
};

/** The version that AWSCURRENT is on when an exchange has ended. */
export type Committed = {
  versionId: string;
  /** Whether it holds a newer password, which an operator stored and which works. */
  overtaken: boolean;
};

type Received = Extract<Journal, { state: 'received' }>;

/** A reset by telephone, with its password stored, takes longer than this. */
const TOO_SOON_FOR_A_RESET_MS = 60_000;
const MAX_ROUNDS = 8;

/**
 * Makes the password of an exchange current, whatever operators have done to the secret meanwhile, and never takes
 * AWSCURRENT from a password that works:
 * - the version that was replaced, or the old password with edited members: replaced, edits kept. The healthy line is
 *   the first round: two calls, a store and a swap, and the store is sent before this function first returns;
 * - another password is asked by one log-in: it works → it stays; refused → ours is asked by one log-in, too: it works
 *   → it is made current; refused → SupersededError.
 * @param ours the password of the exchange; `theirs` below is the one in AWSCURRENT
 * @param current the version that AWSCURRENT was last seen on
 * @param journaled resolves when the journal says `received`: no log-in is reserved before
 * @throws SupersededError, UsernameChangedError, SecretTooLargeError, SecretStoreError, LockoutGuardError and what a
 *   log-in throws
 */
export async function makeCurrent(
  invocation: Invocation,
  ours: NewPassword,
  current: StoredVersion,
  journaled: () => Promise<void> = async () => undefined,
): Promise<Committed> {
  let to = ours.token;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const untouched = current.versionId === ours.oldVersion;
    if (!untouched) await journaled();
    const verdict: Verdict = untouched ? { is: 'dead' } : await verdictOn(invocation, ours, current);
    if (verdict.is === 'ours already') return { versionId: current.versionId, overtaken: false };
    if (verdict.is === 'works') {
      await takePendingOffOurs(invocation, ours.token, current);
      return { versionId: current.versionId, overtaken: true };
    }
    const value = withEditsOf(current, ours) ?? (await replacedMembers(invocation, ours, current));
    if (!(await storePending(invocation, to, value, ours.label))) {
      // The version has a value already: our password with other members, or another password.
      to = versionIdFor(ours.attempt, current.versionId, round);
      if (!(await storePending(invocation, to, value, ours.label))) continue;
    }
    if (verdict.is === 'unproven') await proveOurs(invocation, ours, to, current, verdict.theirs);
    if (await swapCurrent(invocation, current.versionId, to)) return { versionId: to, overtaken: false };
    current = await readCurrent(invocation, await describeSecret(invocation));
  }
  throw new SecretStoreError(
    `The secret ${invocation.secretArn} was changed again and again while a new password was to be stored. It is not ` +
      'lost: it is sealed. Stop the changes to the secret; a retry, or the recover event, then stores it.',
  );
}

/**
 * The verdict on AWSCURRENT's value. `unproven`: its password was refused, or it holds none that can be presented.
 */
type Verdict = { is: 'ours already' | 'dead' | 'works' } | { is: 'unproven'; theirs: Refusal | undefined };

async function verdictOn(
  invocation: Invocation,
  ours: NewPassword,
  { versionId, credential, value }: StoredVersion,
): Promise<Verdict> {
  // The value holds no credential, so no app can log in with it; our password must still be proven.
  if (!credential) return { is: 'unproven', theirs: undefined };
  checkSameUser(invocation, ours, credential.username);
  if (credential.password === ours.password) return { is: 'ours already' };
  const holdsOld = (await hashPassword(credential.username, credential.password)) === ours.oldHash;
  // Before a log-in is spent: each version that is still too large would cost another one.
  if (holdsOld) checkStorable(invocation.secretArn, withPassword(invocation.secretArn, value, ours.password));
  if (holdsOld && askedJustNow(invocation, ours)) return { is: 'dead' };
  const proof = await prove(invocation, versionId, credential);
  if (proof.works) return { is: 'works' };
  return holdsOld && proof.certain ? { is: 'dead' } : { is: 'unproven', theirs: proof };
}

const askedJustNow = ({ clock }: Invocation, { askedAtMs }: NewPassword): boolean =>
  askedAtMs !== undefined && clock.nowMs() - askedAtMs < TOO_SOON_FOR_A_RESET_MS;

/**
 * Proves our password in one log-in, before AWSCURRENT is taken from a password that was refused. The log-in is
 * reserved under the attempt's id, so that a later rotation does not present it once more under a version's id.
 * @param theirs the refusal of the password in AWSCURRENT, if it could be presented
 * @throws SupersededError, SealedPasswordUnprovenError when ours is refused, too
 */
async function proveOurs(
  invocation: Invocation,
  ours: NewPassword,
  storedAs: string,
  current: StoredVersion,
  theirs: Refusal | undefined,
): Promise<void> {
  const { username, password, attempt, oldVersion } = ours;
  const key = await keyToPresentWith(invocation, current, oldVersion);
  const proof = await prove(invocation, attempt, { username, password, ...key });
  if (proof.works) return;
  await takePendingOff(invocation, storedAs);
  await failWithBothRefused(invocation, ours, current.versionId, theirs ? [theirs, proof] : [proof]);
}

function checkSameUser({ secretArn }: Invocation, { username }: NewPassword, stored: string): void {
  if (credentialKey(stored) === credentialKey(username)) return;
  throw new RotationError(
    'UsernameChangedError',
    `The secret ${secretArn} names the username ${stored} now, but a new password of ${username} waits sealed for it. ` +
      `Nothing was changed and nothing is lost. ${toDo(usernameChanged.todo, { secretArn })}`,
  );
}

/** Returns the members of the version that was replaced, with our password: AWSCURRENT has no members to keep. */
async function replacedMembers(
  invocation: Invocation,
  { password, oldVersion }: NewPassword,
  current: StoredVersion,
): Promise<string> {
  const old = await readVersionOnce(invocation, oldVersion);
  if (old?.value !== undefined) return withPassword(invocation.secretArn, old.value, password);
  throw current.problem;
}

/** Takes AWSPENDING off our version, which is not made current. */
async function takePendingOffOurs(
  invocation: Invocation,
  token: string,
  current: StoredVersion,
): Promise<void> {
  const { stages } = await describeSecret(invocation);
  const labels = stages.get(token) ?? [];
  if (token !== current.versionId && labels.includes(AWSPENDING)) await takePendingOff(invocation, token);
}

/**
 * Fails because ThingSpace accepted neither the password in AWSCURRENT nor a sealed one. The journal stays `received`, and
 * every retry ends here again until an operator acts. Only refusals whose codes name the password prove that both are dead. After any other refusal the password is presented once more, when the ledger
 * allows it, and then left to an operator.
 * @throws SupersededError; SealedPasswordUnprovenError while a retry will present one of them again
 */
async function failWithBothRefused(
  { ledger, secretArn, deadlineMs }: Invocation,
  { username, attempt }: { username: string; attempt: string },
  currentVersion: string,
  refusals: readonly Refusal[],
): Promise<never> {
  const options = { cause: refusals.at(-1)?.error };
  const uncertain = refusals.filter(({ certain }) => !certain);
  const changed = `The secret ${secretArn} was changed after a new password of ${username} was sealed`;
  const both = `what the secret holds now (version ${currentVersion}) and the sealed one`;
  if (uncertain.some(isTriedAgain)) {
    throw new RotationError(
      'SealedPasswordUnprovenError',
      `${changed}, and ThingSpace accepted neither of the two: ${both}. Not every refusal has a code that names the ` +
        `password, so either may be live. ${whenTriedAgain(uncertain)} ` +
        toDo(sealedUnproven.todo, { secretArn, username }),
      options,
    );
  }
  await ledger.change(username, deadlineMs, (state, now) =>
    recordSuperseded(state, attempt, currentVersion, username, now),
  );
  if (uncertain.length > 0) {
    throw new RotationError(
      'SupersededError',
      `${changed}, and ThingSpace accepted neither of the two: ${both}. Not every refusal had a code that names the ` +
        'password, so either may be live; neither is presented again as it is. ' +
        toDo(superseded.todo, { secretArn, username }),
      options,
    );
  }
  throw new RotationError(
    'SupersededError',
    `${changed}, and ThingSpace refuses both: ${both}. ${toDo(superseded.todo, { secretArn, username })}`,
    options,
  );
}

/** Reports whether a retry may present the password once more; the ledger decides that at the next try. */
const isTriedAgain = ({ error }: Refusal): boolean =>
  error instanceof PasswordRefusedError ||
  (error instanceof RefusedPasswordError && error.retryAt !== undefined);

function whenTriedAgain(refusals: readonly Refusal[]): string {
  const times = refusals.flatMap(({ error }) =>
    error instanceof RefusedPasswordError && error.retryAt !== undefined ? [error.retryAt] : [],
  );
  const when =
    times.length === 0 ? 'half an hour later' : `after ${new Date(Math.min(...times)).toISOString()}`;
  return `A retry or the recover event presents each password that was refused so once more, ${when}.`;
}

/**
 * Ends an exchange because AWSCURRENT is on a password that works. `token` is the rotation that may finish it, if not
 * the one that began it; `andThen` runs in the same write when this call changed the journal.
 */
export async function endCommitted(
  { ledger, deadlineMs }: Invocation,
  { username, attempt, token }: { username: string; attempt: string; token?: string },
  { versionId, overtaken }: Committed,
  andThen?: (state: CredentialState, now: number) => void,
): Promise<void> {
  await ledger.change(username, deadlineMs, (state, now) => {
    const options = { overtaken, username, ...(token === undefined ? {} : { token }) };
    if (recordCommitted(state, attempt, versionId, now, options)) andThen?.(state, now);
  });
}

/**
 * Stores a password that an earlier invocation received and did not store. Never sends GetNewPassword.
 * @throws SupersededError, UsernameChangedError, UnreadableAnswerError, UnusablePasswordError, SealingKeyError,
 *   EnvelopeError, SecretTooLargeError, SecretStoreError, LedgerUnavailableError, LockoutGuardError and what a log-in
 *   throws
 */
export async function rollForward(
  invocation: Invocation,
  journal: Received,
  seen: Observation,
): Promise<void> {
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
  if (why !== undefined) throw unusablePasswordError(invocation, username, why);
  return password;
}

/**
 * Ends the exchange if AWSCURRENT works although the sealed answer cannot be used now. An operator has stored a
 * password since, or an earlier invocation has made ours current.
 */
async function currentWorks(
  invocation: Invocation,
  { attempt, token, oldVersion }: Received,
  { username, current: { versionId, credential } }: Observation,
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
