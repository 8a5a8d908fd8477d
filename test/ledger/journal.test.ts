import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as transitions from '../../lambda/ledger/journal.ts';
import {
  adopt,
  attachEnvelope,
  begin,
  committedVersion,
  endLoss,
  finish,
  recordCommitted,
  recordLost,
  recordPutBack,
  recordReceived,
  recordRolledForward,
  recordSuperseded,
  recordUnchanged,
  recordUnknown,
} from '../../lambda/ledger/journal.ts';
import { reserve } from '../../lambda/ledger/reserve.ts';
import { type CredentialState, decodeState, exposure, type Journal } from '../../lambda/ledger/state.ts';
import { LEASE_MS } from '../../lambda/ledger/times.ts';
import { BUDGETS, exchangeOf, MINUTE_MS, NOW, SECRET_ARN, stateWith } from './attempt-request.ts';

const exchange = {
  token: 't',
  attempt: 'x',
  secretArn: SECRET_ARN,
  oldVersion: 'v1',
  oldHash: 'p1',
  startedAt: NOW,
};
const JOURNALS = {
  idle: { state: 'idle', lastToken: 'before' },
  exchanging: { state: 'exchanging', ...exchange },
  received: { state: 'received', ...exchange, receivedAt: NOW, envelope: 'first' },
  committed: { state: 'committed', ...exchange, receivedAt: NOW, versionId: 't' },
  unknown: { state: 'unknown', ...exchange },
  lost: { state: 'lost', ...exchange, since: NOW },
} satisfies Record<Journal['state'], Journal>;
type State = Journal['state'];
const STATES = Object.keys(JOURNALS) as State[];
const NEVER = ['exchangeOf', 'committedVersion'];

const stateIn = (journal: State, over: Partial<CredentialState> = {}) =>
  stateWith({ journal: structuredClone(JOURNALS[journal]), ...over });

/** An hour later, so that no lease is in the way of what the table says. */
const NEXT = exchangeOf('t2', { versionId: 'v2', password: 'p2' });
const SAID = { username: 'Fleet', token: 't', sealedUnder: 't' };
const CHANGES: Record<string, (state: CredentialState, attempt: string) => unknown> = {
  // Its caller is `reserve` alone, which checks that no other exchange is open.
  begin: (state) => reserve(state, 'x2', NEXT, BUDGETS, NOW + 60 * MINUTE_MS),
  recordReceived: (state, attempt) => recordReceived(state, attempt, 'sealed', NOW),
  recordUnknown: (state, attempt) => recordUnknown(state, attempt, 'Fleet', undefined, NOW),
  recordLost: (state, attempt) => recordLost(state, attempt, 'Fleet', NOW),
  recordUnchanged,
  recordCommitted: (state, attempt) => recordCommitted(state, attempt, 'v9', NOW),
  endLoss: (state) => endLoss(state, NOW),
  finish: (state) => finish(state, 't', 'Fleet', NOW),
  attachEnvelope: (state, attempt) => attachEnvelope(state, attempt, 'late'),
  recordSuperseded: (state, attempt) => recordSuperseded(state, attempt, 'v9', 'Fleet', NOW),
  recordRolledForward: (state, attempt) => recordRolledForward(state, attempt, SAID, NOW),
  recordPutBack: (state) => recordPutBack(state, 'v9', NOW),
  adopt: (state) => adopt(state, 'arn:another', NOW),
};
const OF_ONE_EXCHANGE = [
  'recordReceived',
  'recordUnknown',
  'recordLost',
  'recordUnchanged',
  'recordCommitted',
  'attachEnvelope',
  'recordRolledForward',
  'recordSuperseded',
];

type Row = { from: State[]; by: string; to: string };

/** The rows of the table in the comment at the head of journal.ts. */
function tableOfTheComment(): Row[] {
  const source = readFileSync(new URL('../../lambda/ledger/journal.ts', import.meta.url), 'utf8');
  const row = /^ \* {3}((?:\w+, )*\w+) +(\w+) +(\w+|\(the same\)) {2}/gm;
  return [...source.matchAll(row)]
    .map(([, from = '', by = '', to = '']) => ({ from: from.split(', ') as State[], by, to }))
    .filter(({ by }) => by !== 'by');
}

const TABLE = tableOfTheComment();

