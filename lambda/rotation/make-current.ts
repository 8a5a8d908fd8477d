import { hashPassword } from '../ledger/fingerprint.ts';
import { credentialKey } from '../ledger/state.ts';
import { withPassword } from '../secret/credential.ts';
import { AWSPENDING, type RECOVERED } from '../secret/secrets-manager.ts';
import {
  describeSecret,
  readCurrent,
  readVersionOnce,
  SecretStoreError,
  type StoredVersion,
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

/** Nobody has a password reset by telephone and stores it in less. */
const TOO_SOON_FOR_A_RESET_MS = 60_000;
const MAX_ROUNDS = 8;

/**
 * The healthy line: stores the password as its version and takes AWSCURRENT from the version that the exchange
 * replaced. Two calls; refused when a person has moved the label meanwhile.
 * @returns whether AWSCURRENT is on the version now
 * @throws SecretStoreError
 */
export async function storeAndSwap(
  invocation: Invocation,
  { password, token }: NewPassword,
  replaced: StoredVersion,
): Promise<boolean> {
  const value = withPassword(invocation.secretArn, replaced.value, password);
  if (!(await storePending(invocation, token, value))) return false;
  return swapCurrent(invocation, replaced.versionId, token);
}

/**
 * Makes the password of an exchange current, whatever people have done to the secret meanwhile, and
 * never takes AWSCURRENT from a password that works:
 * - the version that was replaced, or the old password with edited members: replaced, edits kept;
 * - another password is asked by one log-in: it works → it stays; refused → ours is asked by one log-in, too:
 *   it works → it is made current; refused → SupersededError.
 * @param current what AWSCURRENT was last seen on
 * @throws SupersededError, UsernameChangedError, SecretStoreError, LockoutGuardError and what a log-in throws
 */
export async function makeCurrent(
  invocation: Invocation,
  ours: NewPassword,
  current: StoredVersion,
): Promise<Committed> {
  let to = ours.token;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const verdict = await judge(invocation, ours, current);
    if (verdict.is === 'ours already') return { versionId: current.versionId, overtaken: false };
    if (verdict.is === 'works') {
      await takePendingOffOurs(invocation, ours.token, current);
      return { versionId: current.versionId, overtaken: true };
    }
    const value = await mergedValue(invocation, ours, current);
    if (!(await storePending(invocation, to, value, ours.label))) {
      // The version has a value already: ours with other members, or somebody else's.
      to = versionIdFor(ours.attempt, current.versionId, round);
      if (!(await storePending(invocation, to, value, ours.label))) continue;
    }
    if (verdict.is === 'unproven') await proveOurs(invocation, ours, to, current, verdict.theirs);
    if (await swapCurrent(invocation, current.versionId, to)) return { versionId: to, overtaken: false };
    current = await readCurrent(invocation, await describeSecret(invocation));
  }
  throw new SecretStoreError(
    `The secret ${invocation.secretArn} was changed again and again while a new password was to be stored. It is not ` +
      'lost: it is sealed. Stop whoever changes the secret; a retry, or the recover event, then stores it.',
  );
}

/** What AWSCURRENT holds. `unproven`: a password that was refused, or nothing that can be presented. */
type Verdict = { is: 'ours already' | 'dead' | 'works' } | { is: 'unproven'; theirs: Refusal | undefined };

async function judge(
  invocation: Invocation,
  ours: NewPassword,
  { versionId, credential }: StoredVersion,
): Promise<Verdict> {
  if (versionId === ours.oldVersion) return { is: 'dead' };
  // No credential can be read from it, so nobody can log in with it; ours must prove itself all the same.
  if (!credential) return { is: 'unproven', theirs: undefined };
  checkSameUser(invocation, ours, credential.username);
  if (credential.password === ours.password) return { is: 'ours already' };
  const holdsOld = (await hashPassword(credential.username, credential.password)) === ours.oldHash;
  if (holdsOld && askedJustNow(invocation, ours)) return { is: 'dead' };
  const proof = await prove(invocation, versionId, credential);
  if (proof.works) return { is: 'works' };
  return holdsOld && proof.certain ? { is: 'dead' } : { is: 'unproven', theirs: proof };
}

const askedJustNow = ({ clock }: Invocation, { askedAtMs }: NewPassword): boolean =>
  askedAtMs !== undefined && clock.nowMs() - askedAtMs < TOO_SOON_FOR_A_RESET_MS;

/**
 * One log-in with ours, before AWSCURRENT is taken from a password that was refused. It is reserved under the
 * attempt's id, so that a later rotation does not present it once more under a version's id.
 * @param theirs the refusal of what AWSCURRENT holds, if it could be presented
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

/** The members of AWSCURRENT, which a person may have edited, with our password. A value that is no credential is discarded. */
async function mergedValue(
  invocation: Invocation,
  { password, oldVersion }: NewPassword,
  current: StoredVersion,
): Promise<string> {
  const { secretArn } = invocation;
  if (current.credential || current.versionId === oldVersion)
    return withPassword(secretArn, current.value, password);
  const old = await readVersionOnce(invocation, oldVersion);
  if (old) return withPassword(secretArn, old.value, password);
  throw current.problem;
}

/** Ours is not made current: takes AWSPENDING off it. */
async function takePendingOffOurs(
  invocation: Invocation,
  token: string,
  current: StoredVersion,
): Promise<void> {
  const { stages } = await describeSecret(invocation);
  const labels = stages.get(token) ?? [];
  if (token !== current.versionId && labels.includes(AWSPENDING)) await takePendingOff(invocation, token);
}
