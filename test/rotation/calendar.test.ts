import { describe, expect, it } from 'vitest';
import { type Calendar, calendarFaults, checkHour, closedBy, readCalendar } from '../../lambda/calendar.ts';

const weekend = (from: string, to: string, zone = 'Europe/Berlin'): Calendar => ({
  zone,
  window: { days: ['SAT', 'SUN'], from, to },
  frozen: [],
});
const frozen = (days: string[], zone = 'UTC'): Calendar => ({ zone, frozen: days });
/** When the calendar opens, as ISO 8601; undefined while it is open. */
const opens = (calendar: Calendar, at: string): string | undefined => {
  const until = closedBy(calendar)(Date.parse(at));
  return until === undefined ? undefined : new Date(until).toISOString().slice(0, 16);
};

describe('A weekly window', () => {
  it('is open from its first minute to its last, by the clock of its zone', () => {
    const calendar = weekend('02:00', '06:00');
    expect(opens(calendar, '2026-01-10T00:59:59.999Z')).toBe('2026-01-10T01:00');
    expect(opens(calendar, '2026-01-10T01:00Z')).toBeUndefined();
    expect(opens(calendar, '2026-01-10T04:59:59.999Z')).toBeUndefined();
    expect(opens(calendar, '2026-01-10T05:00Z')).toBe('2026-01-11T01:00');
    expect(opens(calendar, '2026-01-11T05:00Z')).toBe('2026-01-17T01:00');
    expect(opens(calendar, '2026-07-10T12:00Z')).toBe('2026-07-11T00:00');
  });

  it('belongs to the day on which it begins, also across midnight', () => {
    const calendar: Calendar = {
      zone: 'UTC',
      window: { days: ['SAT'], from: '22:00', to: '02:00' },
      frozen: [],
    };
    expect(opens(calendar, '2026-01-10T01:00Z')).toBe('2026-01-10T22:00');
    expect(opens(calendar, '2026-01-11T01:59Z')).toBeUndefined();
    expect(opens(calendar, '2026-01-11T02:00Z')).toBe('2026-01-17T22:00');
    expect(opens(calendar, '2026-01-11T22:00Z')).toBe('2026-01-17T22:00');
  });

  it('with equal ends is open for a whole day', () => {
    const calendar: Calendar = { ...weekend('00:00', '00:00', 'UTC') };
    expect(opens(calendar, '2026-01-09T23:59Z')).toBe('2026-01-10T00:00');
    expect(opens(calendar, '2026-01-11T23:59Z')).toBeUndefined();
    expect(opens(calendar, '2026-01-12T00:00Z')).toBe('2026-01-17T00:00');
  });

  it('opens when summer time has skipped its first minutes', () => {
    const calendar = weekend('02:30', '06:00');
    expect(opens(calendar, '2026-03-29T00:45Z')).toBe('2026-03-29T01:00');
    expect(opens(calendar, '2026-03-29T03:59Z')).toBeUndefined();
    expect(opens(calendar, '2026-03-29T04:00Z')).toBe('2026-04-04T00:30');
  });

  it('is left out on the day on which summer time has skipped all of it', () => {
    expect(opens(weekend('02:00', '03:00'), '2026-03-28T12:00Z')).toBe('2026-04-04T00:00');
  });

  it('opens at both passes of the hour that comes twice in autumn', () => {
    const calendar = weekend('02:00', '03:00');
    expect(opens(calendar, '2026-10-24T23:59Z')).toBe('2026-10-25T00:00');
    expect(opens(calendar, '2026-10-25T00:30Z')).toBeUndefined();
    expect(opens(calendar, '2026-10-25T01:59Z')).toBeUndefined();
    expect(opens(calendar, '2026-10-25T02:00Z')).toBe('2026-10-31T01:00');
  });

  it('is exact in zones whose offset is no whole hour', () => {
    expect(opens(weekend('02:00', '06:00', 'Asia/Kathmandu'), '2026-01-09T12:00Z')).toBe('2026-01-09T20:15');
    expect(opens(weekend('02:00', '06:00', 'Australia/Lord_Howe'), '2026-01-09T12:00Z')).toBe(
      '2026-01-09T15:00',
    );
  });
});

