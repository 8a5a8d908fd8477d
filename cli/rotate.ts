import { randomUUID } from 'node:crypto';
import { oneLine } from '../lambda/alarms/legible.ts';
import { PresentableError } from '../lambda/errors.ts';
import { pauseInForce } from '../lambda/ledger/pause.ts';
import { AWSCURRENT, AWSPENDING } from '../lambda/secret/secrets-manager.ts';
import { versionLabelled } from '../lambda/secret/stored-version.ts';
import { findings } from '../lambda/situations/all.ts';
import { type Do, withoutSteps } from '../lambda/situations/steps.ts';
import { noteAsked } from './audit-rows.ts';
import { confirmed } from './confirm.ts';
import type { Desk } from './desk.ts';
import { RotationNotDoneError, TargetError, UsageError } from './errors.ts';
import type { ExitCode } from './exit-codes.ts';
import { forgetWaiting, holdsAreOn, isGone, lookAtHolds } from './holds.ts';
import { commandFor, commandOf } from './next-words.ts';
import type { Acting, By } from './options.ts';
import { look, type Sight } from './sight.ts';
import { iso, isoSeconds } from './times.ts';
import { exitCodeFor, type Verdict, verdictOn } from './verdict.ts';

/** Steps that must come before a rotation; without them it would only fail. */
const NEEDS_FIRST: ReadonlySet<Do> = new Set([
  'store',
  'store-username',
  'trial',
  'unlocked',
  'adopt',
  'open',
]);
const POLL_MS = 2_000;
const DEFAULT_WAIT_MINUTES = '20';
const MINUTE_MS = 60_000;

/**
 * Starts a rotation, or continues the one that is not over, and reports its progress until it is done or an
 * operator must act.
 * @throws RotationNotDoneError with the next event; UsageError, NotConfirmedError, TargetError, AwsCallError
 */
export async function rotate(desk: Desk, options: Acting): Promise<void> {
  if (options.held) return rotateHeld(desk, options);
  return start(desk, options, await lookBefore(desk, options));
}

/**
 * Starts the held rotations one after another, and none after the first that fails: a cause that is still there then
 * hits one only. A rotation that cannot begin (an operator must act first) does not stop the others. A rotation whose
 * secret is gone does not count.
 */
async function rotateHeld(desk: Desk, { held: _, ...options }: Acting): Promise<void> {
  const { terminal } = desk;
  const held = holdsAreOn(desk) ? (await lookAtHolds(desk)).waiting : [];
  if (held.length === 0) terminal.say('No rotation to start: none is held or was held.');
  let leftOut = 0;
  for (const secret of held) {
    const one = { ...options, secret, username: undefined };
    if (await isGone(desk, secret)) {
      if (!options.dryRun) await forgetWaiting(desk, secret);
      terminal.warn(`${secret} is gone: its rotation is no longer held.`);
      continue;
    }
    const startable = await lookBefore(desk, one).catch((failure: unknown) => {
      if (!(failure instanceof PresentableError)) throw failure;
      terminal.warn(`${secret} is left out: ${failure.message}`);
      leftOut += 1;
      return undefined;
    });
    // Secrets Manager's own retry may have rotated it meanwhile.
    if (startable?.sight.wasHeld) await start(desk, one, startable);
  }
  if (leftOut > 0) {
    throw new RotationNotDoneError(
      `${leftOut} of ${held.length} rotations were not started; each is named above.`,
    );
  }
}

type Startable = { sight: Sight; verdict: Verdict; secretArn: string; username: string };

/** @throws RotationNotDoneError where a rotation would only fail; TargetError, AwsCallError */
async function lookBefore(desk: Desk, options: Acting): Promise<Startable> {
  const sight = await look(desk, options);
  const { secretArn, username } = sight;
  if (secretArn === undefined || username === undefined) {
    throw new TargetError('The secret must be known and hold a username for this: name it with --secret.');
  }
  const verdict = verdictOn(sight);
  if (sight.heldBy && !isOpen(sight)) {
    throw new RotationNotDoneError(
      `The rotation would be held: ${findings.held.means} Resolve that one first (${commandOf('status', sight.heldBy.secretArn)}), ` +
        `or override the hold (${commandOf('release', sight.heldBy.secretArn)}).`,
    );
  }
  const pause = pauseInForce(sight.state, sight.now);
  if (pause && !isOpen(sight)) {
    throw new RotationNotDoneError(
      `The rotation would not begin: "${oneLine(pause.actor)}" has paused it until ${iso(pause.until)} ` +
        `(${oneLine(pause.reason)}). To rotate before that, end the pause (${commandOf('resume', secretArn)}), and run this again.`,
    );
  }
  if (sight.closedUntil !== undefined && !isOpen(sight)) {
    throw new RotationNotDoneError(
      `The rotation would not begin: the calendar of the service is closed until ${iso(sight.closedUntil)}. ` +
        `To rotate before that, open it for this credential and a day (${commandOf('resume', secretArn)}), and run this again.`,
    );
  }
  if (NEEDS_FIRST.has(verdict.next[0].do) && verdict.finding !== 'unproven') {
    throw new RotationNotDoneError(
      `A rotation would only fail: ${findings[verdict.finding].means} First: ${commandFor(verdict.next[0], secretArn)}`,
    );
  }
  return { sight, verdict, secretArn, username };
}

