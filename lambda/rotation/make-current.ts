import { createHash } from 'node:crypto';
import { hashPassword } from '../ledger/fingerprint.ts';
import { recordSuperseded } from '../ledger/journal.ts';
import { credentialKey } from '../ledger/state.ts';
import { withPassword } from '../secret/credential.ts';
import type { Invocation, Services } from './context.ts';
import {
  openingCommand,
  PasswordRefusedError,
  SecretStoreError,
  SupersededError,
  UsernameChangedError,
} from './errors.ts';
import { prove } from './log-in.ts';
import {
  AWSPENDING,
  describe,
  type Holder,
  readHolder,
  readVersionOnce,
  storePending,
  swapCurrent,
  takePendingOff,
} from './secret.ts';

/** A password that an exchange brought, on its way to AWSCURRENT. */
export type Brought = {
  username: string;
  password: string;
  attempt: string;
  /** The version whose password the exchange replaced, and the hash of that password. */
  oldVersion: string;
  oldHash: string;
  /** The version to store it as: of the rotation that is under way. */
  target: string;
  /** By the process's clock; undefined when an earlier invocation asked for it. */
  askedAtMs: number | undefined;
};

export type Ended = {
  /** The version that AWSCURRENT is on. */
  versionId: string;
  /** Whether that is a newer password, which a person stored and which works. */
  overtaken: boolean;
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
  services: Services,
  invocation: Invocation,
  { password, target }: Brought,
  base: { versionId: string; value: string },
): Promise<boolean> {
  const value = withPassword(invocation.secretArn, base.value, password);
  if (!(await storePending(services, invocation, target, value))) return false;
  return swapCurrent(services, invocation, { from: base.versionId, to: target });
}

/**
 * Makes a password current that an exchange brought, whatever people have done to the secret meanwhile, and
 * never takes AWSCURRENT from a password that works:
 * - the version that was replaced, or the old password with edited members: replaced, edits kept;
 * - another password is asked by one log-in: it works → it stays; refused → ours is asked by one log-in, too:
 *   it works → it is made current; refused → SupersededError.
 * @param holder what AWSCURRENT was last seen on
 * @throws SupersededError, UsernameChangedError, SecretStoreError, LockoutGuardError and what a log-in throws
 */
export async function makeCurrent(
  services: Services,
  invocation: Invocation,
  brought: Brought,
  holder: Holder,
): Promise<Ended> {
  let { target } = brought;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const verdict = await judge(services, invocation, brought, holder);
    if (verdict === 'ours already') return { versionId: holder.versionId, overtaken: false };
    if (verdict === 'works') {
      await takeOffOurs(services, invocation, brought.target, holder);
      return { versionId: holder.versionId, overtaken: true };
    }
    const value = await mergedValue(services, invocation, brought, holder);
    if (!(await storePending(services, invocation, target, value))) {
      // The version has a value already: ours with other members, or somebody else's.
      target = freshVersion(brought, holder.versionId, round);
      if (!(await storePending(services, invocation, target, value))) continue;
    }
    if (verdict === 'refused') await mustWork(services, invocation, brought, target, holder);
    if (await swapCurrent(services, invocation, { from: holder.versionId, to: target })) {
      return { versionId: target, overtaken: false };
    }
    holder = await readHolder(services, invocation, await describe(services, invocation.secretArn));
  }
  throw new SecretStoreError(
    `The secret ${invocation.secretArn} was changed again and again while a new password was to be stored. It is not ` +
      'lost: it is sealed. Stop whoever changes the secret; a retry, or the recover event, then stores it.',
  );
}

