import { AWSCURRENT, AWSPENDING, versionLabelled } from '../secret/secrets-manager.ts';
import { describeSecret, readVersionOnce } from '../secret/stored-version.ts';
import { takePendingOff } from '../secret/swap.ts';
import type { Invocation } from './context.ts';
import { liftHolds } from './holds.ts';
import { recoverPending } from './recovery.ts';
import { describeInto, readIfInitialized } from './rotated-version.ts';
import { proveTroubleOver, takeTroubleOver } from './trouble-over.ts';
import { noteUnfinished } from './unfinished-rotation.ts';

const DAY_MS = 24 * 60 * 60_000;

/**
 * Finishes or settles a pending exchange, and never begins one. Measures the password's age, so that an alarm notices a
 * rotation that never ran. Announces a trouble that keeps the credential from being rotated, and the trouble's end.
 */
export async function recover(invocation: Invocation): Promise<void> {
  const { ledger, metrics, deadlineMs } = invocation;
  const secret = await describeInto(invocation);
  const current = await readIfInitialized(invocation, secret);
  if (!current) return;
  if (current.credential) {
    const { state, now } = await ledger.read(current.credential.username, deadlineMs);
    metrics.gauge('PasswordAgeDays', state.credential, (now - current.createdAt) / DAY_MS, 'None');
  }
  const { username } = await recoverPending(invocation, secret);
  await liftHolds(invocation);
  const unfinished = await unfinishedVersion(invocation);
  await takeTroubleOver(invocation, username);
  await proveTroubleOver(invocation, username);
  await noteUnfinished(invocation, username, unfinished);
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
