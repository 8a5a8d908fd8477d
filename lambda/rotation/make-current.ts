import { hashPassword } from '../ledger/fingerprint.ts';
import { credentialKey } from '../ledger/state.ts';
import { checkStorable, withPassword } from '../secret/credential.ts';
import { AWSPENDING, type RECOVERED } from '../secret/secrets-manager.ts';
import {
  describeSecret,
  readCurrent,
  readVersionOnce,
  SecretStoreError,
  type StoredVersion,
  withEditsOf,
} from '../secret/stored-version.ts';
import { storePending, swapCurrent, takePendingOff, versionIdFor } from '../secret/swap.ts';
import { failWithBothRefused } from './both-refused.ts';
import type { Invocation } from './context.ts';
import { UsernameChangedError } from './errors.ts';
import type { Committed } from './exchange-outcome.ts';
import { prove, type Refusal } from './log-in.ts';

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
    const verdict: Verdict = untouched ? { is: 'dead' } : await judge(invocation, ours, current);
    if (verdict.is === 'ours already') return { versionId: current.versionId, overtaken: false };
    if (verdict.is === 'works') {
      await takePendingOffOurs(invocation, ours.token, current);
      return { versionId: current.versionId, overtaken: true };
    }
    const value =
      withEditsOf(invocation.secretArn, current, ours) ?? (await replacedMembers(invocation, ours, current));
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
 * The judgement of AWSCURRENT's value. `unproven`: its password was refused, or it holds none that can be presented.
 */
type Verdict = { is: 'ours already' | 'dead' | 'works' } | { is: 'unproven'; theirs: Refusal | undefined };

async function judge(
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
  const { username, password, attempt } = ours;
  const proof = await prove(invocation, attempt, { username, password });
  if (proof.works) return;
  await takePendingOff(invocation, storedAs);
  await failWithBothRefused(invocation, ours, current.versionId, theirs ? [theirs, proof] : [proof]);
}

function checkSameUser({ secretArn }: Invocation, { username }: NewPassword, stored: string): void {
  if (credentialKey(stored) === credentialKey(username)) return;
  throw new UsernameChangedError(
    `The secret ${secretArn} names the username ${stored} now, but a new password of ${username} waits sealed for it. ` +
      'Nothing was changed and nothing is lost. Put the username back by storing a new version of the secret; or, if the ' +
      `change is meant, let the secret take the new username over: \`npm run cli -- adopt --secret ${secretArn}\`.`,
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
