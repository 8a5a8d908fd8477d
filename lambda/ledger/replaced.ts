import type { Presentation } from './reserve.ts';
import { leaseLives } from './reserve.ts';
import type { CredentialState } from './state.ts';

/**
 * Whether an exchange of ours has replaced the password that was presented, or is replacing it. A log-in that is refused
 * then was reserved before: afterwards no password that is being replaced is presented.
 */
export function isReplaced(
  { journal, refused }: CredentialState,
  { versionId, fingerprint }: Pick<Presentation, 'versionId' | 'fingerprint'>,
  now: number,
): boolean {
  if (refused[fingerprint.id]?.replaced) return true;
  return (
    journal.state === 'exchanging' && journal.oldVersion === versionId && leaseLives(journal.startedAt, now)
  );
}
