import { describe, expect, test } from 'vitest';
import { closeIfOfOtherTable, isOfOtherTable, rememberedAge } from '../../lambda/ledger/other-table.ts';
import { reserve } from '../../lambda/ledger/reserve.ts';
import { settle } from '../../lambda/ledger/settle.ts';
import { type CredentialState, exposure } from '../../lambda/ledger/state.ts';
import { SETTLING_MS } from '../../lambda/ledger/times.ts';
import { unlocked } from '../../lambda/ledger/unlocked.ts';
import { attemptRequest, BUDGETS, MINUTE_MS, NOW, stateWith } from './attempt-request.ts';

const DAY_MS = 24 * 60 * MINUTE_MS;
const YESTERDAY = NOW - DAY_MS;

/** The item of a table that was made at NOW, as a log-in finds it a minute later. */
const closed = (state: CredentialState, storedAt = YESTERDAY) => {
  closeIfOfOtherTable(
    state,
    'a',
    attemptRequest(),
    { tableCreatedAt: NOW, storedAt },
    BUDGETS,
    NOW + MINUTE_MS,
  );
  return state;
};

describe('An item is older than its table', () => {
  const flying = { one: { reservedAt: YESTERDAY } } as never;
  const journal = { state: 'exchanging', startedAt: YESTERDAY } as never;
  test.each([
    ['when its last attempt ended before', { lastEndedAt: YESTERDAY }, NOW, true],
    ['when its attempt in flight is from before', { inFlight: flying }, NOW, true],
    ['when its exchange is from before', { journal }, NOW, true],
    ['when it knows no attempt, and the password is from before', {}, YESTERDAY, true],
    ['not when one attempt came after', { lastEndedAt: NOW + 1, journal }, YESTERDAY, false],
    ['not when it knows none, and the password came after', {}, NOW + 1, false],
    ['not when the age of the password is not known either', {}, undefined, false],
  ])('%s', (_when, over, storedAt, is) => {
    expect(isOfOtherTable(stateWith(over), { tableCreatedAt: NOW, storedAt })).toBe(is);
    expect(isOfOtherTable(stateWith(over), { tableCreatedAt: undefined, storedAt })).toBe(false);
  });
});

test('closes the guard of an item that is older than its table, and announces it once', () => {
  const state = closed(stateWith({ lastEndedAt: YESTERDAY, guardClosedSaid: true }));
  for (const share of ['rotation', 'app'] as const) {
    const refusal = reserve(state, 'b', attemptRequest({ share }), BUDGETS, NOW + MINUTE_MS);
    expect(refusal?.name).toBe('BudgetSpentError');
    expect(refusal?.message).toContain('is new, or was restored');
  }
  expect(state.outbox).toMatchObject([{ event: 'guard-closed', countUnknown: true, exposure: 3 }]);
});

test('counts no attempt of the other table as failed or in flight for a second time', () => {
  const attempt = { reservedAt: YESTERDAY, mark: 0 } as never;
  const state = closed(stateWith({ failed: 1, inFlight: { one: attempt } }));
  expect(exposure(state)).toBe(BUDGETS.budget);
  expect(closeIfOfOtherTable(state, 'c', attemptRequest(), { tableCreatedAt: NOW }, BUDGETS, NOW)).toBe(
    false,
  );
});

test.each(['failure', 'uncounted', 'success', 'exchanged'] as const)(
  'a log-in of the other table that ends as %s makes the item no younger',
  (outcome) => {
    const settlement = { outcome, code: 'x', certainlyCredentials: true };
    for (const over of [{}, { lastEndedAt: YESTERDAY }]) {
      const state = stateWith(over);
      settle(state, 'of the other table', attemptRequest(), settlement, BUDGETS, NOW + MINUTE_MS);
      expect(isOfOtherTable(state, { tableCreatedAt: NOW, storedAt: YESTERDAY })).toBe(true);
    }
  },
);

test('an operator’s trial that succeeds opens the guard of a restored item', () => {
  const state = closed(stateWith({ lastEndedAt: YESTERDAY }));
  const trial = attemptRequest({ share: 'person', purpose: 'trial' });
  expect(reserve(state, 't', trial, BUDGETS, NOW + MINUTE_MS)).toBeUndefined();
  settle(state, 't', trial, { outcome: 'success' }, BUDGETS, NOW + MINUTE_MS);
  expect(exposure(state)).toBe(0);
  expect(reserve(state, 'b', attemptRequest(), BUDGETS, NOW + MINUTE_MS)).toBeUndefined();
});

test('a trial that fails leaves the last failure before the lock to support', () => {
  const state = closed(stateWith({ lastEndedAt: YESTERDAY }));
  const trial = attemptRequest({ share: 'person', purpose: 'trial' });
  reserve(state, 't', trial, BUDGETS, NOW + MINUTE_MS);
  settle(state, 't', trial, { outcome: 'failure', code: 'x', certainlyCredentials: true }, BUDGETS, NOW);
  const again = attemptRequest({ share: 'person', purpose: 'trial', versionId: 'v2' });
  expect(reserve(state, 'u', again, BUDGETS, NOW + MINUTE_MS)?.name).toBe('BudgetSpentError');
});

test('an unlocking counts only after the last attempt that the other table may know', () => {
  const state = closed(stateWith({ lastEndedAt: YESTERDAY }));
  const now = NOW + DAY_MS;
  expect(unlocked(state, BUDGETS, now, NOW + SETTLING_MS)?.name).toBe('PresentedSinceError');
  expect(unlocked(state, BUDGETS, now, NOW + SETTLING_MS + 1)).toBeUndefined();
  expect(state.countUnknownSince).toBeUndefined();
});

test('asks for the age of the table once a minute, and does without an answer', async () => {
  let nowMs = 0;
  const answers = [async () => NOW, () => Promise.reject(new Error('denied'))];
  const warned: string[] = [];
  const age = rememberedAge(
    () => (answers.shift() as () => Promise<number>)(),
    { nowMs: () => nowMs },
    (message) => warned.push(message),
  );
  expect([await age(), await age()]).toEqual([NOW, NOW]);
  nowMs = MINUTE_MS;
  expect(await age()).toBeUndefined();
  expect(warned).toHaveLength(1);
});
