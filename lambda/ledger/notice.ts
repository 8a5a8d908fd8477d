import type { Readers } from '../alarms/event.ts';
import { queueAlarm } from './outbox.ts';
import { pauseInForce } from './pause.ts';
import type { CredentialState } from './state.ts';

/** The notice of the next scheduled rotation: once for each due date. Each function here is pure. */

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** Secrets Manager rounds the date to the hour: a smaller difference is the same rotation. */
const SAME_MS = 12 * HOUR_MS;

/** Reports whether the notice of the rotation of this date is due, and was not queued before. A pause over it has none. */
export function isNoticeDue(
  { noticedFor = 0, pause }: Pick<CredentialState, 'noticedFor' | 'pause'>,
  { dueAt, days }: { dueAt: number; days: number },
  now: number,
): boolean {
  if (pauseInForce({ pause }, dueAt)) return false;
  return dueAt > now && dueAt - now <= days * DAY_MS && Math.abs(dueAt - noticedFor) > SAME_MS;
}

export type Notice = {
  username: string;
  secretArn: string;
  dueAt: number;
  days: number;
  /** As Secrets Manager's `Duration`: `4h`. */
  window: string | undefined;
  /** Where the calendar is closed in that window: when it opens. */
  opensAt?: number | undefined;
  readers: Readers;
};

/** Queues the notice and remembers its date, in one write: a retry queues it no second time. */
export function queueNotice(state: CredentialState, notice: Notice, now: number): void {
  const { days, window, opensAt, ...about } = notice;
  if (!isNoticeDue(state, notice, now)) return;
  state.noticedFor = notice.dueAt;
  queueAlarm(state, {
    event: 'rotation-soon',
    id: `rotation-soon:${notice.dueAt}:${notice.secretArn}`,
    at: now,
    credential: state.credential,
    ...about,
    ...(window === undefined ? {} : { window }),
    ...(opensAt === undefined ? {} : { opensAt }),
  });
}
