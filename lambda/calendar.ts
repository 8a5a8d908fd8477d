import type { ClosedUntil } from './ledger/pause.ts';

/**
 * The calendar of a service: the hours of a week in which rotations may begin, and frozen days, on which none does.
 * Each function here is pure. Every boundary is on a quarter of an hour, as the offsets of the zones are: a search by
 * quarters finds each opening to the minute, also on the days on which clocks change.
 */

export const WEEK_DAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;
const TIME = /^([01]\d|2[0-3]):(00|15|30|45)$/;
const DAYS = /^\d{4}-\d{2}-\d{2}(\/\d{4}-\d{2}-\d{2})?$/;
/** The calendar is one variable of the function's environment, which may have 4 KB. */
const MAX_FROZEN = 24;
/** Longer ones are a change of the schedule. */
const MAX_FROZEN_DAYS = 31;

/**
 * `zone`: of the IANA. `window`: begins on these days; one whose `to` is not after its `from` ends on the day after.
 * `frozen`: days, or first/last of a span, by the dates of the zone.
 */
export type Calendar = {
  zone: string;
  window?: { days: (typeof WEEK_DAYS)[number][]; from: string; to: string } | undefined;
  frozen: string[];
};

/** The hour UTC of the daily checks, where no calendar wants another. */
export const DEFAULT_CHECK_HOUR = 11;

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 4 * QUARTER_MS;
const DAY_MS = 24 * HOUR_MS;
/** Beyond all frozen days of one span after another, and a week. */
const HORIZON_MS = (MAX_FROZEN * MAX_FROZEN_DAYS + 14) * DAY_MS;

/** Reads the function's variable, as the stack writes it. Undefined: it is no calendar. */
export function readCalendar(text: string): Calendar | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return isShaped(read) && faultsIn(read).length === 0 ? read : undefined;
  } catch {
    return undefined;
  }
}

/** By hand: a schema would bring more of its library into every cold start. */
function isShaped(read: unknown): read is Calendar {
  const { zone, window, frozen } = (read ?? {}) as Partial<Calendar>;
  if (typeof zone !== 'string' || !Array.isArray(frozen)) return false;
  if (!frozen.every((days) => DAYS.test(String(days)))) return false;
  if (window === undefined) return true;
  const { days, from, to } = window;
  return (
    Array.isArray(days) &&
    days.every((day) => WEEK_DAYS.includes(day)) &&
    TIME.test(String(from)) &&
    TIME.test(String(to))
  );
}

/** Returns what no single setting shows; each sentence says what to write. */
export function calendarFaults(calendar: Calendar): string[] {
  const faults = faultsIn(calendar);
  if (faults.length > 0) return faults;
  if (checkHour(calendar) !== undefined) return [];
  return [
    'window: write a longer one: the daily check, which starts a rotation that waits, runs at a fixed hour UTC, and no whole hour UTC lies in this window all year (summer time moves it)',
  ];
}

/** All but the hour of the check, which takes longer to find than a cold start should. */
function faultsIn({ zone, window, frozen }: Calendar): string[] {
  if (!isZone(zone)) return ['zone: write a time zone of the IANA, such as America/New_York or UTC'];
  if (!window && frozen.length === 0) return ['write window, or frozen, or leave the calendar out'];
  if (frozen.length > MAX_FROZEN) return [`frozen: write at most ${MAX_FROZEN} days or spans`];
  const wrong = frozen.flatMap((days, index) => {
    const length = lengthOf(days);
    if (length >= 1 && length <= MAX_FROZEN_DAYS) return [];
    return [
      `frozen[${index}]: write a day (2026-12-24) or its first and last day (2026-12-18/2027-01-04), at most ${MAX_FROZEN_DAYS} days; longer is a change of the schedule`,
    ];
  });
  if (wrong.length > 0) return wrong;
  return window && window.days.length === 0
    ? ['window.days: write at least one day, or leave window out']
    : [];
}