test('the table in journal.ts names every transition once', () => {
  const exported = Object.keys(transitions).filter((name) => !NEVER.includes(name));
  expect(TABLE.map(({ by }) => by).sort()).toEqual(exported.sort());
  expect(Object.keys(CHANGES).sort()).toEqual(exported.sort());
  for (const { from, to } of TABLE)
    expect(STATES).toEqual(expect.arrayContaining([...from, ...(to === '(the same)' ? [] : [to])]));
});

test.each(TABLE)(
  '$by is possible from $from alone, becomes $to, and changes no journal otherwise',
  ({ from, by, to }) => {
    for (const before of STATES) {
      const state = stateIn(before);
      CHANGES[by]?.(state, 'x');
      if (!from.includes(before)) {
        expect(state.journal, `${by} on ${before}`).toEqual(JOURNALS[before]);
        continue;
      }
      expect(state.journal, `${by} on ${before}`).not.toEqual(JOURNALS[before]);
      expect(state.journal.state, `${by} on ${before}`).toBe(to === '(the same)' ? before : to);
      expect(decodeState('fleet', JSON.parse(JSON.stringify(state))), `${by} on ${before}`).toEqual(state);
    }
  },
);

test.each(OF_ONE_EXCHANGE)('%s of another exchange changes no journal', (by) => {
  for (const before of STATES) {
    const state = stateIn(before);
    CHANGES[by]?.(state, 'another attempt');
    expect(state.journal, before).toEqual(JOURNALS[before]);
  }
});

test.each(OF_ONE_EXCHANGE.filter((by) => by !== 'recordReceived' && by !== 'attachEnvelope'))(
  '%s leaves the whole item unchanged where the table has no row',
  (by) => {
    const from = TABLE.find((row) => row.by === by)?.from ?? [];
    for (const before of STATES.filter((state) => !from.includes(state))) {
      const state = stateIn(before);
      CHANGES[by]?.(state, 'x');
      expect(state, before).toEqual(stateIn(before));
    }
  },
);

test('keeps members that a later version wrote into the journal in every transition', () => {
  for (const by of ['recordReceived', 'recordUnknown', 'recordCommitted', 'adopt']) {
    for (const before of TABLE.find((row) => row.by === by)?.from ?? []) {
      const state = stateIn(before);
      Object.assign(state.journal, { colour: 'blue' });
      CHANGES[by]?.(state, 'x');
      expect(state.journal, `${by} on ${before}`).toMatchObject({ colour: 'blue' });
    }
  }
});

test('sets an envelope aside when a transition other than the rotation’s end removes it', () => {
  const leaving: [State, (state: CredentialState) => unknown][] = [
    ['unknown', (state) => recordReceived(state, 'x', 'readable', NOW)],
    ['lost', (state) => recordReceived(state, 'x', 'readable', NOW)],
    ['unknown', (state) => recordUnchanged(state, 'x')],
    ['lost', (state) => endLoss(state, NOW)],
    ...(['received', 'unknown', 'lost'] as const).map(
      (from): [State, (state: CredentialState) => unknown] => [
        from,
        (state) => recordCommitted(state, 'x', 'v9', NOW, { overtaken: true }),
      ],
    ),
    ['received', (state) => begin(state, { ...exchange, attempt: 'x2' }, NOW)],
  ];
  for (const [from, leave] of leaving) {
    const state = stateIn(from);
    Object.assign(state.journal, { envelope: 'kept' });
    leave(state);
    expect(state.setAside, from).toEqual({ x: 'kept' });
    expect(state.journal, from).not.toMatchObject({ envelope: 'kept' });
  }
});

test('does not set an envelope aside while the journal or the secret has its password', () => {
  const staying: [State, (state: CredentialState) => unknown][] = [
    ['unknown', (state) => recordLost(state, 'x', 'Fleet', NOW)],
    ['received', (state) => recordCommitted(state, 'x', 'v9', NOW)],
    ['unknown', (state) => recordReceived(state, 'x', 'kept', NOW)],
    ['committed', (state) => finish(state, 't', 'Fleet', NOW)],
    ['committed', (state) => begin(state, { ...exchange, attempt: 'x2' }, NOW)],
  ];
  for (const [from, stay] of staying) {
    const state = stateIn(from);
    Object.assign(state.journal, { envelope: 'kept' });
    stay(state);
    expect(state.setAside, from).toEqual({});
  }
});

