import { expect, test } from 'vitest';
import { BudgetsError, budgets } from '../../lambda/ledger/budgets.ts';
import { fingerprint, hashPassword } from '../../lambda/ledger/fingerprint.ts';
import { credentialKey, decodeState, LedgerItemError, newState, SCHEMA } from '../../lambda/ledger/state.ts';

test('no item yet is a username without failures', () => {
  expect(decodeState('fleet', {})).toEqual(newState('fleet'));
});

test('an item of an earlier release, without later members, is read', () => {
  const old = { credential: 'fleet', revision: 3, failed: 2, inFlight: {} };
  expect(decodeState('fleet', old)).toEqual({ ...newState('fleet'), revision: 3, failed: 2 });
});

test('members that this release does not know are kept, at every depth', () => {
  const item = {
    ...newState('fleet'),
    failed: 1,
    colour: 'blue',
    journal: { state: 'idle', lastToken: 't', shape: { round: true } },
    refused: { 'v1:p1': { at: 1, releasable: false, released: false, reason: 'a later one' } },
    auditRows: [],
  };
  expect(decodeState('fleet', structuredClone(item))).toEqual(item);
});

test('an item that a later release has reserved for itself fails closed, and says which release is needed', () => {
  const item = { ...newState('fleet'), schema: SCHEMA + 1 };
  expect(() => decodeState('fleet', item)).toThrow(LedgerItemError);
  expect(() => decodeState('fleet', item)).toThrow(
    /later version of the software.*nothing is presented or changed/,
  );
});

test('an item of an earlier schema is this release’s from the next write on', () => {
  expect(decodeState('fleet', { ...newState('fleet'), schema: SCHEMA - 1 }).schema).toBe(SCHEMA);
});

test('the envelopes that release 0.1 kept inside the item are to be set aside', () => {
  const { setAside, orphanItems, ...old } = newState('fleet');
  const decoded = decodeState('fleet', { ...old, orphans: { x: 'sealed' } });
  expect(decoded).toEqual({ ...newState('fleet'), setAside: { x: 'sealed' } });
});

test('an item that cannot be understood says where, what to do, and none of its values', () => {
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

test('usernames that differ in letter case only share one item', () => {
  expect(credentialKey('FLEET-Api')).toBe(credentialKey('fleet-aPI'));
});

test('the same password of the same username, in any letter case, has the same hash; everything else another', async () => {
  const hash = await hashPassword('Fleet', 'Secret 1');
  expect(await hashPassword('fLEET', 'Secret 1')).toBe(hash);
  expect(await hashPassword('Fleet', 'secret 1')).not.toBe(hash);
  expect(await hashPassword('Fleet', 'Secret 1 ')).not.toBe(hash);
  expect(await hashPassword('Fleet2', 'Secret 1')).not.toBe(hash);
});

test('a fingerprint tells versions apart, its hash whether they hold the same password, and shows neither', async () => {
  const one = await fingerprint('Fleet', 'v1', 'Secret 1');
  const two = await fingerprint('Fleet', 'v2', 'Secret 1');
  expect(one.id).not.toBe(two.id);
  expect(one.hash).toBe(two.hash);
  expect(JSON.stringify([one, two])).not.toContain('Secret 1');
});

test('usual budgets are taken as they are; rotation may have all of the budget', () => {
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
])('%s is refused with one sentence that says what to write', (_, impossible, sentence) => {
  expect(() => budgets(impossible)).toThrow(BudgetsError);
  expect(() => budgets(impossible)).toThrow(sentence);
});
