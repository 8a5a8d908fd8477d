import { recordPutBack } from './journal.ts';
import { queueAlarm } from './outbox.ts';
import type { CredentialState } from './state.ts';

/** A put-back moves AWSCURRENT from a dead password to a version whose password was proven by a log-in. */
export type PutBack = NonNullable<CredentialState['puttingBack']>;

/** The record before the swap: a process that dies after it leaves the message to the next look. */
export function beginPutBack(
  state: CredentialState,
  { versionId, replacedVersionId }: Omit<PutBack, 'at'>,
  now: number,
): void {
  state.puttingBack = { versionId, replacedVersionId, at: now };
}

/** AWSCURRENT has moved. Changes nothing when another invocation has ended this put-back already. */
export function endPutBack(
  state: CredentialState,
  { versionId, replacedVersionId }: Omit<PutBack, 'at'>,
  { username, secretArn }: { username: string; secretArn: string },
  now: number,
): void {
  if (!isBegun(state, { versionId, replacedVersionId })) return;
  delete state.puttingBack;
  recordPutBack(state, versionId, now);
  queueAlarm(state, {
    event: 'put-back',
    id: `${versionId}:put-back:${replacedVersionId}`,
    at: now,
    credential: state.credential,
    username,
    secretArn,
    versionId,
    replacedVersionId,
  });
}

/** AWSCURRENT was not moved, or what it was moved to no longer works: there is nothing to announce. */
export function forgetPutBack(state: CredentialState, putBack: Omit<PutBack, 'at'>): void {
  if (isBegun(state, putBack)) delete state.puttingBack;
}

const isBegun = (
  { puttingBack }: CredentialState,
  { versionId, replacedVersionId }: Omit<PutBack, 'at'>,
): boolean => puttingBack?.versionId === versionId && puttingBack.replacedVersionId === replacedVersionId;
