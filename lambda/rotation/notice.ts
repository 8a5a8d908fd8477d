import type { Readers } from '../alarms/event.ts';
import { PresentableError } from '../errors.ts';
import { queueNotice } from '../ledger/notice.ts';
import type { SecretDescription } from '../secret/secrets-manager.ts';
import { describeSecret } from '../secret/stored-version.ts';
import type { Invocation } from './context.ts';

/** CloudTrail answers two lookups a second: a secret that is read 3,000 times a month takes about two minutes. */
const LISTING_MS = 5 * 60_000;
/** Kept to queue and publish the notice. */
const CLOSING_MS = 30_000;

/**
 * Announces the next scheduled rotation, with the principals that read the secret and when each last did. The reads are
 * looked up first, so a process that dies there leaves the notice to the next check.
 * @throws SecretStoreError, LedgerUnavailableError, LedgerItemError
 */
export async function announceNext(
  invocation: Invocation,
  username: string,
  { arn, name, window, nextRotationAt }: SecretDescription & { nextRotationAt: number },
): Promise<void> {
  const { ledger, clock, deadlineMs, noticeDays: days, closing } = invocation;
  const opensAt =
    closing?.closedUntil(nextRotationAt - windowMs(window)) ?? closing?.closedUntil(nextRotationAt);
  const untilMs = Math.min(clock.nowMs() + LISTING_MS, deadlineMs - CLOSING_MS);
  const readers = await listed(invocation, { arn, name }, untilMs);
  // A rotation, or a new schedule, may have moved the date in these minutes: the next check has the new one.
  const { nextRotationAt: dueNow } = await describeSecret(invocation);
  if (dueNow !== nextRotationAt) return;
  const notice = { username, secretArn: arn, dueAt: nextRotationAt, days, window, opensAt, readers };
  await ledger.change(username, deadlineMs, (state, now) => queueNotice(state, notice, now), {
    flushAudit: true,
  });
}

/** A window is whole hours; Secrets Manager takes no other. */
const windowMs = (window = ''): number => Number(/^(\d+)h$/.exec(window)?.[1] ?? 24) * 60 * 60_000;

/** The notice also comes where CloudTrail is denied or away: it says that the readers could not be listed. */
async function listed(
  { readersOf, log }: Invocation,
  secret: { arn: string; name: string | undefined },
  untilMs: number,
): Promise<Readers> {
  try {
    return await readersOf(secret, untilMs);
  } catch (failure) {
    const error = failure instanceof PresentableError ? failure : new Error('the code could not be loaded');
    log('The readers of the secret could not be listed', { failure: error.message });
    const { errorName } = error as { errorName?: string };
    return { notListed: errorName ?? error.name };
  }
}