test('keeps an answer that cannot be read in every state of the exchange', () => {
  const state = stateIn('exchanging');
  recordUnknown(state, 'x', 'Fleet', 'unreadable', NOW);
  recordLost(state, 'x', 'Fleet', NOW);
  expect(state.journal).toMatchObject({ state: 'lost', envelope: 'unreadable' });
  expect(state.outbox).toMatchObject([{ sealedAnswer: true }, { sealedAnswer: true }]);
  // An invocation that searched the log found it late.
  recordUnknown(state, 'x', 'Fleet', 'unreadable', NOW);
  expect(state.setAside).toEqual({});
  recordUnknown(state, 'x', 'Fleet', 'another of it', NOW);
  recordUnknown(state, 'y', 'Fleet', 'of another exchange', NOW);
  expect(state.journal).toMatchObject({ envelope: 'unreadable' });
  expect(state.setAside).toEqual({ x: 'another of it', y: 'of another exchange' });
});

test('sets aside an envelope of an exchange that the journal no longer has', () => {
  const next: Journal = { ...JOURNALS.exchanging, attempt: 'next' };
  for (const journal of [JOURNALS.idle, next]) {
    for (const keep of [
      (state: CredentialState) => recordReceived(state, 'x', 'sealed', NOW),
      (state: CredentialState) => attachEnvelope(state, 'x', 'sealed'),
    ]) {
      const state = stateWith({ journal: structuredClone(journal) });
      keep(state);
      expect(state.setAside).toEqual({ x: 'sealed' });
      expect(state.journal).toEqual(journal);
    }
  }
});

test('bars the old password’s fingerprint for good when an answer is received', () => {
  const state = stateIn('exchanging');
  recordReceived(state, 'x', 'sealed', NOW);
  expect(state.refused['v1:p1']).toEqual({
    at: NOW,
    releasable: false,
    released: false,
    replaced: true,
  });
});

test('keeps a bounded number of fingerprints, the latest ones', () => {
  const refused = Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [
      `old${n}:p`,
      { at: NOW - n * MINUTE_MS, releasable: false, released: false },
    ]),
  );
  const state = stateIn('exchanging', { refused });
  recordCommitted(state, 'x', 't', NOW + 1);
  expect(Object.keys(state.refused)).toHaveLength(50);
  expect(state.refused).toHaveProperty('v1:p1');
  expect(state.refused).not.toHaveProperty('old59:p');
});

test('announces an unknown outcome and a loss once each', () => {
  const state = stateIn('exchanging');
  for (let time = 0; time < 2; time += 1) recordUnknown(state, 'x', 'Fleet', undefined, NOW);
  for (let time = 0; time < 2; time += 1) recordLost(state, 'x', 'Fleet', NOW);
  expect(state.outbox).toMatchObject([
    { event: 'password-unknown', settlesAt: NOW + 20 * MINUTE_MS, sealedAnswer: false },
    { event: 'password-lost', sealedAnswer: false },
  ]);
});

test('does not replace the first envelope of an exchange by a repetition', () => {
  const state = stateIn('received');
  recordReceived(state, 'x', 'second', NOW + 1);
  expect(state.journal).toEqual(JOURNALS.received);
});

test.each([
  ['received', (state: CredentialState) => recordReceived(state, 'x', 'sealed', NOW)],
  ['committed', (state: CredentialState) => recordCommitted(state, 'x', 't', NOW)],
])('ends the attempt of a dead owner, without a failure, when its answer is %s', (_, apply) => {
  const state = stateWith();
  expect(reserve(state, 'x', exchangeOf('t'), BUDGETS, NOW)).toBeUndefined();
  apply(state);
  expect(exposure(state)).toBe(0);
});

test('announces once for each version that it blocks a sealed password', () => {
  const state = stateIn('received');
  const published: string[] = [];
  for (const version of ['v2', 'v2', 'v3']) {
    recordSuperseded(state, 'x', version, 'Fleet', NOW);
    recordSuperseded(state, 'another attempt', version, 'Fleet', NOW);
    published.push(`${version}: ${state.outbox.splice(0).map(({ event }) => event)}`);
  }
  expect(published).toEqual(['v2: superseded', 'v2: ', 'v3: superseded']);
  expect(state.journal).toMatchObject({ state: 'received', supersededBy: 'v3', envelope: 'first' });
  const idle = stateWith();
  recordSuperseded(idle, 'x', 'v2', 'Fleet', NOW);
  expect(idle).toEqual(stateWith());
});