async function start(
  desk: Desk,
  options: Acting,
  { sight, verdict, secretArn, username }: Startable,
): Promise<void> {
  const { terminal, clock } = desk;
  const waitMs = readMinutes(options) * MINUTE_MS;
  terminal.say(`Rotates the password of ${username} (${secretArn}).`);
  terminal.say(
    'ThingSpace makes a new password, and the old one is dead at that moment: apps that cached it are refused until they ' +
      'read the secret again. The rotation logs in twice.',
  );
  if (options.dryRun) return terminal.say('Dry run: no change was made.');
  let watched: Watched = { before: sight, token: tokenOf(sight), isEarlier: true };
  if (verdict.finding !== 'exchanging') {
    await confirmed(terminal, options.yes, 'Rotate now?');
    watched = await callRotateSecret(desk, options, { secretArn, username, before: sight });
  } else terminal.say('A rotation is under way already; it is watched.');
  let last = sight;
  const done = terminal.onInterrupt(
    () => `Only the watching has ended. ${comesNext(last)} Look with: ${commandOf('status', secretArn)}`,
  );
  try {
    await watch(desk, secretArn, watched, clock.nowMs() + waitMs, (seen) => {
      last = seen;
    });
  } finally {
    done();
  }
}

/** The rotation that is watched, and what was seen before it. */
type Watched = {
  before: Sight;
  /** Its ClientRequestToken; undefined where it could not be seen. */
  token: string | undefined;
  /** It was begun before the command: its password may be older than the operator's wish. */
  isEarlier: boolean;
};

const tokenOf = ({ state: { journal } }: Sight): string | undefined =>
  journal.state === 'idle' ? undefined : journal.token;

/** Calls RotateSecret. While an earlier rotation is pending, Secrets Manager continues that one instead. */
async function callRotateSecret(
  desk: Desk,
  by: By,
  { secretArn, username, before }: { secretArn: string; username: string; before: Sight },
): Promise<Watched> {
  const { terminal, account } = desk;
  const token = randomUUID();
  await noteAsked(desk, username, by, { command: 'rotate', secretArn, versionId: token });
  const { again } = await account.rotate(secretArn, token);
  terminal.say(again ? 'An earlier rotation is not over: Secrets Manager continues that one.' : 'Started.');
  return again
    ? { before, token: before.pendingVersion, isEarlier: true }
    : { before, token, isEarlier: false };
}

/** Reports whether a rotation is under way: a hold never stops such a one. */
const isOpen = ({ state: { journal } }: Sight): boolean => journal.state !== 'idle';

function readMinutes({ waitMinutes = DEFAULT_WAIT_MINUTES }: Acting): number {
  const minutes = Number(waitMinutes);
  if (minutes > 0 && minutes <= 24 * 60) return minutes;
  throw new UsageError('--wait-minutes wants a number above 0, and of a day at most.');
}

async function watch(
  desk: Desk,
  secretArn: string,
  watched: Watched,
  deadlineMs: number,
  seen: (sight: Sight) => void,
): Promise<void> {
  const { before } = watched;
  const { terminal, clock } = desk;
  const said = new Set<string>();
  /** Each sentence once, with its time. */
  const say = (sight: Sight, text: string) => {
    if (said.has(text)) return;
    said.add(text);
    terminal.say(`${isoSeconds(sight.now)}  ${text}`);
  };
  for (;;) {
    const sight = await lookAgain(desk, secretArn, said);
    if (sight) {
      seen(sight);
      if (isDone(watched, sight)) return terminal.say(doneWords(watched));
      say(sight, await phaseOf(desk, sight));
      const reason = (await errorsSince(desk, secretArn, before.now)).at(-1);
      if (reason !== undefined) {
        say(sight, `The function failed: ${reason}`);
        if (mustAct(before, sight)) throw notDone(sight, reason, 1);
        say(sight, comesNext(sight));
      }
      if (clock.nowMs() >= deadlineMs) {
        throw notDone(sight, reason, exitCodeFor[findings[verdictOn(sight).finding].wellness]);
      }
    } else if (clock.nowMs() >= deadlineMs) {
      throw new RotationNotDoneError(`It cannot be seen how it ended: ${commandOf('status', secretArn)}`);
    }
    await clock.sleep(POLL_MS);
  }
}

