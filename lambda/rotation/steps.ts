import { AwsCallError } from '../aws-call.ts';
import { finished } from '../ledger/journal.ts';
import { credentialKey } from '../ledger/state.ts';
import { CredentialNotInitializedError, readCredential } from '../secret/credential.ts';
import { NothingStoredError, SecretStoreError, StaleRotationError } from './errors.ts';
import { exchange } from './exchange.ts';
import { logIn } from './log-in.ts';
import { bringToRest } from './rest.ts';
import type { Errand, Rotation } from './rotation.ts';
import { AWSCURRENT, AWSPENDING, type Current, describe, readCurrent, readVersion } from './secret.ts';

export type Step = Errand & { token: string };

const LOG_OUT_TIMEOUT_MS = 5_000;
const DAY_MS = 24 * 60 * 60_000;

/**
 * Has ThingSpace make a new password and makes it current, once per token: what an earlier invocation has
 * begun is finished or settled first.
 */
export async function createSecret(rotation: Rotation, step: Step): Promise<void> {
  const { rest, current } = await bringToRest(rotation, step);
  if (rest === 'stored') return;
  await exchange(rotation, step, current);
}

/**
 * Makes sure that the new password is stored. (There is nothing to set: ThingSpace made it.)
 * @throws NothingStoredError
 */
export async function setSecret(rotation: Rotation, step: Step): Promise<void> {
  if (await readVersion(rotation, step, step.token)) return;
  const { rest } = await bringToRest(rotation, step);
  if (rest === 'stored') return;
  throw new NothingStoredError(
    `Version ${step.token} of ${step.secretArn} holds no new password, and none is sealed. Secrets Manager begins again ` +
      'with createSecret by itself.',
  );
}

/**
 * Logs in with the new password, once, and out again.
 * @throws StaleRotationError, PasswordRefusedError, LockoutGuardError and what a log-in throws
 */
export async function testSecret(rotation: Rotation, step: Step): Promise<void> {
  const { secretArn, token, deadlineMs } = step;
  const version = await readVersion(rotation, step, token);
  if (!version) {
    // Secrets Manager runs this step alone when a schedule is set that does not rotate at once.
    if (await readIfInitialized(rotation, step)) {
      rotation.tell('No new password to test: the secret’s shape is right', { secretArn });
    }
    return;
  }
  await mustBeCurrent(rotation, step);
  const credential = readCredential(secretArn, version.value);
  const session = await logIn(rotation, step, { versionId: token, ...credential }, 'test');
  const timeoutMs = Math.max(1, Math.min(LOG_OUT_TIMEOUT_MS, deadlineMs - rotation.clock.nowMs()));
  const { outcome } = await rotation.api.logOut(session, { timeoutMs });
  rotation.tell('The new password works', { username: credential.username, token, loggedOut: outcome });
}

/** Takes AWSPENDING off, ends the journal, and says once that the password was rotated. */
export async function finishSecret(rotation: Rotation, step: Step): Promise<void> {
  const { secretArn, token, deadlineMs } = step;
  const secret = await mustBeCurrent(rotation, step);
  const current = await readCurrent(rotation, step, secret);
  if (secret.stages.get(token)?.includes(AWSPENDING)) await takePendingOff(rotation, step);
  const ended = await rotation.ledger.change(current.username, deadlineMs, (state, now) =>
    finished(state, token, current.username, now),
  );
  if (!ended) return;
  rotation.measure.count('RotationSucceeded', credentialKey(current.username));
  rotation.tell('The password was rotated', { username: current.username, secretArn, token });
}

/**
 * Finishes or settles what is pending, and never begins an exchange. Measures the password's age, so that
 * a rotation that never ran is missed.
 */
export async function recover(rotation: Rotation, errand: Errand): Promise<void> {
  const current = await readIfInitialized(rotation, errand);
  if (!current) return;
  const { state, now } = await rotation.ledger.read(current.username, errand.deadlineMs);
  rotation.measure.gauge('PasswordAgeDays', state.credential, (now - current.createdAt) / DAY_MS, 'None');
  await bringToRest(rotation, errand);
}

/** A secret that a person has yet to fill is no failure: it is so between deployment and first use. */
async function readIfInitialized(rotation: Rotation, errand: Errand): Promise<Current | undefined> {
  return readCurrent(rotation, errand).catch((failure) => {
    if (!(failure instanceof CredentialNotInitializedError)) throw failure;
    rotation.tell('The secret holds no credentials yet: nothing to do', { secretArn: errand.secretArn });
    return undefined;
  });
}

/** A late step of an earlier rotation never moves AWSCURRENT, and tests nothing that apps do not read. */
async function mustBeCurrent(rotation: Rotation, { secretArn, token }: Step) {
  const secret = await describe(rotation, secretArn);
  if (secret.stages.get(token)?.includes(AWSCURRENT)) return secret;
  throw new StaleRotationError(
    `Version ${token} of ${secretArn} is not AWSCURRENT: the step belongs to a rotation that a later change has overtaken. ` +
      'Nothing was done. If apps are refused, store a working password as a new version, then rotate.',
  );
}

async function takePendingOff({ store }: Rotation, { secretArn, token }: Step): Promise<void> {
  try {
    await store.moveStage(secretArn, AWSPENDING, { from: token });
  } catch (cause) {
    // The answer of an earlier try may have been lost: then the label is off already.
    const { stages } = await store.describe(secretArn);
    if (!stages.get(token)?.includes(AWSPENDING)) return;
    throw new SecretStoreError(
      `AWSPENDING could not be taken off version ${token} of ${secretArn} ` +
        `(${cause instanceof AwsCallError ? cause.errorName : 'unknown error'}). The new password is current and works; ` +
        'a retry cleans up.',
      { cause },
    );
  }
}
