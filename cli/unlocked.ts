import { randomUUID } from 'node:crypto';
import { oneLine } from '../lambda/alarms/legible.ts';
import { noteAct } from '../lambda/ledger/acts.ts';
import { exposure } from '../lambda/ledger/state.ts';
import { unlocked as takeUnlocked } from '../lambda/ledger/unlocked.ts';
import { flushAudit } from './audit-rows.ts';
import { confirmed } from './confirm.ts';
import { type Desk, deadlineOf, limitsOf } from './desk.ts';
import { UsageError } from './errors.ts';
import { commandOf } from './next-words.ts';
import type { Acting } from './options.ts';
import { findTarget, usernameOf } from './target.ts';
import { fullTime, iso } from './times.ts';

/**
 * Records, on an operator's word, that M2M Support has unlocked the username.
 * @throws UsageError, UnlockNotTakenError (its name says why, `retryAt` when to come again), NotConfirmedError, LedgerUnavailableError
 */
export async function unlocked(desk: Desk, options: Acting): Promise<void> {
  const { terminal, ledger } = desk;
  const budgets = limitsOf(desk);
  const target = await findTarget(desk, options);
  const { secret } = target;
  const username = usernameOf(target);
  // Tries the change on a copy first, so that the tool asks only when the answer counts.
  const { state, now } = await ledger.read(username, deadlineOf(desk));
  const attempts = exposure(state);
  const unlockedAt = readTime(options.at ?? '', now);
  const vain = takeUnlocked(structuredClone(state), budgets, now, unlockedAt);
  if (vain) throw vain;

  terminal.say(
    `${attempts} of ${budgets.limit} consecutive failed log-ins of ${oneLine(username)} are counted. This sets them to 0.`,
  );
  const when = iso(unlockedAt);
  await confirmed(terminal, options.yes, `Has M2M Support unlocked the username at ${when}?`);

  const act = {
    id: randomUUID(),
    actor: options.actor,
    reason: options.reason,
    command: 'unlocked',
    secretArn: secret?.arn ?? state.secretArn ?? '',
    outcome: 'unlocked',
  };
  const refusal = await ledger.change(username, deadlineOf(desk), (fresh, at) => {
    const notTaken = takeUnlocked(fresh, budgets, at, unlockedAt);
    if (!notTaken) noteAct(fresh, act, 0, at);
    return notTaken;
  });
  if (refusal) throw refusal;
  await flushAudit(desk, username);
  terminal.say(
    'The count is 0. Store the password that support gave you as a new version of the secret, then:',
  );
  terminal.say(`  ${commandOf('trial', secret?.arn ?? state.secretArn)}`);
}

function readTime(text: string, now: number): number {
  const time = fullTime(text);
  if (Number.isNaN(time) || time > now) {
    throw new UsageError(
      'Say when support unlocked the username, as a whole time with its zone that is past: --at 2026-01-05T03:10:00Z.',
    );
  }
  return time;
}