/** Looks again; a look that fails does not end the watching, and is reported once. */
async function lookAgain(desk: Desk, secret: string, said: Set<string>): Promise<Sight | undefined> {
  try {
    return await look(desk, { secret });
  } catch (failure) {
    if (!(failure instanceof PresentableError)) throw failure;
    const text = `It could not be looked at (${failure.message}); trying again.`;
    if (!said.has(text)) desk.terminal.warn(text);
    said.add(text);
    return undefined;
  }
}

/** The ledger names each rotation that was finished: the daily check may finish another one meanwhile. */
function isDone({ before, token }: Watched, { state, pending }: Sight): boolean {
  const { journal } = state;
  const was = before.state.journal;
  if (journal.state !== 'idle' || journal.lastToken === undefined || pending !== 'none') return false;
  if (token !== undefined) return journal.lastToken === token;
  return was.state !== 'idle' || was.lastToken !== journal.lastToken;
}

function doneWords({ before, isEarlier }: Watched): string {
  const { journal } = before.state;
  if (!isEarlier || journal.state === 'idle')
    return 'Rotated: the new password is AWSCURRENT and was tested.';
  return (
    `Rotated: the password that the earlier rotation asked for at ${iso(journal.startedAt)}, before this ` +
    'command, is AWSCURRENT and was tested. To replace it too, because it leaked or was seen since: ' +
    commandOf('rotate', before.secretArn)
  );
}

/** Reports whether the rotation has failed and only an operator can help. */
function mustAct(before: Sight, sight: Sight): boolean {
  const { trouble } = sight.state;
  const failed = trouble !== undefined && trouble.failures !== (before.state.trouble?.failures ?? 0);
  return failed && NEEDS_FIRST.has(verdictOn(sight).next[0].do);
}

/** Says which event comes without the operator, and the time before which none can. */
function comesNext(sight: Sight): string {
  const { finding, next }: Verdict = verdictOn(sight);
  const until = next.find((step) => step.do === 'wait')?.until;
  const notBefore = until === undefined ? '' : ` Not before ${isoSeconds(until)}.`;
  return finding === 'well'
    ? 'No rotation is under way now.'
    : `By itself: ${findings[finding].byItself}${notBefore}`;
}

async function phaseOf({ store }: Desk, { state, secretArn, pending }: Sight): Promise<string> {
  switch (state.journal.state) {
    case 'exchanging':
      return 'ThingSpace is being asked for a new password';
    case 'received':
      return 'The new password is sealed; it is being stored';
    case 'committed':
      return 'The new password is AWSCURRENT; it is being tested';
    case 'unknown':
      return 'No readable answer came: whether the password was changed is not known';
    case 'lost':
      return 'The password is lost';
    case 'idle': {
      const { stages } = await store.describe(secretArn as string);
      const waits =
        pending !== 'none' && versionLabelled(stages, AWSPENDING) !== versionLabelled(stages, AWSCURRENT);
      return waits ? 'The rotation is staged; the function logs in' : 'The rotation has not begun yet';
    }
  }
}

function notDone(sight: Sight, reason: string | undefined, exitCode: ExitCode): RotationNotDoneError {
  const { finding, next } = verdictOn(sight);
  const command = commandFor(next[0], sight.secretArn) ?? commandOf('status', sight.secretArn);
  return new RotationNotDoneError(
    `The rotation is not done. ${findings[finding].means} ` +
      `${reason ? `The function’s last error: ${reason}` : 'No error of the function is seen.'} Next: ${command}`,
    exitCode,
  );
}

async function errorsSince(desk: Desk, secretArn: string, sinceMs: number): Promise<string[]> {
  const group = desk.function?.logGroup;
  if (group === undefined) return [];
  try {
    const errors = await desk.surroundings.errorsSince(group, secretArn, sinceMs);
    return errors.map(({ errorName, message }) => `${errorName}: ${withoutSteps(message)}`);
  } catch (failure) {
    if (!(failure instanceof PresentableError)) throw failure;
    desk.terminal.warn(`The function's log is left out: ${failure.message}`);
    return [];
  }
}
