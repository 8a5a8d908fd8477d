import type { AttemptRequest } from './reserve.ts';
import { leaseLives } from './reserve.ts';
import type { CredentialState } from './state.ts';

/**
 * Reports whether an exchange of the automation has replaced the presented password, or is replacing it. A log-in that
 * is refused then was reserved before: afterwards the ledger grants no log-in with that password.
 */
export function isReplaced(
  { journal, refused }: CredentialState,
  { versionId, fingerprint }: Pick<AttemptRequest, 'versionId' | 'fingerprint'>,
  now: number,
): boolean {
  if (refused[fingerprint.id]?.replaced) return true;
  return (
    journal.state === 'exchanging' && journal.oldVersion === versionId && leaseLives(journal.startedAt, now)
  );
}
