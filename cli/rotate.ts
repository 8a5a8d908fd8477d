import { randomUUID } from 'node:crypto';
import { PresentableError } from '../lambda/errors.ts';
import { AWSCURRENT, AWSPENDING, versionLabelled } from '../lambda/secret/secrets-manager.ts';
import { brakeIsOn, lookAtBrake } from './brake.ts';
import { confirmed } from './confirm.ts';
import type { Desk } from './desk.ts';
import { RotationNotDoneError, TargetError } from './errors.ts';
import { findings } from './findings.ts';
import { commandOf } from './next-words.ts';
import { look, type Sight } from './sight.ts';
import type { Named } from './target.ts';
import { type Do, type Verdict, verdictOn } from './verdict.ts';

export type RotateOptions = Named & {
  yes?: boolean;
  dryRun?: boolean;
  waitMinutes?: string;
  /** Those of the service that another credential's exchange had held. */
  held?: boolean;
  json?: boolean;
};

/** What a rotation cannot put right; it would only fail. */
const NEEDS_FIRST: ReadonlySet<Do> = new Set([
  'store',
  'store-username',
  'trial',
  'unlocked',
  'adopt',
  'open',
]);
const POLL_MS = 2_000;
const DEFAULT_WAIT_MINUTES = 20;
const MINUTE_MS = 60_000;

/**
 * Starts a rotation, or goes on with the one that is not over, and tells what happens until it is done or a
 * person must act.
 * @throws RotationNotDoneError with the function's own reason; NotConfirmedError, TargetError, AwsCallError
 */
export async function rotate(desk: Desk, options: RotateOptions): Promise<void> {
  if (options.held) return rotateHeld(desk, options);
  return start(desk, options, await lookBefore(desk, options));
}

/**
 * One after another, and none after the first that fails: if the cause is still there, it hits one only. One that
 * cannot even begin (its secret is gone, it needs a person first) keeps none of the others.
 */
async function rotateHeld(desk: Desk, { held: _, ...options }: RotateOptions): Promise<void> {
  const { terminal } = desk;
  const held = brakeIsOn(desk) ? (await lookAtBrake(desk)).held : [];
  if (held.length === 0) terminal.say('Nothing to do: no rotation is held or was held.');
  for (const secret of held) {
    const one = { ...options, secret, username: undefined };
    const startable = await lookBefore(desk, one).catch((failure: unknown) => {
      if (!(failure instanceof PresentableError)) throw failure;
      terminal.warn(`${secret} is left out: ${failure.message}`);
      return undefined;
    });
    if (startable) await start(desk, one, startable);
  }
}

type Startable = { sight: Sight; verdict: Verdict; secretArn: string; username: string };

/** @throws RotationNotDoneError where a rotation would only fail; TargetError, AwsCallError */
async function lookBefore(desk: Desk, options: RotateOptions): Promise<Startable> {
  const sight = await look(desk, options);
  const { secretArn, username } = sight;
  if (secretArn === undefined || username === undefined) {
    throw new TargetError('The secret must be known and hold a username for this: name it with --secret.');
  }
  const verdict = verdictOn(sight);
  if (sight.heldBy && !isOpen(sight)) {
    throw new RotationNotDoneError(
      `The rotation would be held: ${findings.held.means} Settle that one first (${commandOf('status', sight.heldBy.secretArn)}), ` +
        `or let the others go on (${commandOf('release', sight.heldBy.secretArn)}).`,
    );
  }
  if (NEEDS_FIRST.has(verdict.next[0].do) && verdict.finding !== 'unproven') {
    throw new RotationNotDoneError(
      `A rotation would only fail: ${findings[verdict.finding].means} Do first what \`status\` says (${verdict.next[0].do}).`,
    );
  }
  return { sight, verdict, secretArn, username };
}

