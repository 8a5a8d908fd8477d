import { expect, test } from 'vitest';
import { BudgetsError, budgets } from '../../lambda/ledger/budgets.ts';
import { fingerprint, hashPassword } from '../../lambda/ledger/fingerprint.ts';
import { LedgerItemError, SCHEMA } from '../../lambda/ledger/items.ts';
import { credentialKey, decodeState, newState } from '../../lambda/ledger/state.ts';

test('reads a missing item as a username without failures', () => {
  const missing = decodeState('fleet', {});
  expect(missing).toEqual(newState('fleet'));
  expect(missing).toEqual({
    credential: 'fleet',
    schema: SCHEMA,
    revision: 0,
    recentWrites: [],
    auditRows: [],
    outbox: [],
    outboxDropped: 0,
    failed: 0,
    inFlight: {},
    lastEndedAt: 0,
    presented: [],
    refused: {},
    unknowns: 0,
    lastUnknownAt: 0,
    guardClosedSaid: false,
    journal: { state: 'idle' },
    setAside: {},
    orphanItems: [],
  });
});

test('shares no member between two new items', () => {
  const one = decodeState('fleet', {});
  one.presented.push('v1');
  one.inFlight.x = {} as never;
  Object.assign(one.journal, { lastToken: 't' });
  expect(decodeState('fleet', {})).toMatchObject({ presented: [], inFlight: {}, journal: { state: 'idle' } });
  expect(decodeState('fleet', {}).journal).toEqual({ state: 'idle' });
});

test('reads an item of an earlier version without later members', () => {
  const old = { credential: 'fleet', revision: 3, failed: 2, inFlight: {} };
  expect(decodeState('fleet', old)).toEqual({ ...newState('fleet'), revision: 3, failed: 2 });
});

const ROW = {
  attempt: 'attempt-1',
  at: 1,
  actor: 'an app',
  purpose: 'log-in',
  secretArn: 'arn:fleet',
  versionId: 'v1',
  outcome: 'failure',
  exposure: 1,
};

test('keeps members that this version does not know, at every depth', () => {
  const item = {
    ...newState('fleet'),
    failed: 1,
    colour: 'blue',
    journal: { state: 'idle', lastToken: 't', shape: { round: true } },
    refused: { 'v1:p1': { at: 1, releasable: false, released: false, reason: 'a later one' } },
    auditRows: [{ ...ROW, region: 'a later one' }],
  };
  expect(decodeState('fleet', structuredClone(item))).toEqual(item);
});

test('fails closed at an item that a later version has reserved, and names that version', () => {
  const item = { ...newState('fleet'), schema: SCHEMA + 1 };
  expect(() => decodeState('fleet', item)).toThrow(LedgerItemError);
  expect(() => decodeState('fleet', item)).toThrow(
    /later version of the software.*nothing is presented or changed/,
  );
});

test('gives an item of an earlier schema the present schema at the next write', () => {
  expect(decodeState('fleet', { ...newState('fleet'), schema: SCHEMA - 1 }).schema).toBe(SCHEMA);
});

test('sets aside the envelopes that version 0.1 kept inside the item', () => {
  const { setAside, orphanItems, ...old } = newState('fleet');
  const decoded = decodeState('fleet', { ...old, orphans: { x: 'sealed' } });
  expect(decoded).toEqual({ ...newState('fleet'), setAside: { x: 'sealed' } });
});

test('names the place and the remedy, and no value, of an item that cannot be read', () => {
  const item = {
    ...newState('fleet'),
    failed: 'MARKER',
    outbox: [{ id: 'MARKER' }],
    journal: { state: 'MARKER' },
  };
  const failure = (() => {
    try {
      return decodeState('fleet', item);
    } catch (error) {
      return error as Error;
    }
  })();
  expect(failure).toBeInstanceOf(LedgerItemError);
  expect((failure as Error).message).toMatch(/failed.*journal.*outbox.*point-in-time recovery/s);
  expect((failure as Error).message).not.toContain('MARKER');
});

test('shares one item between usernames that differ in letter case only', () => {
  expect(credentialKey('FLEET-Api')).toBe(credentialKey('fleet-aPI'));
});

test('gives one hash to one password of one username in any letter case, and no other', async () => {
  const hash = await hashPassword('Fleet', 'Secret 1');
  expect(await hashPassword('fLEET', 'Secret 1')).toBe(hash);
  expect(await hashPassword('Fleet', 'secret 1')).not.toBe(hash);
  expect(await hashPassword('Fleet', 'Secret 1 ')).not.toBe(hash);
  expect(await hashPassword('Fleet2', 'Secret 1')).not.toBe(hash);
});

test('distinguishes versions by the fingerprint and passwords by its hash, and shows neither', async () => {
  const one = await fingerprint('Fleet', 'v1', 'Secret 1');
  const two = await fingerprint('Fleet', 'v2', 'Secret 1');
  expect(one.id).not.toBe(two.id);
  expect(one.hash).toBe(two.hash);
  expect(JSON.stringify([one, two])).not.toContain('Secret 1');
});

test('accepts usual budgets, and a rotation budget of the whole budget', () => {
  expect(budgets({ limit: 5, budget: 3, rotation: 2 })).toEqual({ limit: 5, budget: 3, rotation: 2 });
  expect(budgets({ limit: 2, budget: 1, rotation: 1 })).toEqual({ limit: 2, budget: 1, rotation: 1 });
});

test.each([
  [
    'a budget at the limit',
    { limit: 5, budget: 5, rotation: 2 },
    'LOCKOUT_BUDGET must be below LOCKOUT_LIMIT',
  ],
  [
    'a budget above the limit',
    { limit: 5, budget: 6, rotation: 2 },
    'LOCKOUT_BUDGET must be below LOCKOUT_LIMIT',
  ],
  ['a rotation above the budget', { limit: 5, budget: 3, rotation: 4 }, 'ROTATION_BUDGET must not be above'],
  ['nothing', { limit: 5, budget: 0, rotation: 0 }, 'whole numbers of at least 1'],
  ['a fraction', { limit: 5, budget: 2.5, rotation: 2 }, 'whole numbers of at least 1'],
  ['no number', { limit: Number.NaN, budget: 3, rotation: 2 }, 'whole numbers of at least 1'],
])('%s is rejected with one sentence that names the right value', (_, impossible, sentence) => {
  expect(() => budgets(impossible)).toThrow(BudgetsError);
  expect(() => budgets(impossible)).toThrow(sentence);
});
