import { AWSCURRENT, AWSPENDING, versionLabelled } from '../secret/secrets-manager.ts';
import { describeSecret, readCurrent, readVersionOnce } from '../secret/stored-version.ts';
import { takePendingOff } from '../secret/swap.ts';
import { letOthersGoOn } from './brake.ts';
import type { Invocation } from './context.ts';
import { prove } from './log-in.ts';
import { recoverPending } from './recovery.ts';
import { describeInto, readIfInitialized } from './rotated-version.ts';
import { recordTroubleOver } from './standing-trouble.ts';

const DAY_MS = 24 * 60 * 60_000;

/**
 * Finishes or settles what is pending, and never begins an exchange. Measures the password's age, so that
 * a rotation that never ran is missed.
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
  await letOthersGoOn(invocation);
  await releasePending(invocation);
  await endTrouble(invocation, username);
}

/** A trouble is over when what AWSCURRENT holds has logged in since; where nobody has, one log-in asks it. */
async function endTrouble(invocation: Invocation, username: string): Promise<void> {
  const { ledger, metrics, secretArn, deadlineMs } = invocation;
  const { state } = await ledger.read(username, deadlineMs);
  if (state.trouble) {
    const { versionId, credential } = await readCurrent(invocation, await describeSecret(invocation));
    if (credential && state.lastGood?.versionId !== versionId) {
      const proof = await prove(invocation, versionId, credential);
      if (!proof.works) throw proof.error;
    }
    await recordTroubleOver(invocation, username);
  }
  await recordTroubleOver(invocation, secretArn);
  metrics.gauge('TroubleStands', state.credential, 0, 'None');
}

/** With AWSPENDING on a version that has a value and is not current, RotateSecret would be refused. */
async function releasePending(invocation: Invocation): Promise<void> {
  const { stages } = await describeSecret(invocation);
  const pending = versionLabelled(stages, AWSPENDING);
  if (pending === undefined || pending === versionLabelled(stages, AWSCURRENT)) return;
  if (await readVersionOnce(invocation, pending)) await takePendingOff(invocation, pending);
}
