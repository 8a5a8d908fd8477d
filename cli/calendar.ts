import { closedBy, readCalendar } from '../lambda/calendar.ts';
import { closingBy } from '../lambda/ledger/closed.ts';
import type { Closing } from '../lambda/ledger/pause.ts';
import type { Desk } from './desk.ts';

/** Returns the calendar of the function; undefined where it has none, or could not be asked. */
export function calendarOf({ function: found }: Pick<Desk, 'function'>): Closing | undefined {
  const calendar = found && readCalendar(found.environment.CALENDAR ?? '');
  return calendar && closingBy(closedBy(calendar));
}
