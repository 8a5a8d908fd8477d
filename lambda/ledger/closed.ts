import { closed } from '../situations/closed.ts';
import { toDo } from '../situations/steps.ts';
import { DeniedError } from './errors.ts';
import { type ClosedUntil, type Closing, owe } from './pause.ts';
import type { CredentialState } from './state.ts';

/**
 * The service's calendar, as the ledger sees it: while it is closed, no rotation begins an exchange, by the write that a
 * pause decides, too. An operator opens it for one credential and a day (`resume`). Each function here is pure. Only a
 * function that has a calendar loads this code.
 */

const OPENED_MS = 24 * 60 * 60_000;

export const closingBy = (closedUntil: ClosedUntil): Closing => ({
  closedUntil,
  closedNow: (state, now) => closedNow(state, closedUntil, now),
  refuse: (state, { secretArn }, now) => refuseClosed(state, { secretArn, closedUntil }, now),
  explains: (state) => isExplained(state, closedUntil),
});

/** Opens the calendar for one credential and a day. */
export function openCalendar(state: CredentialState, actor: string, now: number): void {
  state.opened = { until: now + OPENED_MS, actor };
}

const closedNow = (
  { opened }: Pick<CredentialState, 'opened'>,
  closedUntil: ClosedUntil,
  now: number,
): number | undefined => (opened !== undefined && now < opened.until ? undefined : closedUntil(now));

function refuseClosed(
  state: CredentialState,
  { secretArn, closedUntil }: { secretArn: string; closedUntil: ClosedUntil },
  now: number,
): DeniedError | undefined {
  const until = closedNow(state, closedUntil, now);
  if (until === undefined) return undefined;
  owe(state, now);
  return new DeniedError(
    'RotationClosedError',
    `The calendar of the service lets no rotation of ${state.credential} begin until ${new Date(until).toISOString()}. The first ` +
      'daily check in its open hours starts it.',
    until,
    { toDo: toDo(closed.todo, { secretArn }) },
  );
}

function isExplained({ owed, trouble }: CredentialState, closedUntil: ClosedUntil): boolean {
  if (!owed || owed.startedAt !== undefined) return false;
  return trouble?.kind !== 'rotation-failing' || closedUntil(trouble.since) !== undefined;
}