describe('Frozen days', () => {
  it('are whole days by the dates of the zone, the last one too', () => {
    const calendar = frozen(['2026-12-18/2027-01-04'], 'America/New_York');
    expect(opens(calendar, '2026-12-18T04:59Z')).toBeUndefined();
    expect(opens(calendar, '2026-12-18T05:00Z')).toBe('2027-01-05T05:00');
    expect(opens(calendar, '2027-01-05T04:59Z')).toBe('2027-01-05T05:00');
    expect(opens(calendar, '2027-01-05T05:00Z')).toBeUndefined();
  });

  it('one after another open once, after the last', () => {
    expect(opens(frozen(['2026-12-24', '2026-12-25/2026-12-31', '2027-01-01']), '2026-12-24T08:00Z')).toBe(
      '2027-01-02T00:00',
    );
  });

  it.each(['2026-01-10', '2026-01-11'])('close all of a window that crosses midnight: %s', (day) => {
    const calendar: Calendar = {
      zone: 'UTC',
      window: { days: ['SAT'], from: '22:00', to: '02:00' },
      frozen: [day],
    };
    expect(opens(calendar, '2026-01-10T22:00Z')).toBe('2026-01-17T22:00');
    expect(opens(calendar, '2026-01-11T01:59Z')).toBe('2026-01-17T22:00');
  });

  it('leave a window that ends at midnight before them', () => {
    const calendar: Calendar = {
      zone: 'UTC',
      window: { days: ['SAT'], from: '22:00', to: '00:00' },
      frozen: ['2026-01-11'],
    };
    expect(opens(calendar, '2026-01-10T23:59Z')).toBeUndefined();
    expect(opens(calendar, '2026-01-11T00:00Z')).toBe('2026-01-17T22:00');
  });
});

describe('An opening', () => {
  it.each<Calendar>([
    weekend('02:00', '03:00'),
    { ...weekend('22:30', '01:15', 'America/New_York'), frozen: ['2026-03-07/2026-03-20', '2026-11-01'] },
    frozen(['2026-03-01/2026-03-29', '2026-10-01/2026-10-25'], 'Europe/Berlin'),
  ])('is open, and the moment before it is closed, all year: %j', (calendar) => {
    const closedUntil = closedBy(calendar);
    const untils = Array.from({ length: 90 }, (_, nth) =>
      closedUntil(Date.UTC(2026, 0, 1) + nth * 389 * 15 * 60_000),
    );
    const openings = [...new Set(untils)].filter((until) => until !== undefined);
    expect(openings.length).toBeGreaterThan(1);
    expect(openings.filter((until) => closedUntil(until) !== undefined)).toEqual([]);
    expect(openings.filter((until) => closedUntil(until - 1) !== until)).toEqual([]);
  });
});

describe('The hour of the daily check', () => {
  it.each([
    [weekend('02:00', '06:00'), 1],
    [weekend('11:00', '18:00', 'UTC'), 11],
    [weekend('22:00', '02:00', 'UTC'), 22],
    [weekend('19:00', '23:00', 'America/New_York'), 0],
    [frozen(['2026-12-24']), 11],
  ])('lies inside the window in summer and in winter: %j', (calendar, hour) => {
    expect(checkHour(calendar)).toBe(hour);
  });

  it.each([weekend('02:00', '03:00'), weekend('02:30', '03:15', 'UTC')])('is none for %j', (calendar) => {
    expect(checkHour(calendar)).toBeUndefined();
    expect(calendarFaults(calendar)).toEqual([expect.stringMatching(/^window: write a longer one/)]);
  });
});

describe('A calendar', () => {
  it.each<[string, Calendar]>([
    ['zone', { ...weekend('02:00', '06:00'), zone: 'Mars/Olympus' }],
    ['zone', { ...weekend('02:00', '06:00'), zone: '' }],
    ['write window', frozen([])],
    ['window.days', { zone: 'UTC', window: { days: [], from: '02:00', to: '06:00' }, frozen: [] }],
    ['frozen[0]', frozen(['2026-02-30'])],
    ['frozen[0]', frozen(['2026-12-24/2026-12-23'])],
    ['frozen[1]', frozen(['2026-12-24', '2026-01-01/2026-02-01'])],
    ['frozen: write at most 24', frozen(Array(25).fill('2026-12-24'))],
  ])('is refused with a sentence: %s', (begin, calendar) => {
    const [fault = ''] = calendarFaults(calendar);
    expect(fault.startsWith(begin)).toBe(true);
    expect(readCalendar(JSON.stringify(calendar))).toBeUndefined();
  });

  it.each([
    '',
    '[]',
    '{"zone":"UTC"}',
    '{"zone":"UTC","frozen":[],"window":{"days":["SAT"],"from":"2","to":"06:00"}}',
    '{"zone":"UTC","frozen":["Christmas"]}',
  ])('is none: %s', (text) => {
    expect(readCalendar(text)).toBeUndefined();
  });

  it('fits into the function’s environment at its longest', () => {
    const calendar = { ...weekend('02:00', '06:00'), frozen: Array(24).fill('2026-12-01/2026-12-31') };
    const text = JSON.stringify(calendar);
    expect(readCalendar(text)).toEqual(calendar);
    expect(text.length).toBeLessThan(1_000);
  });
});
