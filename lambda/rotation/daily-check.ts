import { isNoticeDue } from '../ledger/notice.ts';
import { overdueDays } from '../ledger/pause.ts';
import { CredentialNotInitializedError } from '../secret/credential.ts';
import { AWSCURRENT, AWSPENDING, type SecretDescription } from '../secret/secrets-manager.ts';
import {
  describeSecret,
  readCurrent,
  readVersionOnce,
  type StoredVersion,
  versionLabelled,
} from '../secret/stored-version.ts';
import { takePendingOff } from '../secret/swap.ts';
import type { Invocation } from './context.ts';
import { liftHolds } from './holds.ts';
import { checkPaused, movePause } from './pauses.ts';
import { recoverPending } from './recovery.ts';
import { noteUnfinished, proveTroubleOver, takeTroubleOver } from './standing-trouble.ts';

const DAY_MS = 24 * 60 * 60_000;

/**
 * Finishes or resolves a pending exchange, and never begins one. Measures the password's age, so that an alarm notices a
 * rotation that never ran. Announces a trouble that keeps the credential from being rotated, and the trouble's end.
 */
export async function recover(invocation: Invocation, secret: SecretDescription): Promise<void> {
  const { ledger, metrics, deadlineMs } = invocation;
  const current = await readIfInitialized(invocation, secret);
  if (!current) return;
  let noticeDue = false;
  if (current.credential) {
    const { state, now } = await ledger.read(current.credential.username, deadlineMs);
    const dueAt = secret.rotationEnabled ? (secret.nextRotationAt ?? 0) : 0;
    noticeDue = isNoticeDue(state, { dueAt, days: invocation.noticeDays }, now);
    const days = (now - current.createdAt) / DAY_MS;
    metrics.gauge('PasswordAgeDays', state.credential, days, 'None', (overdue) =>
      overdueDays(state, overdue, now, invocation.closing),
    );
  }
  const recovered = await recoverPending(invocation, secret);
  const { username } = recovered;
  if (recovered.found === 'clear' && recovered.former !== undefined) {
    await movePause(invocation, { former: recovered.former, username });
  }
  await liftHolds(invocation);
  const unfinished = await unfinishedVersion(invocation);
  await takeTroubleOver(invocation, username);
  await proveTroubleOver(invocation, username);
  const { rotationEnabled } = secret;
  const isExplained = await checkPaused(invocation, username, { unfinished, rotationEnabled });
  await noteUnfinished(invocation, username, { unfinished, isExplained });
  const { nextRotationAt } = secret;
  if (!noticeDue || nextRotationAt === undefined) return;
  const { announceNext } = await import('./notice.ts');
  await announceNext(invocation, username, { ...secret, nextRotationAt });
}

/**
 * Takes AWSPENDING off a version that has a value and is not current: with it, Secrets Manager would refuse
 * RotateSecret.
 * @returns the version of a rotation that has begun and brought no password yet
 */
async function unfinishedVersion(invocation: Invocation): Promise<string | undefined> {
  const { stages, rotationEnabled } = await describeSecret(invocation);
  const pending = versionLabelled(stages, AWSPENDING);
  if (pending === undefined || pending === versionLabelled(stages, AWSCURRENT)) return undefined;
  if (!(await readVersionOnce(invocation, pending))) return rotationEnabled ? pending : undefined;
  await takePendingOff(invocation, pending);
  return undefined;
}

/**
 * Reads AWSCURRENT; returns undefined for a secret without credentials, which is not a failure between deployment and
 * first use.
 */
export async function readIfInitialized(
  invocation: Invocation,
  secret: Pick<SecretDescription, 'stages'>,
): Promise<StoredVersion | undefined> {
  const { ledger, log, secretArn } = invocation;
  const empty = (failure: unknown) => {
    if (!(failure instanceof CredentialNotInitializedError)) throw failure;
    log('The secret holds no credentials yet: nothing to do', { secretArn });
    return undefined;
  };
  const current = await readCurrent(invocation, secret).catch(empty);
  if (!(current?.problem instanceof CredentialNotInitializedError)) return current;
  // A placeholder over a credential that was rotated before is a mistake, and is put right.
  return (await ledger.usernameOf(secretArn)) === undefined ? empty(current.problem) : current;
}
