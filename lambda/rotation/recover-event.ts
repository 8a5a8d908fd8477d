import type { Invocation, Services } from './context.ts';
import { prove } from './log-in.ts';
import { recoverPending } from './recovery.ts';
import { describeInto, readIfInitialized } from './rotated-version.ts';
import {
  AWSCURRENT,
  AWSPENDING,
  describe,
  holderOf,
  readHolder,
  readVersionOnce,
  takePendingOff,
} from './secret.ts';
import { noteOver } from './standing-trouble.ts';

const DAY_MS = 24 * 60 * 60_000;

/**
 * Finishes or settles what is pending, and never begins an exchange. Measures the password's age, so that
 * a rotation that never ran is missed.
 */
export async function recover(services: Services, invocation: Invocation): Promise<void> {
  const { ledger, metrics } = services;
  const { deadlineMs } = invocation;
  const secret = await describeInto(services, invocation);
  const holder = await readIfInitialized(services, invocation, secret);
  if (!holder) return;
  const username = holder.credential?.username;
  if (username !== undefined) {
    const { state, now } = await ledger.read(username, deadlineMs);
    metrics.gauge('PasswordAgeDays', state.credential, (now - holder.createdAt) / DAY_MS, 'None');
  }
  await recoverPending(services, invocation, secret);
  await releasePending(services, invocation);
  await endTrouble(services, invocation);
}

/** A trouble is over when what AWSCURRENT holds has logged in since; where nobody has, one log-in asks it. */
async function endTrouble(services: Services, invocation: Invocation): Promise<void> {
  const { ledger, metrics } = services;
  const username = invocation.username as string;
  const { state } = await ledger.read(username, invocation.deadlineMs);
  if (state.trouble) {
    const { versionId, credential } = await readHolder(
      services,
      invocation,
      await describe(services, invocation.secretArn),
    );
    if (credential && state.lastGood?.versionId !== versionId) {
      const proof = await prove(services, invocation, { versionId, ...credential });
      if (!proof.works) throw proof.error;
    }
  }
  if (state.trouble) await noteOver(services, invocation, username);
  await noteOver(services, invocation, invocation.secretArn);
  metrics.gauge('TroubleStands', state.credential, 0, 'None');
}

/** With AWSPENDING on a version that has a value and is not current, RotateSecret would be refused. */
async function releasePending(services: Services, invocation: Invocation): Promise<void> {
  const { stages } = await describe(services, invocation.secretArn);
  const pending = holderOf(stages, AWSPENDING);
  if (pending === undefined || pending === holderOf(stages, AWSCURRENT)) return;
  if (await readVersionOnce(services, invocation, pending)) {
    await takePendingOff(services, invocation.secretArn, pending);
  }
}