function isZone(zone: string): boolean {
  try {
    clockOf(zone);
    return zone !== '';
  } catch {
    return false;
  }
}

/** In days; NaN for dates that no calendar has. */
function lengthOf(days: string): number {
  const [first = '', last = first] = days.split('/');
  const isDate = (day: string) => new Date(`${day}T00:00Z`).toJSON()?.startsWith(day) ?? false;
  if (!isDate(first) || !isDate(last)) return Number.NaN;
  return (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
}

/**
 * Returns the hour UTC of the daily check: whole inside the window in each week of a year, summer time or not. It is
 * 11 where that is inside, else the first of the window. Frozen days pass, so they do not count.
 */
export function checkHour({ zone, window }: Calendar): number | undefined {
  const isOpen = opened({ zone, window, frozen: [] });
  const start = Date.UTC(2026, 0, 5);
  const fits = (hour: number) =>
    Array.from({ length: 52 }, (_, week) => start + (week * 7 * 24 + hour) * HOUR_MS).every((firstMs) =>
      Array.from({ length: 7 }, (_, day) => firstMs + day * DAY_MS).some((atMs) =>
        [0, 1, 2, 3].every((quarter) => isOpen(atMs + quarter * QUARTER_MS)),
      ),
    );
  const hours = Array.from({ length: 24 }, (_, hour) => hour).filter(fits);
  if (hours.includes(DEFAULT_CHECK_HOUR)) return DEFAULT_CHECK_HOUR;
  // Around midnight UTC the first hour of the window is the last number.
  return hours.find((hour) => !hours.includes((hour + 23) % 24)) ?? hours[0];
}

/** Returns when a closed calendar opens; undefined while it is open. */
export function closedBy(calendar: Calendar): ClosedUntil {
  const isOpen = opened(calendar);
  return (nowMs) => {
    if (isOpen(nowMs)) return undefined;
    const firstMs = Math.floor(nowMs / QUARTER_MS + 1) * QUARTER_MS;
    for (let atMs = firstMs; atMs < nowMs + HORIZON_MS; atMs += QUARTER_MS) if (isOpen(atMs)) return atMs;
    return nowMs + HORIZON_MS;
  };
}

type Local = { date: string; time: string };

function opened({ zone, window, frozen }: Calendar): (atMs: number) => boolean {
  const clock = clockOf(zone);
  const spans = frozen.map((days) => days.split('/'));
  const isFree = (date: string) => !spans.some(([first = '', last = first]) => first <= date && date <= last);
  return (atMs) => {
    const local = clock(atMs);
    if (!window) return isFree(local.date);
    const [first, last] = windowAt(window, local) ?? [];
    return first !== undefined && last !== undefined && isFree(first) && isFree(last);
  };
}

/**
 * Returns the first and the last date of the window that is open at this time. One frozen date closes all of a window
 * that crosses midnight: the check's hour may lie in the part that is frozen.
 */
function windowAt(
  { days, from, to }: NonNullable<Calendar['window']>,
  { date, time }: Local,
): [string, string] | undefined {
  const crosses = to <= from;
  const isOfToday = from <= time && (crosses || time < to);
  if (!isOfToday && !(crosses && time < to)) return undefined;
  const first = isOfToday ? date : dayBeside(date, -1);
  if (!(days as readonly string[]).includes(weekDay(first))) return undefined;
  return [first, crosses && to !== '00:00' ? dayBeside(first, 1) : first];
}

const dayBeside = (date: string, days: 1 | -1): string =>
  new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10);

const weekDay = (date: string): string => WEEK_DAYS[(new Date(date).getUTCDay() + 6) % 7] ?? '';

/** @throws RangeError for a zone that is none */
function clockOf(timeZone: string): (atMs: number) => Local {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    return {
      date: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`,
      time: `${parts.get('hour')}:${parts.get('minute')}`,
    };
  };
}
