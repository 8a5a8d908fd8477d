import { expect, test } from 'vitest';
import {
  committed,
  finished,
  lost,
  nothingChanged,
  outcomeUnknown,
  received,
  superseded,
} from '../../lambda/ledger/journal.ts';
import { reserve } from '../../lambda/ledger/reserve.ts';
import { type CredentialState, decodeState, exposure, type Journal } from '../../lambda/ledger/state.ts';
import { BUDGETS, exchangeOf, MINUTE_MS, NOW, SECRET_ARN, stateWith } from './presentation.ts';

const exchange = {
  token: 't',
  attempt: 'x',
  secretArn: SECRET_ARN,
  oldVersion: 'v1',
  oldHash: 'p1',
  startedAt: NOW,
};
const JOURNALS: Record<string, Journal> = {
  idle: { state: 'idle', lastToken: 'before' },
  exchanging: { state: 'exchanging', ...exchange },
  received: { state: 'received', ...exchange, receivedAt: NOW, envelope: 'first' },
  committed: { state: 'committed', ...exchange, receivedAt: NOW },
  unknown: { state: 'unknown', ...exchange },
  lost: { state: 'lost', ...exchange, since: NOW },
};
type Change = (state: CredentialState, attempt: string) => unknown;
const CHANGES: Record<string, Change> = {
  received: (state, attempt) => received(state, attempt, 'sealed', NOW),
  committed: (state, attempt) => committed(state, attempt, 't', NOW),
  nothingChanged: (state, attempt) => nothingChanged(state, attempt),
  outcomeUnknown: (state, attempt) => outcomeUnknown(state, attempt, 'Fleet', undefined, NOW),
  lost: (state, attempt) => lost(state, attempt, 'Fleet', NOW),
};

/** Every change on every journal: what it becomes. A dash: nothing changes. */
test.each([
  [
    'received',
    {
      idle: '-',
      exchanging: 'received',
      received: '-',
      committed: '-',
      unknown: 'received',
      lost: 'received',
    },
  ],
  [
    'committed',
    {
      idle: '-',
      exchanging: 'committed',
      received: 'committed',
      committed: '-',
      unknown: 'committed',
      lost: 'committed',
    },
  ],
  [
    'nothingChanged',
    { idle: '-', exchanging: 'idle', received: 'idle', committed: 'idle', unknown: 'idle', lost: 'idle' },
  ],
  [
    'outcomeUnknown',
    { idle: '-', exchanging: 'unknown', received: '-', committed: '-', unknown: '-', lost: '-' },
  ],
  ['lost', { idle: '-', exchanging: 'lost', received: '-', committed: '-', unknown: 'lost', lost: '-' }],
] as [string, Record<string, string>][])(
  '%s moves each journal as written here, and only for its own exchange',
  (change, table) => {
    for (const [before, after] of Object.entries(table)) {
      const own = stateWith({ journal: structuredClone(JOURNALS[before] as Journal) });
      CHANGES[change]?.(own, 'x');
      const changed = own.journal.state === before ? '-' : own.journal.state;
      expect(changed, `${change} on ${before}`).toBe(after);

      const another = stateWith({ journal: structuredClone(JOURNALS[before] as Journal) });
      CHANGES[change]?.(another, 'another attempt');
      expect(another.journal, `${change} of another exchange on ${before}`).toEqual(JOURNALS[before]);
    }
  },
);

test('every journal that a change makes can be read back from the table', () => {
  for (const [name, apply] of Object.entries(CHANGES)) {
    const state = stateWith({ journal: structuredClone(JOURNALS.exchanging as Journal) });
    apply(state, 'x');
    expect(decodeState('fleet', JSON.parse(JSON.stringify(state))), name).toEqual(state);
  }
});

test('an envelope whose turn has passed goes to the orphans', () => {
  for (const journal of [JOURNALS.idle, { ...JOURNALS.exchanging, attempt: 'next' }] as Journal[]) {
    const state = stateWith({ journal: structuredClone(journal) });
    received(state, 'x', 'sealed', NOW);
    expect(state.orphans).toEqual({ x: 'sealed' });
    expect(state.journal).toEqual(journal);
  }
});

