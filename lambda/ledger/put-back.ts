import { recordPutBack } from './journal.ts';
import { queueAlarm } from './outbox.ts';
import type { CredentialState } from './state.ts';

/** A put-back moves AWSCURRENT from a dead password to a version whose password was proven by a log-in. */
export type PutBack = NonNullable<CredentialState['puttingBack']>;

/** The record before the swap: a process that dies after the swap leaves the message to the next invocation. */
export function beginPutBack(
  state: CredentialState,
  { versionId, replacedVersionId }: Omit<PutBack, 'at'>,
  now: number,
): void {
  state.puttingBack = { versionId, replacedVersionId, at: now };
}

/** Records and announces that AWSCURRENT has moved. Changes nothing when another invocation has done so already. */
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

/** Ends a put-back without a message: AWSCURRENT was not moved, or its password no longer works. */
export function forgetPutBack(state: CredentialState, putBack: Omit<PutBack, 'at'>): void {
  if (isBegun(state, putBack)) delete state.puttingBack;
}

const isBegun = (
  { puttingBack }: CredentialState,
  { versionId, replacedVersionId }: Omit<PutBack, 'at'>,
): boolean => puttingBack?.versionId === versionId && puttingBack.replacedVersionId === replacedVersionId;
