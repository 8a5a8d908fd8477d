import { paused } from '../situations/rotation.ts';
import { toDo } from '../situations/steps.ts';
import { DeniedError } from './errors.ts';
import { queueAlarm } from './outbox.ts';
import type { CredentialState } from './state.ts';

/**
 * The pause of a credential: until its end no rotation begins an exchange. Recovery, a roll forward, and every log-in
 * that is not for an exchange continue. The pause is in the credential's item, so the write that reserves the log-in of
 * an exchange decides by it, and needs no further read. Each function here is a pure change of the item.
 *
 *   by            when
 *   begin         an operator runs `pause`; a later pause replaces the earlier one
 *   refuse        a rotation is about to log in, or to exchange: it is refused, and owed
 *   check         the daily check: ends a pause whose time is over, and has an owed rotation started
 *   resume        an operator runs `resume`
 *   inherit       the secret has another username now
 *
 * The exchange that begins (`begin` in journal.ts) pays an owed rotation.
 */

type Pause = NonNullable<CredentialState['pause']>;
type About = { username: string; secretArn: string };

/** Returns when a closed calendar opens, in milliseconds since 1970; undefined while it is open. */
export type ClosedUntil = (nowMs: number) => number | undefined;

/** The calendar of the service (`closed.ts`); absent where it has none. */
export type Closing = {
  closedUntil: ClosedUntil;
  /** When it opens for this credential, which an operator may have opened it for. */
  closedNow(state: Pick<CredentialState, 'opened'>, now: number): number | undefined;
  /** Refuses the log-in, or the request, of an exchange while it is closed, and notes that its rotation is owed. */
  refuse(state: CredentialState, about: { secretArn: string }, now: number): DeniedError | undefined;
  /** Whether it is the reason that the owed rotation has not run: that has not failed while it was open. */
  explains(state: CredentialState): boolean;
};
type Checked = { unfinished: string | undefined; mayStart: boolean; closing?: Closing | undefined };

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** Longer pauses are a change of the schedule. */
export const MAX_PAUSE_DAYS = 30;
/**
 * An owed rotation is started once a day. Its failure starts the check again (`infra/recover-rules.ts`), which must not
 * start it at once.
 */
const START_AGAIN_MS = 20 * HOUR_MS;

/** Returns the pause that keeps a rotation from beginning now. */
export const pauseInForce = ({ pause }: Pick<CredentialState, 'pause'>, now: number): Pause | undefined =>
  pause && now < endOf(pause) ? pause : undefined;

const endOf = ({ until, endedAt }: Pause): number => endedAt ?? until;

/**
 * Returns the days for which a password counts as overdue: none during a pause or while the calendar is closed since the
 * due date, and none on the day after, in which the check starts the rotation.
 * @param days by which the password is older than its schedule allows
 */
export function overdueDays(
  { pause }: CredentialState,
  days: number,
  now: number,
  closing?: Closing,
): number {
  const dueAt = now - days * DAY_MS;
  const over = pause && Math.min(now, endOf(pause));
  const opensAt = closing?.closedUntil(Math.max(dueAt, over ?? dueAt)) ?? over;
  return opensAt === undefined ? days : Math.min(days, (now - Math.min(now, opensAt)) / DAY_MS - 1);
}

/** Pauses the rotations of a credential, in place of an earlier pause. */
export function beginPause(
  state: CredentialState,
  wanted: Pick<Pause, 'until' | 'actor' | 'reason'>,
  now: number,
): void {
  state.pause = { ...wanted, since: now };
}

/** Refuses the log-in, or the request, of an exchange while a pause is in force, and notes that its rotation is owed. */
export function refusePaused(
  state: CredentialState,
  { secretArn }: { secretArn: string },
  now: number,
): DeniedError | undefined {
  const pause = pauseInForce(state, now);
  if (!pause) return undefined;
  owe(state, now);
  return new DeniedError(
    'RotationPausedError',
    `An operator has paused the rotation of ${state.credential} until ${new Date(pause.until).toISOString()}. The daily check ` +
      'after that starts it.',
    pause.until,
    { toDo: toDo(paused.todo, { secretArn }) },
  );
}

