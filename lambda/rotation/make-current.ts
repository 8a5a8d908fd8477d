import { hashPassword } from '../ledger/fingerprint.ts';
import { recordSuperseded } from '../ledger/journal.ts';
import { credentialKey } from '../ledger/state.ts';
import { checkStorable, withPassword } from '../secret/credential.ts';
import { AWSPENDING } from '../secret/secrets-manager.ts';
import {
  describeSecret,
  type ReadableVersion,
  readCurrent,
  readVersionOnce,
  SecretStoreError,
  type StoredVersion,
  withEditsOf,
} from '../secret/stored-version.ts';
import { storePending, swapCurrent, takePendingOff, versionIdFor } from '../secret/swap.ts';
import type { Invocation } from './context.ts';
import { openingCommand, PasswordRefusedError, SupersededError, UsernameChangedError } from './errors.ts';
import type { Committed } from './exchange-outcome.ts';
import { prove } from './log-in.ts';

/** A password that ThingSpace has made in an exchange, on its way to AWSCURRENT. */
export type NewPassword = {
  username: string;
  password: string;
  attempt: string;
  /** The version whose password the exchange replaced, and the hash of that password. */
  oldVersion: string;
  oldHash: string;
  /** The version to store it as: of the rotation that is under way. */
  token: string;
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
 * @throws SecretTooLargeError, SecretStoreError
 */
export async function storeAndSwap(
  invocation: Invocation,
  { password, token }: NewPassword,
  replaced: ReadableVersion,
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
 * @throws SupersededError, UsernameChangedError, SecretTooLargeError, SecretStoreError, LockoutGuardError and what a log-in throws
 */
export async function makeCurrent(
  invocation: Invocation,
  ours: NewPassword,
  current: StoredVersion,
): Promise<Committed> {
  let to = ours.token;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const verdict = await judge(invocation, ours, current);
    if (verdict === 'ours already') return { versionId: current.versionId, overtaken: false };
    if (verdict === 'works') {
      await takePendingOffOurs(invocation, ours.token, current);
      return { versionId: current.versionId, overtaken: true };
    }
    const value = await mergedValue(invocation, ours, current);
    if (!(await storePending(invocation, to, value))) {
      // The version has a value already: ours with other members, or somebody else's.
      to = versionIdFor(ours.attempt, current.versionId, round);
      if (!(await storePending(invocation, to, value))) continue;
    }
    if (verdict === 'unproven') await proveOurs(invocation, ours, to, current);
    if (await swapCurrent(invocation, current.versionId, to)) return { versionId: to, overtaken: false };
    current = await readCurrent(invocation, await describeSecret(invocation));
  }
  throw new SecretStoreError(
    `The secret ${invocation.secretArn} was changed again and again while a new password was to be stored. It is not ` +
      'lost: it is sealed. Stop whoever changes the secret; a retry, or the recover event, then stores it.',
  );
}

/** What AWSCURRENT holds. `unproven`: a password that was refused, or nothing that can be presented. */
async function judge(
  invocation: Invocation,
  ours: NewPassword,
  { versionId, credential, value }: StoredVersion,
): Promise<'ours already' | 'dead' | 'works' | 'unproven'> {
  if (versionId === ours.oldVersion) return 'dead';
  // No credential can be read from it, so nobody can log in with it; ours must prove itself all the same.
  if (!credential) return 'unproven';
  checkSameUser(invocation, ours, credential.username);
  if (credential.password === ours.password) return 'ours already';
  const holdsOld = (await hashPassword(credential.username, credential.password)) === ours.oldHash;
  // Before a log-in is spent: each version that is still too large would cost another one.
  if (holdsOld) checkStorable(invocation.secretArn, withPassword(invocation.secretArn, value, ours.password));
  if (holdsOld && askedJustNow(invocation, ours)) return 'dead';
  const proof = await prove(invocation, versionId, credential);
  if (proof.works) return 'works';
  return holdsOld && proof.certain ? 'dead' : 'unproven';
}

const askedJustNow = ({ clock }: Invocation, { askedAtMs }: NewPassword): boolean =>
  askedAtMs !== undefined && clock.nowMs() - askedAtMs < TOO_SOON_FOR_A_RESET_MS;

/**
 * One log-in with ours, before AWSCURRENT is taken from a password that was refused. It is reserved under the
 * attempt's id, so that a later rotation does not present it once more under a version's id.
 * @throws SupersededError when it is refused, too
 */
async function proveOurs(
  invocation: Invocation,
  { username, password, attempt }: NewPassword,
  storedAs: string,
  current: StoredVersion,
): Promise<void> {
  const { ledger, secretArn, deadlineMs } = invocation;
  const proof = await prove(invocation, attempt, { username, password });
  if (proof.works) return;
  // A code that does not say that the password was at fault proves nothing yet.
  if (!proof.certain && proof.error instanceof PasswordRefusedError) throw proof.error;
  await takePendingOff(invocation, storedAs);
  await ledger.change(username, deadlineMs, (state, now) =>
    recordSuperseded(state, attempt, current.versionId, username, now),
  );
  throw new SupersededError(
    `The secret ${secretArn} was changed after a new password of ${username} was sealed, and ThingSpace refuses both: what ` +
      `the secret holds now (version ${current.versionId}) and the sealed one. Have M2M Support reset the password and ` +
      'store it as a new version of the secret; then rotate, or invoke the function with {"Recover": "<secret ARN>"}. ' +
      `(The sealed one can be read with \`${openingCommand(username)}\`.)`,
    { cause: proof.error },
  );
}

function checkSameUser({ secretArn }: Invocation, { username }: NewPassword, stored: string): void {
  if (credentialKey(stored) === credentialKey(username)) return;
  throw new UsernameChangedError(
    `The secret ${secretArn} names the username ${stored} now, but a new password of ${username} waits sealed for it. ` +
      'Nothing was changed and nothing is lost. Put the username back by storing a new version of the secret; or, if the ' +
      `change is meant, let the secret take the new username over: \`npm run cli -- adopt --secret ${secretArn}\`.`,
  );
}

/** The members of AWSCURRENT, which a person may have edited, with our password. A value without any is discarded. */
async function mergedValue(
  invocation: Invocation,
  { username, password, oldVersion }: NewPassword,
  current: StoredVersion,
): Promise<string> {
  const { secretArn } = invocation;
  const edited = withEditsOf(secretArn, current, { username, password });
  if (edited !== undefined) return edited;
  const old = await readVersionOnce(invocation, oldVersion);
  if (old?.value !== undefined) return withPassword(secretArn, old.value, password);
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