test('returns false, and changes nothing, when another process has settled the exchange', () => {
  const says = (from: State, change: (state: CredentialState) => boolean) => change(stateIn(from));
  const lose = (state: CredentialState) => recordLost(state, 'x', 'Fleet', NOW);
  expect(STATES.filter((from) => says(from, lose))).toEqual(['unknown', 'lost']);
  const commit = (state: CredentialState) => recordCommitted(state, 'x', 'v9', NOW);
  expect(STATES.filter((from) => says(from, commit))).toEqual(['exchanging', 'received', 'unknown', 'lost']);
  const take = (state: CredentialState) => adopt(state, 'arn:another', NOW);
  expect(STATES.filter((from) => says(from, take))).toEqual(STATES.filter((from) => from !== 'exchanging'));
});

test('announces a loss once when two invocations find it', () => {
  const state = stateIn('unknown');
  expect(recordLost(state, 'x', 'Fleet', NOW)).toBe(true);
  expect(recordLost(state, 'x', 'Fleet', NOW + 1)).toBe(true);
  expect(state.outbox.map(({ id }) => id)).toEqual(['x:password-lost']);
  expect(state.journal).toMatchObject({ since: NOW });
});

test('makes the committed version the last good one and the result of the rotation', () => {
  const state = stateIn('received');
  recordCommitted(state, 'x', 'v9', NOW + 1, { token: 'later' });
  expect(state.lastGood).toEqual({ versionId: 'v9', at: NOW + 1 });
  expect(state.journal).toMatchObject({
    token: 'later',
    versionId: 'v9',
    envelope: 'first',
    receivedAt: NOW,
  });
  expect(finish(state, 't', 'Fleet', NOW)).toBe(false);
  expect(finish(state, 'later', 'Fleet', NOW)).toBe(true);
  expect(finish(state, 'later', 'Fleet', NOW)).toBe(false);
  expect(state.journal).toEqual({ state: 'idle', lastToken: 'later', lastVersion: 'v9', receivedAt: NOW });
  expect(state.outbox.map(({ id }) => id)).toEqual(['x:password-rotated']);
});

test('Finishes the rotation whose version the daily check has committed for an earlier one', () => {
  const state = stateIn('exchanging');
  recordCommitted(state, 'x', 'later', NOW);
  expect(finish(state, 'neither', 'Fleet', NOW)).toBe(false);
  expect(finish(state, 'later', 'Fleet', NOW)).toBe(true);
  expect(state.journal).toMatchObject({ state: 'idle', lastToken: 'later', lastVersion: 'later' });
});

test('announces a roll forward once, and ends the trouble that it could not be stored', () => {
  const trouble = {
    kind: 'not-stored' as const,
    since: NOW - MINUTE_MS,
    saidAt: NOW - MINUTE_MS,
    failures: 1,
  };
  const state = stateIn('committed', { trouble });
  recordRolledForward(state, 'x', SAID, NOW);
  expect(finish(state, 't', 'Fleet', NOW)).toBe(true);
  expect(state.trouble).toBeUndefined();
  expect(state.outbox).toMatchObject([{ event: 'rolled-forward', notStoredSince: NOW - MINUTE_MS }]);
});

test('keeps any other trouble through a roll forward until a log-in proves its end', () => {
  const trouble = {
    kind: 'username-changed' as const,
    since: NOW - MINUTE_MS,
    saidAt: NOW - MINUTE_MS,
    failures: 1,
    proven: 1,
  };
  const state = stateIn('committed', { trouble });
  recordRolledForward(state, 'x', SAID, NOW);
  expect(state.trouble).toEqual(trouble);
  finish(state, 't', 'Fleet', NOW);
  expect(state.outbox.map(({ event }) => event)).toEqual(['rolled-forward', 'trouble-over']);
  const unproven = stateIn('committed', { trouble: { ...trouble, proven: 0 } });
  finish(unproven, 't', 'Fleet', NOW);
  expect(unproven.trouble).toBeDefined();
});

