import { randomUUID } from 'node:crypto';
import { oneLine } from '../lambda/alarms/legible.ts';
import { type Act, noteAct } from '../lambda/ledger/acts.ts';
import { openCalendar } from '../lambda/ledger/closed.ts';
import {
  beginPause,
  inherit,
  MAX_PAUSE_DAYS,
  pauseInForce,
  resume as takeResume,
} from '../lambda/ledger/pause.ts';
import { type CredentialState, exposure } from '../lambda/ledger/state.ts';
import { movePause } from '../lambda/rotation/pauses.ts';
import { flushAudit } from './audit-rows.ts';
import { calendarOf } from './calendar.ts';
import { confirmed } from './confirm.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { UsageError } from './errors.ts';
import { commandOf } from './next-words.ts';
import type { Acting, By } from './options.ts';
import { findTarget, formerUsername, type Named, pendingOf, usernameOf } from './target.ts';
import { DAY_MS, fullTime, HOUR_MS, isoSeconds } from './times.ts';

/**
 * Pauses the rotations of a credential until a time. A later pause replaces an earlier one.
 * @throws UsageError, NotConfirmedError, LedgerUnavailableError, LedgerItemError and what finds the target
 */
export async function pause(desk: Desk, options: Acting): Promise<void> {
  const { terminal, ledger } = desk;
  const { actor, reason } = options;
  if (reason === undefined)
    throw new UsageError(
      'A pause wants a reason for the message at its end: add --reason, such as --reason INC-1234.',
    );
  const { username, secretArn, state, now, takeAlong } = await find(desk, options);
  const until = readUntil(options.until ?? '', now);
  terminal.say(`Pauses the rotation of ${oneLine(username)} until ${isoSeconds(until)}.`);
  terminal.say(
    `Here that is ${here(until)}. Until then no rotation begins, and none counts as overdue. A rotation that is under way finishes, and recovery continues. ` +
      'The daily check after that reports the end, and starts a rotation that came due.',
  );
  const earlier = pauseInForce(state, now);
  if (earlier) terminal.say(`It replaces ${inWords(earlier)}`);
  if (options.dryRun) return terminal.say('Dry run: no change was made.');
  await confirmed(terminal, options.yes, 'Pause it?');
  const act = actOf(options, 'pause', secretArn, `until ${isoSeconds(until)}`);
  await takeAlong();
  await ledger.change(username, deadlineOf(desk), (fresh, at) => {
    beginPause(fresh, { until, actor, reason }, at);
    noteAct(fresh, act, exposure(fresh), at);
  });
  await flushAudit(desk, username);
  terminal.say(`Paused. To end it before that: ${commandOf('resume', secretArn)}`);
}

/**
 * Ends the pause of a credential's rotations, or opens a closed calendar of the service for it and a day; starts none.
 * @throws as `pause`
 */
export async function resume(desk: Desk, options: Acting): Promise<void> {
  const { terminal, ledger } = desk;
  const { actor } = options;
  const { username, secretArn, state, now, secret, takeAlong } = await find(desk, options);
  const inForce = pauseInForce(state, now);
  const closedUntil = calendarOf(desk)?.closedNow(state, now);
  const isClosed = closedUntil !== undefined;
  if (!inForce && !isClosed)
    return terminal.say(`No pause to end: the rotation of ${oneLine(username)} is not paused.`);
  if (inForce) terminal.say(`Ends ${inWords(inForce)}`);
  if (isClosed)
    terminal.say(`Opens the calendar for a day; it would be closed until ${isoSeconds(closedUntil)}.`);
  if (options.dryRun) return terminal.say('Dry run: no change was made.');
  await confirmed(terminal, options.yes, inForce ? 'End it?' : 'Open it?');
  const act = actOf(options, 'resume', secretArn, 'resumed');
  const pending = secret && (await pendingOf(desk, secret));
  const unfinished = pending?.hasValue === false ? pending.versionId : undefined;
  await takeAlong();
  const owed = await ledger.change(username, deadlineOf(desk), (fresh, at) => {
    // The message about the end names the act.
    if (isClosed || (fresh.pause && fresh.pause.endedAt === undefined))
      noteAct(fresh, act, exposure(fresh), at);
    takeResume(fresh, { username, secretArn }, { by: actor, unfinished }, at);
    if (isClosed) openCalendar(fresh, actor, at);
    return fresh.owed !== undefined;
  });
  await flushAudit(desk, username);
  const done = inForce ? 'Ended' : 'Opened';
  terminal.say(
    owed
      ? `${done}. A rotation has come due since and waits: the next daily check starts it. To start it now: ${commandOf('rotate', secretArn)}`
      : isClosed
        ? `${done}. To rotate now: ${commandOf('rotate', secretArn)}`
        : 'Ended: rotations come as scheduled.',
  );
}

async function find(desk: Desk, options: Named) {
  const target = await findTarget(desk, options);
  const username = usernameOf(target);
  const { ledger } = desk;
  const deadlineMs = deadlineOf(desk);
  const { secret } = target;
  const { state, now } = await ledger.read(username, deadlineMs);
  const secretArn = secret?.arn ?? state.secretArn ?? '';
  const found = { username, secretArn, secret, state, now };
  const former =
    secret && state.secretArn === undefined ? await formerUsername(desk, secretArn, username) : undefined;
  if (former === undefined) return { ...found, takeAlong: async () => undefined };
  // The function takes the pause along when it next looks.
  const { state: before } = await ledger.read(former, deadlineMs);
  if (before.secretArn === undefined || before.secretArn === secretArn) inherit(state, before);
  return { ...found, takeAlong: () => movePause({ ledger, secretArn, deadlineMs }, { former, username }) };
}

const actOf = ({ actor, reason }: By, command: string, secretArn: string, outcome: string): Act => ({
  id: randomUUID(),
  actor,
  command,
  outcome,
  secretArn,
  reason,
});

const inWords = ({ until, actor, reason }: NonNullable<CredentialState['pause']>): string =>
  `the pause until ${isoSeconds(until)} that "${oneLine(actor)}" has begun: ${oneLine(reason)}`;

/** As the clock on the reader's wall shows it. */
const here = (ms: number): string =>
  new Date(ms).toLocaleString('en-GB', { dateStyle: 'full', timeStyle: 'long' });

function readUntil(text: string, now: number): number {
  const [, count = '', unit] = /^(\d{1,3})([dh])$/.exec(text) ?? [];
  const until = unit === undefined ? fullTime(text) : now + Number(count) * (unit === 'd' ? DAY_MS : HOUR_MS);
  if (until > now && until <= now + MAX_PAUSE_DAYS * DAY_MS) return until;
  throw new UsageError(
    `--until wants a time to come, at most ${MAX_PAUSE_DAYS} days from now: whole with its zone (2026-01-05T08:00:00Z, ` +
      '2026-01-05T08:00:00-05:00), or so many days or hours (3d, 12h).',
  );
}