async function start(
  desk: Desk,
  options: RotateOptions,
  { sight, verdict, secretArn, username }: Startable,
): Promise<void> {
  const { terminal, account, clock } = desk;
  terminal.say(`Rotates the password of ${username} (${secretArn}).`);
  terminal.say(
    'ThingSpace makes a new password, and the old one is dead at that moment: apps that cached it are refused until they ' +
      'read the secret again. The rotation logs in twice.',
  );
  if (options.dryRun) return terminal.say('Dry run: nothing was done.');
  if (verdict.finding !== 'exchanging') {
    await confirmed(terminal, options.yes, 'Rotate now?');
    const { again } = await account.rotate(secretArn, randomUUID());
    terminal.say(
      again ? 'An earlier rotation is not over: Secrets Manager goes on with that one.' : 'Started.',
    );
  } else terminal.say('A rotation is under way already; it is watched.');
  await watch(desk, { secret: secretArn }, sight, clock.nowMs() + waitMs(options));
}

/** What is under way is never held. */
const isOpen = ({ state: { journal } }: Sight): boolean => journal.state !== 'idle';

const waitMs = ({ waitMinutes }: RotateOptions): number =>
  (Number(waitMinutes) || DEFAULT_WAIT_MINUTES) * MINUTE_MS;

/** Ctrl-C ends the watching alone. */
async function watch(desk: Desk, named: Named, before: Sight, deadlineMs: number): Promise<void> {
  const { terminal, clock } = desk;
  let last = '';
  for (;;) {
    const sight = await look(desk, named);
    const line = await phaseOf(desk, sight);
    if (line !== last) terminal.say(`${new Date(sight.now).toISOString()}  ${line}`);
    last = line;
    if (isDone(before, sight)) return terminal.say('Rotated: the new password is AWSCURRENT and was tested.');
    const failed =
      sight.state.trouble && sight.state.trouble.failures !== (before.state.trouble?.failures ?? 0);
    const stuck = failed && NEEDS_FIRST.has(verdictOn(sight).next[0].do);
    if (stuck || clock.nowMs() >= deadlineMs) throw await notDone(desk, before, sight);
    await clock.sleep(POLL_MS);
  }
}

/** The ledger names each rotation that was finished. */
function isDone(before: Sight, { state, pending }: Sight): boolean {
  const { journal } = state;
  const was = before.state.journal;
  if (journal.state !== 'idle' || journal.lastToken === undefined || pending !== 'none') return false;
  return was.state !== 'idle' || was.lastToken !== journal.lastToken;
}

async function phaseOf({ store }: Desk, { state, secretArn, pending }: Sight): Promise<string> {
  const { journal, trouble } = state;
  const failing = trouble
    ? ` (on record: ${trouble.kind}${trouble.errorName ? `, ${trouble.errorName}` : ''})`
    : '';
  switch (journal.state) {
    case 'exchanging':
      return 'ThingSpace is being asked for a new password';
    case 'received':
      return `the new password is sealed; it is being stored${failing}`;
    case 'committed':
      return 'the new password is AWSCURRENT; it is being tested';
    case 'unknown':
      return `no answer that can be read came; it is settled 20 minutes after the request${failing}`;
    case 'lost':
      return 'the password is lost';
    case 'idle': {
      const { stages } = await store.describe(secretArn as string);
      const waits =
        pending !== 'none' && versionLabelled(stages, AWSPENDING) !== versionLabelled(stages, AWSCURRENT);
      return `${waits ? 'the rotation is staged; the function logs in' : 'no rotation is under way'}${failing}`;
    }
  }
}

async function notDone(desk: Desk, before: Sight, sight: Sight): Promise<RotationNotDoneError> {
  const reasons = await lastErrors(desk, before.now);
  const { means } = findings[verdictOn(sight).finding];
  const reason = reasons.at(-1);
  return new RotationNotDoneError(
    `The rotation is not done. ${means} ${reason ? `The function’s last error: ${reason}` : 'No error of the function is seen.'} ` +
      'Go on with `status`.',
  );
}

async function lastErrors(desk: Desk, sinceMs: number): Promise<string[]> {
  const group = desk.function?.logGroup;
  if (group === undefined) return [];
  try {
    const errors = await desk.surroundings.errorsSince(group, sinceMs);
    return errors.map(({ errorName, message }) => `${errorName}: ${message}`);
  } catch (failure) {
    desk.terminal.warn(`The function's log is left out: ${(failure as Error).message}`);
    return [];
  }
}