test('announces a refusal and the loss that it proves in one message', () => {
  const probe = {
    event: 'failed-log-in' as const,
    id: 'probe:failed-log-in',
    at: NOW,
    credential: 'fleet',
    username: 'Fleet',
    secretArn: SECRET_ARN,
    exposure: 1,
    limit: 5,
    budget: 3,
    actor: 'rotation',
    purpose: 'probe' as const,
    certainty: 'refused' as const,
    code: 'INPUT_INVALID.Password.Invalid',
    versionId: 'v1',
  };
  const told = stateIn('unknown', {
    outbox: [
      { ...probe, droppedBefore: 2 },
      { ...probe, id: 'an app', actor: 'app', purpose: 'log-in' },
    ],
  });
  recordLost(told, 'x', 'Fleet', NOW);
  expect(told.outbox).toMatchObject([
    { id: 'an app' },
    { event: 'password-lost', droppedBefore: 2, refused: { exposure: 1, versionId: 'v1', code: probe.code } },
  ]);
  const published = stateIn('unknown');
  recordLost(published, 'x', 'Fleet', NOW);
  expect(published.outbox[0]).not.toHaveProperty('refused');
});

test('reads the version of a committed exchange from the token in an item of version 0.1', () => {
  const { versionId, ...old } = JOURNALS.committed;
  expect(committedVersion(old)).toBe('t');
  expect(committedVersion(JOURNALS.committed)).toBe(versionId);
});

test('lets an operator’s newer working password overtake the sealed one', () => {
  const lastGood = { versionId: 'v5', at: NOW };
  const state = stateIn('received', { lastGood });
  recordCommitted(state, 'x', 'v5', NOW + 1, { overtaken: true });
  expect(state).toMatchObject({
    lastGood,
    journal: { state: 'committed', versionId: 'v5' },
    setAside: { x: 'first' },
  });
  // And once more while the rotation is being tested.
  expect(recordCommitted(state, 'x', 'v6', NOW + 2, { overtaken: true })).toBe(false);
  expect(state.journal).toMatchObject({ state: 'committed', versionId: 'v6', receivedAt: NOW });
  recordCommitted(state, 'x', 'v7', NOW + 3);
  expect(state.journal).toMatchObject({ versionId: 'v6' });
});

test('makes a password that was put back the last good one and the rotation’s result', () => {
  const state = stateIn('committed');
  recordPutBack(state, 'v9', NOW + 1);
  expect(state).toMatchObject({ lastGood: { versionId: 'v9', at: NOW + 1 }, journal: { versionId: 'v9' } });
  finish(state, 't', 'Fleet', NOW + 2);
  recordPutBack(state, 'v10', NOW + 3);
  expect(state.journal).toMatchObject({ state: 'idle', lastToken: 't', lastVersion: 'v10' });
});

test('does not end a loss by a success from before it was found', () => {
  const state = stateIn('lost');
  endLoss(state, NOW - 1);
  expect(state.journal.state).toBe('lost');
  // `<=` would keep the loss of a log-in that began in the same millisecond.
  endLoss(state, NOW);
  expect(state.journal).toEqual({ state: 'idle' });
});

test('gives a username to the adopting secret, except while an exchange is under way', () => {
  const state = stateIn('unknown', { secretArn: SECRET_ARN });
  adopt(state, 'arn:another', NOW);
  expect(state).toMatchObject({ secretArn: 'arn:another', journal: { secretArn: 'arn:another' } });
  const asking = stateIn('exchanging', { secretArn: SECRET_ARN });
  adopt(asking, 'arn:another', NOW);
  expect(asking).toEqual(stateIn('exchanging', { secretArn: SECRET_ARN }));
  // The owner may be dead; the old secret's events, which would find that out, no longer come.
  expect(adopt(asking, 'arn:another', NOW + LEASE_MS - 1)).toBe(false);
  expect(adopt(asking, 'arn:another', NOW + LEASE_MS)).toBe(true);
  const idle = stateIn('idle');
  expect(adopt(idle, 'arn:another', NOW)).toBe(true);
  expect(idle.secretArn).toBe('arn:another');
});

test('keeps the record of the last finished rotation when an exchange changes nothing', () => {
  const state = stateIn('committed');
  finish(state, 't', 'Fleet', NOW);
  const finished = structuredClone(state.journal);
  begin(state, { ...exchange, token: 't2', attempt: 'x2' }, NOW);
  recordUnknown(state, 'x2', 'Fleet', undefined, NOW);
  recordUnchanged(state, 'x2');
  expect(finished).toMatchObject({ state: 'idle', lastToken: 't', lastVersion: 't' });
  expect(state.journal).toEqual({ state: 'idle', lastToken: 't', lastVersion: 't' });
});