test('an unreadable envelope is kept too: in the journal, or beside it', () => {
  const state = stateWith({ journal: structuredClone(JOURNALS.exchanging as Journal) });
  outcomeUnknown(state, 'x', 'Fleet', 'unreadable', NOW);
  lost(state, 'x', 'Fleet', NOW);
  expect(state.journal).toMatchObject({ state: 'lost', envelope: 'unreadable' });
  nothingChanged(state, 'x');
  expect(state.orphans).toEqual({ x: 'unreadable' });
  outcomeUnknown(state, 'y', 'Fleet', 'another', NOW);
  expect(state.orphans).toEqual({ x: 'unreadable', y: 'another' });
});

test('what is received bars the old password’s fingerprint at once, for good', () => {
  const state = stateWith({ journal: structuredClone(JOURNALS.exchanging as Journal) });
  received(state, 'x', 'sealed', NOW);
  expect(state.refused['v1:p1']).toEqual({ at: NOW, releasable: false, released: false });
});

test('the fingerprints kept are bounded, and the latest are kept', () => {
  const refused = Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [
      `old${n}:p`,
      { at: NOW - n * MINUTE_MS, releasable: false, released: false },
    ]),
  );
  const state = stateWith({ refused, journal: structuredClone(JOURNALS.exchanging as Journal) });
  committed(state, 'x', 't', NOW + 1);
  expect(Object.keys(state.refused)).toHaveLength(50);
  expect(state.refused).toHaveProperty('v1:p1');
  expect(state.refused).not.toHaveProperty('old59:p');
});

test('only the rotation that is committed can be finished, once', () => {
  const state = stateWith({
    journal: structuredClone(JOURNALS.committed as Journal),
    orphans: { x: 'sealed' },
  });
  expect(finished(state, 'another token', 'Fleet', NOW)).toBe(false);
  expect(finished(state, 't', 'Fleet', NOW)).toBe(true);
  expect(finished(state, 't', 'Fleet', NOW)).toBe(false);
  expect(state.journal).toEqual({ state: 'idle', lastToken: 't', receivedAt: NOW });
  expect(state.orphans).toEqual({});
  expect(state.outbox.map(({ id }) => id)).toEqual(['x:password-rotated']);
});

test('the unknown and the loss are announced, each once', () => {
  const state = stateWith({ journal: structuredClone(JOURNALS.exchanging as Journal) });
  for (let time = 0; time < 2; time += 1) outcomeUnknown(state, 'x', 'Fleet', undefined, NOW);
  for (let time = 0; time < 2; time += 1) lost(state, 'x', 'Fleet', NOW);
  expect(state.outbox).toMatchObject([
    { event: 'password-unknown', settlesAt: NOW + 20 * MINUTE_MS, sealedAnswer: false },
    { event: 'password-lost', sealedAnswer: false },
  ]);
});

test('the first envelope of an exchange stays: a repetition does not replace it', () => {
  const state = stateWith({ journal: structuredClone(JOURNALS.received as Journal) });
  received(state, 'x', 'second', NOW + 1);
  expect(state.journal).toEqual(JOURNALS.received);
});

test.each([
  ['received', (state: CredentialState) => received(state, 'x', 'sealed', NOW)],
  ['committed', (state: CredentialState) => committed(state, 'x', 't', NOW)],
])('what is %s ends the attempt whose owner died: it did not fail', (_, apply) => {
  const state = stateWith();
  expect(reserve(state, 'x', exchangeOf('t'), BUDGETS, NOW)).toBeUndefined();
  apply(state);
  expect(exposure(state)).toBe(0);
});

test('a sealed password that another version stands in the way of is announced once for each such version', () => {
  const state = stateWith({ journal: structuredClone(JOURNALS.received as Journal) });
  const published: string[] = [];
  for (const version of ['v2', 'v2', 'v3']) {
    superseded(state, 'x', version, 'Fleet', NOW);
    superseded(state, 'another attempt', version, 'Fleet', NOW);
    published.push(`${version}: ${state.outbox.splice(0).map(({ event }) => event)}`);
  }
  expect(published).toEqual(['v2: superseded', 'v2: ', 'v3: superseded']);
  expect(state.journal).toMatchObject({ state: 'received', supersededBy: 'v3', envelope: 'first' });
  const idle = stateWith();
  superseded(idle, 'x', 'v2', 'Fleet', NOW);
  expect(idle).toEqual(stateWith());
});