/** What AWSCURRENT holds: ours, a dead password, one that works, or one that was asked and refused. */
async function judge(
  services: Services,
  invocation: Invocation,
  brought: Brought,
  holder: Holder,
): Promise<'ours already' | 'dead' | 'works' | 'refused'> {
  const { versionId, credential } = holder;
  if (versionId === brought.oldVersion) return 'dead';
  // No credential can be read from it, so nobody can log in with it; ours must prove itself all the same.
  if (!credential) return 'refused';
  mustBeSameUser(invocation, brought, credential.username);
  if (credential.password === brought.password) return 'ours already';
  const holdsOld = (await hashPassword(credential.username, credential.password)) === brought.oldHash;
  if (holdsOld && askedJustNow(services, brought)) return 'dead';
  const proof = await prove(services, invocation, { versionId, ...credential });
  if (proof.works) return 'works';
  return holdsOld && proof.certain ? 'dead' : 'refused';
}

const askedJustNow = ({ clock }: Services, { askedAtMs }: Brought): boolean =>
  askedAtMs !== undefined && clock.nowMs() - askedAtMs < TOO_SOON_FOR_A_RESET_MS;

/**
 * One log-in with ours, before AWSCURRENT is taken from a password that was refused. It is known by its exchange,
 * not by the version: another rotation must not present it again under its own.
 */
async function mustWork(
  services: Services,
  invocation: Invocation,
  { username, password, attempt }: Brought,
  target: string,
  holder: Holder,
): Promise<void> {
  const { ledger } = services;
  const { secretArn, deadlineMs } = invocation;
  const proof = await prove(services, invocation, { versionId: attempt, username, password });
  if (proof.works) return;
  // A code that does not say that the password was at fault proves nothing yet.
  if (!proof.certain && proof.error instanceof PasswordRefusedError) throw proof.error;
  await takePendingOff(services, secretArn, target);
  await ledger.change(username, deadlineMs, (state, now) =>
    recordSuperseded(state, attempt, holder.versionId, username, now),
  );
  throw new SupersededError(
    `The secret ${secretArn} was changed after a new password of ${username} was sealed, and ThingSpace refuses both: what ` +
      `the secret holds now (version ${holder.versionId}) and the sealed one. Have M2M Support reset the password and ` +
      'store it as a new version of the secret; then rotate, or invoke the function with {"Recover": "<secret ARN>"}. ' +
      `(The sealed one can be read with \`${openingCommand(username)}\`.)`,
    { cause: proof.error },
  );
}

function mustBeSameUser({ secretArn }: Invocation, { username }: Brought, stored: string): void {
  if (credentialKey(stored) === credentialKey(username)) return;
  throw new UsernameChangedError(
    `The secret ${secretArn} names the username ${stored} now, but a new password of ${username} waits sealed for it. ` +
      'Nothing was changed and nothing is lost. Put the username back by storing a new version of the secret; or, if the ' +
      'change is meant, let the secret take the new username over: `npm run cli -- adopt --secret <its ARN>`.',
  );
}

/** The members that a person may have edited, with our password; of a value that is no credential nothing is kept. */
async function mergedValue(
  services: Services,
  invocation: Invocation,
  { password, oldVersion }: Brought,
  holder: Holder,
): Promise<string> {
  const { secretArn } = invocation;
  if (holder.credential || holder.versionId === oldVersion)
    return withPassword(secretArn, holder.value, password);
  const old = await readVersionOnce(services, invocation, oldVersion);
  if (old) return withPassword(secretArn, old.value, password);
  throw (
    holder.problem ??
    new SecretStoreError(`Version ${oldVersion} of ${secretArn} is gone. Store a new version.`)
  );
}

/** AWSPENDING may be on ours still, which stays beside a newer password. */
async function takeOffOurs(services: Services, { secretArn }: Invocation, target: string, holder: Holder) {
  const { stages } = await describe(services, secretArn);
  const labels = stages.get(target) ?? [];
  if (target !== holder.versionId && labels.includes(AWSPENDING))
    await takePendingOff(services, secretArn, target);
}

/** The same for the same history, so that a repetition stores the same bytes under the same version. */
function freshVersion({ attempt }: Brought, replaced: string, round: number): string {
  const digest = createHash('sha256').update(`${attempt} ${replaced} ${round}`).digest('hex');
  return digest.slice(0, 32);
}
