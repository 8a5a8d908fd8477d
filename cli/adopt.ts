import { randomUUID } from 'node:crypto';
import { oneLine } from '../lambda/alarms/legible.ts';
import { noteAct } from '../lambda/ledger/acts.ts';
import { recordUnknown, adopt as takeOver } from '../lambda/ledger/journal.ts';
import { type CredentialState, exposure } from '../lambda/ledger/state.ts';
import { leaseLives } from '../lambda/ledger/times.ts';
import { operatorTool } from '../lambda/operator-tool.ts';
import { movePause } from '../lambda/rotation/pauses.ts';
import { flushAudit } from './audit-rows.ts';
import { confirmed } from './confirm.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { CommandError, UsageError } from './errors.ts';
import { commandOf } from './next-words.ts';
import type { Acting } from './options.ts';
import { findTarget, formerUsername } from './target.ts';

/**
 * Lets a secret rotate the username that AWSCURRENT names from now on: another secret rotated it so far, or this
 * one rotated another username. Run again after a failure it does what is left.
 * @throws UsageError, AdoptNotTakenError, NotConfirmedError, LedgerUnavailableError, AwsCallError and what finds the target
 */
export async function adopt(desk: Desk, options: Acting): Promise<void> {
  const { secret: named, actor, reason, yes = false } = options;
  const { terminal, ledger } = desk;
  if (named === undefined) throw new UsageError('Name the secret that is to rotate its username: --secret.');
  const { username, secret, holder } = await findTarget(desk, { secret: named });
  // The username of the last rotation is not the one that is meant, where AWSCURRENT names none that can be used.
  if (holder?.problem) throw holder.problem;
  if (username === undefined) {
    throw new UsageError('The secret names no username: store username and password in it first.');
  }
  const arn = secret?.arn ?? named;
  const former = await formerUsername(desk, arn, username);
  const { state, now } = await ledger.read(username, deadlineOf(desk));
  // Tries the change on a copy first, so that the tool asks only when the answer counts.
  if (!take(structuredClone(state), arn, username, now)) throw notNow(username);

  if (
    state.secretArn === arn &&
    state.journal.state !== 'exchanging' &&
    (await ledger.usernameOf(arn)) === username
  ) {
    return terminal.say(`No change is needed: this secret rotates ${oneLine(username)} already.`);
  }
  terminal.say(`From now on the secret ${arn} rotates ${oneLine(username)}.`);
  if (state.secretArn !== undefined && state.secretArn !== arn) {
    terminal.say(`The secret ${state.secretArn} no longer does: turn its rotation off, or delete it.`);
  }
  if (former !== undefined) terminal.say(`It no longer rotates ${oneLine(former)}.`);
  if (options.dryRun) return terminal.say('Dry run: no change was made.');
  await confirmed(terminal, yes, 'Do this?');

  const act = { id: randomUUID(), actor, reason, command: 'adopt', secretArn: arn, outcome: 'adopted' };
  // First: no rotation of the username may begin before its pause is there.
  if (former !== undefined) {
    await movePause({ ledger, secretArn: arn, deadlineMs: deadlineOf(desk) }, { former, username });
  }
  const taken = await ledger.change(username, deadlineOf(desk), (fresh, at) => {
    if (!take(fresh, arn, username, at)) return false;
    noteAct(fresh, act, exposure(fresh), at);
    return true;
  });
  if (!taken) throw notNow(username);
  if (former !== undefined) await letGo(desk, arn, former);
  await ledger.rememberUsernameOf(arn, username);
  await flushAudit(desk, username);
  terminal.say(`Done. Next: ${commandOf('rotate', arn)}`);
}

/** Takes over; an exchange whose invocation has died becomes unknown: its secret may be gone, and no other code would record it. */
function take(state: CredentialState, arn: string, username: string, now: number): boolean {
  const { journal } = state;
  if (journal.state === 'exchanging' && !leaseLives(journal.startedAt, now)) {
    recordUnknown(state, journal.attempt, username, undefined, now);
  }
  return takeOver(state, arn, now);
}

/** A sealed answer of the former username stays this secret's, until it is opened or resolved. */
async function letGo(desk: Desk, arn: string, former: string): Promise<void> {
  const left = await desk.ledger.change(former, deadlineOf(desk), (state) => {
    const { journal, secretArn } = state;
    if (journal.state !== 'idle' && journal.state !== 'committed') return journal.state;
    if (secretArn === arn) delete state.secretArn;
    return undefined;
  });
  if (left === undefined) return;
  desk.terminal.warn(
    `The last exchange of ${oneLine(former)}’s password is not resolved (${left}): see ` +
      `\`${operatorTool()} status --username '${oneLine(former)}'\` before that username is used again.`,
  );
}

function notNow(username: string): CommandError {
  return new CommandError(
    'AdoptNotTakenError',
    `ThingSpace is being asked for a new password of ${oneLine(username)} right now. No change was made: run the command again ` +
      'in 20 minutes.',
  );
}
