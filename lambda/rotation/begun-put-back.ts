import { endPutBack, forgetPutBack, type PutBack } from '../ledger/put-back.ts';
import type { CredentialState } from '../ledger/state.ts';
import { LEASE_MS } from '../ledger/times.ts';
import { AWSPREVIOUS, type SecretDescription, versionLabelled } from '../secret/secrets-manager.ts';
import { readVersion, type StoredVersion } from '../secret/stored-version.ts';
import type { Invocation } from './context.ts';

/** A put-back in the item, and whether it took effect. */
export type BegunPutBack = PutBack & { tookEffect: boolean };

/**
 * Finds out the outcome of a put-back that an invocation has begun and not ended. It took effect when AWSCURRENT is on
 * its version, or was taken from there by an edit that left the password. Otherwise its owner may still be at work,
 * or the read is older than the swap, until the lease ends.
 * @returns undefined when nothing is to be done about it now
 * @throws SecretStoreError
 */
export async function outcomeOfPutBack(
  invocation: Invocation,
  { state, now, currentIsDead }: { state: CredentialState; now: number; currentIsDead: boolean },
  { stages }: SecretDescription,
  current: StoredVersion,
): Promise<BegunPutBack | undefined> {
  const { puttingBack } = state;
  if (!puttingBack) return undefined;
  const isRefused = Object.keys(state.refused).some((id) => id.startsWith(`${current.versionId}:`));
  const tookEffect =
    !currentIsDead && !isRefused && (await holdsPutBack(invocation, puttingBack, stages, current));
  if (!tookEffect && now < puttingBack.at + LEASE_MS) return undefined;
  return { ...puttingBack, tookEffect };
}

async function holdsPutBack(
  invocation: Invocation,
  { versionId }: PutBack,
  stages: SecretDescription['stages'],
  current: StoredVersion,
): Promise<boolean> {
  if (current.versionId === versionId) return true;
  if (versionLabelled(stages, AWSPREVIOUS) !== versionId) return false;
  const before = await readVersion(invocation, versionId);
  return before?.credential !== undefined && before.credential.password === current.credential?.password;
}

/** Records and announces a put-back that took effect, once; forgets one that did not. */
export async function settlePutBack(
  { ledger, log, secretArn, deadlineMs }: Invocation,
  username: string,
  { tookEffect, ...putBack }: Omit<BegunPutBack, 'at'>,
): Promise<void> {
  const { versionId, replacedVersionId } = putBack;
  if (tookEffect)
    log('The live password is current again', { username, versionId, replaced: replacedVersionId });
  await ledger.change(username, deadlineMs, (state, now) => {
    if (tookEffect) endPutBack(state, putBack, { username, secretArn }, now);
    else forgetPutBack(state, putBack);
  });
}
