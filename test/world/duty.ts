import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import { severityOf } from '../../lambda/alarms/severity.ts';
import { type Moment, works } from '../../local/judge/moment.ts';

const DAY_MS = 24 * 60 * 60_000;

/** Errors of a rotation that are not a trouble of its credential: a late event, or a rotation that is switched off. */
const NO_TROUBLE: ReadonlySet<string> = new Set([
  'InvalidEventError',
  'RotationNotEnabledError',
  'TokenNotStagedError',
  'StaleRotationError',
  'ExchangesHeldError',
  'RotationPausedError',
  'RotationClosedError',
]);

/** Messages that what was in the way is over. */
const ENDS: ReadonlySet<string> = new Set(['trouble-over', 'rolled-forward', 'put-back', 'kept-aside']);

/**
 * The duty to speak (G6, G11): while AWSCURRENT is seen to be dead, or the last rotation has failed and none has
 * made a password since, the daily check does not end without a message of that day.
 */
export function createDuty(violations: string[]) {
  const said: { atMs: number; event: AlarmEvent }[] = [];
  /** When the rotation that failed last was begun, and when Secrets Manager gave it up. */
  let failed: { begunAtMs: number; atMs: number; why: string } | undefined;

  return {
    published(event: AlarmEvent, atMs: number) {
      said.push({ event, atMs });
      // Whether that is so is judged where the message is read.
      if (ENDS.has(event.event)) failed = undefined;
      if (event.event === 'pause-over' && event.owed) failed = undefined;
    },
    rotated: () => {
      failed = undefined;
    },
    rotationFailed(errorName: string | undefined, begunAtMs: number, atMs: number) {
      if (errorName !== undefined && NO_TROUBLE.has(errorName)) return;
      failed = { begunAtMs, atMs, why: `a rotation has failed (${errorName ?? 'killed'})` };
    },
    /** A daily check has ended that met no fault. A pause, or the closed calendar, explains a failed rotation until the check has it started. */
    checked(moment: Moment, nowMs: number, isExplained = false) {
      if (failed && isSettled(moment, failed.begunAtMs)) failed = undefined;
      const due = [seenDead(moment), isExplained ? undefined : failed].filter(
        (one) => one !== undefined && nowMs - one.atMs >= DAY_MS,
      );
      const ofToday = said.filter(({ event, atMs }) => severityOf(event) !== 'info' && nowMs - atMs < DAY_MS);
      if (due.length > 0 && ofToday.length === 0) {
        violations.push(`nothing was said for a day although ${due.map((one) => one?.why).join(' and ')}`);
      }
    },
  };
}

/** A password was made since, and AWSCURRENT works. */
const isSettled = (moment: Moment, begunAtMs: number): boolean =>
  works(moment) &&
  moment.answers.some(
    ({ operation, accepted, atMs }) => operation === 'GetNewPassword' && accepted && atMs >= begunAtMs,
  );

/** AWSCURRENT does not work, and ThingSpace has told the function so: the last answer refused this very password. */
function seenDead(moment: Moment): { atMs: number; why: string } | undefined {
  const last = moment.answers.at(-1);
  if (works(moment) || !last || last.accepted || last.password !== moment.current) return undefined;
  return { atMs: last.atMs, why: 'AWSCURRENT is dead' };
}
