import { queueAlarm } from '../ledger/outbox.ts';
import { type CredentialState, exposure } from '../ledger/state.ts';
import { describeSecret } from '../secret/stored-version.ts';
import type { Invocation, ReadRecord } from './context.ts';

/** Further reads by the same principal within this time are noted, and not announced: a script may read in a loop. */
const QUIET_MS = 60 * 60_000;
/** So many principals are announced within that time: a role's sessions may have ever new names, and the item has a limit. */
const MAX_ANNOUNCED = 20;

/**
 * Announces that the secret's value was read out of turn, and notes it in the audit trail. EventBridge may deliver a
 * read twice; the message has the same id then.
 * @throws SecretStoreError, LedgerUnavailableError, LedgerItemError: Lambda repeats the event
 */
export async function announceRead(invocation: Invocation, read: ReadRecord): Promise<void> {
  const { ledger, deadlineMs, log } = invocation;
  const { arn } = await describeSecret(invocation);
  const username = (await ledger.usernameOf(arn)) ?? arn;
  const { who, from, agent, versionId, id } = read;
  log('The secret was read out of turn', { secretArn: arn, who, from });
  await ledger.change(
    username,
    deadlineMs,
    (state, now) => {
      const row = { attempt: id, at: read.at, actor: who, purpose: 'read', secretArn: arn, versionId };
      state.auditRows.push({ ...row, outcome: 'read', exposure: exposure(state) });
      if (!isNews(state, who, now)) return;
      queueAlarm(state, {
        event: 'secret-read',
        id: `secret-read:${id}`,
        at: now,
        credential: state.credential,
        username,
        secretArn: arn,
        who,
        from,
        agent,
        readAt: read.at,
      });
    },
    { flushAudit: true },
  );
}

/** Keeps when each principal was last announced, for an hour. */
function isNews(state: CredentialState, who: string, now: number): boolean {
  const recent = Object.entries(state.readsSaid ?? {}).filter(([, at]) => now - at < QUIET_MS);
  state.readsSaid = Object.fromEntries(recent);
  if (state.readsSaid[who] !== undefined) return false;
  if (recent.length >= MAX_ANNOUNCED) return false;
  state.readsSaid[who] = now;
  return true;
}
