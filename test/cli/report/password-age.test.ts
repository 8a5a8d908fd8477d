import { describe, expect, it } from 'vitest';
import { exceptionsIn, mayBeLocked } from '../../../cli/report/exceptions.ts';
import { isAct, type Numbered, numbered, quoted, unquoted } from '../../../cli/report/ledger-rows.ts';
import { ageAt, oldest, segmentsOf, timesOver } from '../../../cli/report/password-age.ts';
import { pausesIn } from '../../../cli/report/pauses.ts';
import { rotationsIn } from '../../../cli/report/rotations.ts';
import { DAY_MS } from '../../../cli/times.ts';
import type { AuditRow } from '../../../lambda/ledger/audit-row.ts';

const BEGIN = Date.UTC(2026, 0, 1);
const PERIOD = { fromMs: BEGIN, toMs: BEGIN + 200 * DAY_MS, endsEarly: false };
const at = (day: number) => BEGIN + day * DAY_MS;
const iso = (day: number) => new Date(at(day)).toISOString();

type Told = [day: number, purpose: string, outcome: string, more?: Partial<AuditRow>];
const rowsOf = (...told: Told[]): Numbered[] =>
  told.map(([day, purpose, outcome, more], index) => ({
    ...{ row: `L${index + 1}`, attempt: `a${index}`, at: at(day), actor: 'rotation', purpose, outcome },
    ...{ secretArn: 'arn', versionId: '', exposure: 0, ...more },
  }));
const proof = (day: number, versionId: string): Told => [day, 'log-in', 'success', { versionId }];
const issue = (day: number): Told => [day, 'exchange', 'exchanged'];
const event = (day: number, outcome: string, more: Partial<AuditRow> = {}): Told => [
  day,
  'event',
  outcome,
  more,
];
const ageOn = (day: number, ...told: Told[]) => {
  const segment = segmentsOf(rowsOf(...told), PERIOD).find(({ to }) => Date.parse(to) > at(day));
  return segment && ageAt(segment, at(day));
};

describe('The age of a password', () => {
  it('is not on record before the first row, and at least so high after a log-in with an unknown password', () => {
    expect(ageOn(5, proof(10, 'v1'))).toEqual({ known: 'no' });
    expect(ageOn(50, proof(10, 'v1'))).toEqual({ known: 'at least', atLeastDays: 40 });
  });

  it('begins with the row of the exchange, also where that is before the period', () => {
    expect(ageOn(30, proof(-20, 'v1'), issue(-20), proof(-20, 'v2'))).toEqual({ known: 'exactly', days: 50 });
  });

  it('is a range after a log-in with a new version: an edit makes one, too', () => {
    expect(ageOn(60, issue(0), proof(0, 'v1'), proof(40, 'v2'))).toEqual({
      known: 'between',
      atLeastDays: 20,
      atMostDays: 60,
    });
  });

  it('is that of the old password again when a log-in proves it after an unknown exchange', () => {
    const told = [issue(0), proof(0, 'v1'), proof(50, 'v1'), event(50, 'password-unknown')];
    expect(ageOn(60, ...told)).toEqual({ known: 'between', atLeastDays: 10, atMostDays: 60 });
    expect(ageOn(60, ...told, proof(55, 'v1'))).toEqual({ known: 'exactly', days: 60 });
  });

  it('begins between the last log-in and the row where the exchange itself is not on record', () => {
    const told = [issue(0), proof(0, 'v1'), proof(90, 'v1'), event(91, 'rolled-forward'), proof(91, 'v2')];
    expect(ageOn(100, ...told)).toEqual({ known: 'between', atLeastDays: 9, atMostDays: 10 });
  });

  it('is not that of the replaced password because its log-in was recorded late', () => {
    expect(ageOn(60, proof(0, 'v1'), issue(50), proof(50, 'v1'))).toEqual({ known: 'exactly', days: 10 });
  });

  it('is highest at the end of the oldest password', () => {
    expect(oldest(segmentsOf(rowsOf(issue(0), issue(97), issue(150)), PERIOD))).toEqual({
      known: 'exactly',
      days: 97,
    });
  });
});

describe('The limit of 90 days', () => {
  const over = (...told: Told[]) =>
    timesOver(segmentsOf(rowsOf(...told), PERIOD), 90, PERIOD.toMs).map(
      ({ fromMs, toMs, isCertain, isOpen }) => ({
        from: (fromMs - BEGIN) / DAY_MS,
        to: (toMs - BEGIN) / DAY_MS,
        isCertain,
        isOpen,
      }),
    );

  it('is passed on the day on which the password is 91 days old, and not by a rotation some hours late', () => {
    expect(over(issue(0), issue(90.9), issue(150))).toEqual([]);
    expect(over(issue(0), issue(97), issue(150))).toEqual([
      { from: 91, to: 97, isCertain: true, isOpen: false },
    ]);
  });

  it('may be passed where only a range is on record, and is passed for certain later', () => {
    expect(over(issue(0), proof(0, 'v1'), proof(40, 'v2'))).toEqual([
      { from: 91, to: 131, isCertain: false, isOpen: false },
      { from: 131, to: 200, isCertain: true, isOpen: true },
    ]);
  });
});

