import type { Mutant } from './mutants.ts';

const CLOSED = 'test/rotation/closed.test.ts';
const CALENDAR = 'test/rotation/calendar.test.ts';

/** The rules of the service's calendar: what waits for its opening, and what rings meanwhile. */
export const calendarMutants: Mutant[] = [
  {
    rule: 'a closed calendar keeps an exchange from beginning',
    file: 'lambda/ledger/reserve.ts',
    find: ' ??\n    wanted.begins?.closing?.refuse(state, wanted, now);',
    replace: ';',
    noticedBy: CLOSED,
  },
  {
    rule: 'a closed calendar is asked by the write that reserves the exchange',
    file: 'lambda/ledger/reserve.ts',
    find: 'wanted.begins?.closing?.refuse(',
    replace: '(wanted.exchange ? undefined : wanted.begins)?.closing?.refuse(',
    noticedBy: CLOSED,
  },
  {
    rule: 'a rotation that the calendar refuses is owed',
    file: 'lambda/ledger/closed.ts',
    find: '  owe(state, now);\n  return new DeniedError(',
    replace: '  return new DeniedError(',
    noticedBy: CLOSED,
  },
  {
    rule: 'the daily check starts no rotation while the calendar is closed',
    file: 'lambda/ledger/pause.ts',
    find: 'if (closing?.closedNow(state, now) !== undefined) {',
    replace: 'if (closing?.closedNow(state, now) === 0) {',
    noticedBy: CLOSED,
  },
  {
    rule: 'a rotation whose process died while the calendar was closed is owed',
    file: 'lambda/ledger/pause.ts',
    find: '    oweUnfinished(state, unfinished, now);\n    return closing.explains(',
    replace: '    return closing.explains(',
    noticedBy: CLOSED,
  },
  {
    rule: 'an operator opens the calendar for a day',
    file: 'lambda/ledger/closed.ts',
    find: 'now < opened.until ?',
    replace: 'opened.until > 0 ?',
    noticedBy: CLOSED,
  },
  {
    rule: 'a rotation that waits for the calendar is not a trouble',
    file: 'lambda/rotation/standing-trouble.ts',
    find: "  'RotationClosedError',\n",
    replace: '',
    noticedBy: CLOSED,
  },
  {
    rule: 'a closed calendar does not explain a rotation that failed while it was open',
    file: 'lambda/ledger/closed.ts',
    find: "trouble?.kind !== 'rotation-failing' || ",
    replace: "trouble?.kind !== 'unusable-password' || ",
    noticedBy: CLOSED,
  },
  {
    rule: 'overdue counts from the first opening after the due date',
    file: 'lambda/ledger/pause.ts',
    find: 'closing?.closedUntil(Math.max(dueAt, over ?? dueAt)) ?? over',
    replace: 'over',
    noticedBy: CLOSED,
  },
  {
    rule: 'the check’s hour is inside the window all year',
    file: 'lambda/calendar.ts',
    find: 'if (hours.includes(DEFAULT_CHECK_HOUR)) return DEFAULT_CHECK_HOUR;',
    replace: 'return DEFAULT_CHECK_HOUR;',
    noticedBy: CALENDAR,
  },
  {
    rule: 'a window without an hour for the check is refused',
    file: 'lambda/calendar.ts',
    find: 'if (checkHour(calendar) !== undefined) return [];',
    replace: 'return [];',
    noticedBy: CALENDAR,
  },
  {
    rule: 'a calendar that cannot be read fails the start',
    file: 'lambda/rotation/wiring.ts',
    find: 'if (calendar) return closingBy(closedBy(calendar));',
    replace: 'if (calendar !== null) return calendar && closingBy(closedBy(calendar));',
    noticedBy: 'test/rotation/cold-start.test.ts',
  },
];