/**
 * Ends a pause before its time.
 * @param unfinished as `checkPause` has it
 * @returns whether there was one to end
 */
export function resume(
  state: CredentialState,
  about: About,
  { by, unfinished }: { by: string; unfinished?: string | undefined },
  now: number,
): boolean {
  if (!state.pause || state.pause.endedAt !== undefined) return false;
  oweUnfinished(state, unfinished, now);
  end(state, about, by, now);
  return true;
}

/**
 * The part of the daily check. `waits`: a pause, or the closed calendar, explains a rotation that has begun and brought no
 * password. `starts`: the caller is to have Secrets Manager start the rotation that is owed; `again`: once more, because
 * none has begun since.
 * @param unfinished the version of a rotation that has begun and brought no password
 */
export function checkPause(
  state: CredentialState,
  about: About,
  { unfinished, mayStart, closing }: Checked,
  now: number,
): 'none' | 'waits' | 'starts' | 'again' {
  const { pause } = state;
  if (pauseInForce(state, now)) {
    // The process that Secrets Manager had invoked may have died before it noted this.
    oweUnfinished(state, unfinished, now);
    return state.owed ? 'waits' : 'none';
  }
  if (pause && pause.endedAt === undefined) {
    // No check may have run during the pause, and no process may have lived to note this.
    oweUnfinished(state, unfinished, now);
    end(state, about, undefined, now);
  }
  if (closing?.closedNow(state, now) !== undefined) {
    oweUnfinished(state, unfinished, now);
    return closing.explains(state) ? 'waits' : 'none';
  }
  const { owed } = state;
  if (!owed || !mayStart) return 'none';
  const { startedAt } = owed;
  if (startedAt !== undefined && now - startedAt < START_AGAIN_MS) return 'none';
  owed.startedAt = now;
  return startedAt === undefined ? 'starts' : 'again';
}

/** The pause of a username that the secret had before, and the rotation that it owes. */
export type Inherited = Pick<CredentialState, 'pause' | 'owed'>;

/** Takes over what the former username's item has. The pause that ends later counts. */
export function inherit(state: CredentialState, { pause, owed }: Inherited): void {
  if (pause && (!state.pause || endOf(state.pause) < endOf(pause))) state.pause = { ...pause };
  if (owed) state.owed ??= { ...owed };
}

/** Ends it for the former username, where no other pause has begun since. */
export function disinherit(state: CredentialState, { pause }: Inherited): void {
  if (state.pause?.since !== pause?.since) return;
  delete state.pause;
  delete state.owed;
}

/** A rotation that was refused is owed. */
export function owe(state: CredentialState, now: number): void {
  state.owed ??= { since: now };
}

/** Not where its exchange has begun since the secret was read: that has paid it. */
function oweUnfinished(state: CredentialState, unfinished: string | undefined, now: number): void {
  const { journal } = state;
  const begun = journal.state === 'idle' ? journal.lastToken : journal.token;
  if (unfinished !== undefined && unfinished !== begun) owe(state, now);
}

/** @param by the operator who has ended it; undefined when its time is over */
function end(state: CredentialState, about: About, by: string | undefined, now: number): void {
  const pause = state.pause as Pause;
  const { since, until, actor, reason } = pause;
  pause.endedAt = Math.min(now, until);
  queueAlarm(state, {
    event: 'pause-over',
    id: `pause-over:${since}:${about.secretArn}`,
    at: now,
    credential: state.credential,
    ...about,
    since,
    until,
    actor,
    reason,
    ...(by === undefined ? {} : { endedBy: by }),
    owed: state.owed !== undefined,
  });
}