describe('The exceptions', () => {
  const shown = (...told: Told[]) =>
    exceptionsIn(rowsOf(...told), PERIOD).map(({ kind, from, to, momentary }) => ({
      kind,
      from,
      to,
      momentary,
    }));

  it('end with the row that ends them, and stay open without one', () => {
    expect(shown(event(10, 'password-unknown'), event(10, 'password-lost'), proof(12, 'v2'))).toMatchObject([
      { kind: 'unknown', from: iso(10), to: iso(10) },
      { kind: 'lost', from: iso(10), to: iso(12) },
    ]);
    expect(shown(event(10, 'standing-trouble', { trouble: 'held' }), proof(12, 'v1'))).toMatchObject([
      { kind: 'held', from: iso(10), to: undefined },
    ]);
  });

  it('are of the period if they reach into it', () => {
    const before = [event(-20, 'password-lost'), event(-10, 'put-back')];
    expect(shown(...before, proof(-15, 'v2'))).toEqual([]);
    expect(shown(...before, proof(5, 'v2'))).toMatchObject([{ kind: 'lost', from: iso(-20), to: iso(5) }]);
  });

  it('name a possible lock only from the number of failures on at which ThingSpace locks', () => {
    const failed = (day: number, exposure: number): Told => [day, 'log-in', 'failure', { exposure }];
    expect(mayBeLocked(rowsOf(failed(1, 4)), 5, PERIOD)).toEqual([]);
    expect(mayBeLocked(rowsOf(failed(1, 5), failed(2, 6), proof(3, 'v1')), 5, PERIOD)).toMatchObject([
      { kind: 'may-be-locked', from: iso(1), to: iso(3), rows: ['L1–L3'] },
    ]);
  });
});

it('An opened answer and a read out of turn are exceptions of a moment', () => {
  const rows = rowsOf(
    event(3, 'sealed-answer-opened', { actor: 'ann' }),
    event(4, 'secret-read', { actor: 'eve' }),
  );
  expect(exceptionsIn(rows, PERIOD)).toMatchObject([
    { kind: 'sealed-answer-opened', momentary: true },
    { kind: 'secret-read', momentary: true, rows: ['L2'] },
  ]);
  expect(rows.map(isAct)).toEqual([false, true]);
});

it('A pause lasts until its end, until another one, or until an operator ends it', () => {
  const pause = (day: number, until: number): Told => [
    day,
    'pause',
    `until ${iso(until)}`,
    { reason: 'freeze' },
  ];
  const spans = (...told: Told[]) =>
    pausesIn(rowsOf(...told), PERIOD).map(({ from, to, rows }) => ({ from, to, rows }));
  expect(
    spans(pause(-9, -5), pause(10, 13), pause(20, 40), pause(30, 35), [33, 'resume', 'resumed']),
  ).toEqual([
    { from: iso(10), to: iso(13), rows: ['L2'] },
    { from: iso(20), to: iso(30), rows: ['L3–L4'] },
    { from: iso(30), to: iso(33), rows: ['L4–L5'] },
  ]);
  expect(spans(pause(190, 210))).toEqual([{ from: iso(190), to: undefined, rows: ['L1'] }]);
});

describe('The rotations', () => {
  it('join the new password and the end of its rotation, and leave out neither where one is missing', () => {
    const rows = rowsOf(
      issue(-1),
      event(1, 'password-rotated', { token: 't1' }),
      event(90, 'rolled-forward', { token: 't2' }),
      issue(180),
    );
    expect(rotationsIn(rows, PERIOD)).toEqual([
      { issuedAt: iso(-1), finishedAt: iso(1), how: 'rotated', token: 't1', rows: ['L1–L2'] },
      { finishedAt: iso(90), how: 'rolled-forward', token: 't2', rows: ['L3'] },
      { issuedAt: iso(180), how: 'issued', rows: ['L4'] },
    ]);
  });
});

it('Rows whose clocks disagree by a part of a second are in the order of a rotation, and times never go back', () => {
  const [logIn, exchange, test] = rowsOf(proof(1, 'v1'), issue(1), [
    1,
    'test',
    'success',
    { versionId: 'v2' },
  ]);
  const told = [
    { ...test, at: at(1) + 8 },
    { ...exchange, at: at(1) + 14 },
    { ...logIn, at: at(1) + 30 },
  ] as Numbered[];
  expect(numbered(told, at(2)).map(({ row, purpose, at: ms }) => [row, purpose, ms - at(1)])).toEqual([
    ['L1', 'log-in', 30],
    ['L2', 'exchange', 30],
    ['L3', 'test', 30],
  ]);
});

it('Quotes join neighbors, and lead back to every row', () => {
  const rows = ['L1', 'L2', 'L3', 'L7', 'T8'].map((row) => ({ row }));
  expect(quoted(rows)).toEqual(['L1–L3', 'L7', 'T8']);
  expect(unquoted(quoted(rows))).toEqual(rows.map(({ row }) => row));
});
