import * as v from 'valibot';
import { type Calendar, calendarFaults, WEEK_DAYS } from '../lambda/calendar.ts';
import type { Config } from './config.ts';
import { list, object, oneOf, text } from './config-shapes.ts';

const time = text(/^([01]\d|2[0-3]):(00|15|30|45)$/, 'write a time on a quarter of an hour, such as 02:00');

/** `calendarFits` has the rules that no single setting shows. */
export const calendarSchema = object({
  zone: v.optional(v.string('write a time zone of the IANA, such as America/New_York'), 'UTC'),
  window: v.optional(object({ days: list(oneOf(WEEK_DAYS)), from: time, to: time })),
  frozen: v.optional(
    list(
      text(
        /^\d{4}-\d{2}-\d{2}(\/\d{4}-\d{2}-\d{2})?$/,
        'write a day (2026-12-24) or its first and last day (2026-12-18/2027-01-04)',
      ),
    ),
    [],
  ),
});

export function* calendarFits({ calendar }: Config) {
  if (!calendar) return;
  for (const fault of calendarFaults(calendar as Calendar)) {
    yield fault.startsWith('write') ? `calendar: ${fault}` : `calendar.${fault}`;
  }
}
