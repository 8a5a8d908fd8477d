import { expect, test } from 'vitest';
import { reserve } from '../../lambda/ledger/reserve.ts';
import { settle } from '../../lambda/ledger/settle.ts';
import type { CredentialState } from '../../lambda/ledger/state.ts';
import { unlocked } from '../../lambda/ledger/unlocked.ts';
import { attemptRequest, BUDGETS, MINUTE_MS, NOW, stateWith } from './attempt-request.ts';

const trial = attemptRequest({ actor: 'a person', purpose: 'trial', share: 'person' });
const FAILURE = {
  outcome: 'failure',
  code: 'INPUT_INVALID.Password.Invalid',
  certainlyCredentials: true,
} as const;
const begin = (state: CredentialState, at: number, id = 'trial') => {
  expect(reserve(state, id, trial, BUDGETS, at)).toBeUndefined();
  return (endedAt: number) => settle(state, id, trial, FAILURE, BUDGETS, endedAt);
};

test('clears the count of a closed guard, and keeps refused passwords refused', () => {
  const refused = { 'v1:p1': { at: NOW, releasable: false, released: false } };
  // At exactly the budget: `<=` would call it open.
  const state = stateWith({ failed: 3, unknowns: 2, presented: ['v1'], guardClosedSaid: true, refused });
  expect(unlocked(state, BUDGETS, NOW + MINUTE_MS, NOW)).toBeUndefined();
  expect(state).toMatchObject({ failed: 0, unknowns: 0, presented: [], guardClosedSaid: false, refused });
});

test('clears nothing below the budget', () => {
  const state = stateWith({ failed: 2 });
  const before = structuredClone(state);
  expect(unlocked(state, BUDGETS, NOW + MINUTE_MS, NOW)).toMatchObject({ name: 'GuardNotClosedError' });
  expect(state).toEqual(before);
});

test('waits for the youngest attempt in flight until exactly 20 minutes after its reservation', () => {
  const state = stateWith({ failed: 2 });
  begin(state, NOW - 5_000, 'older');
  begin(state, NOW);
  state.failed = 3;
  const refusal = unlocked(state, BUDGETS, NOW + 20 * MINUTE_MS - 1, NOW + MINUTE_MS);
  expect(refusal).toMatchObject({ name: 'StillInFlightError' });
  expect(refusal?.retryAt).toBe(NOW + 20 * MINUTE_MS);
  // At the very millisecond it counts as ended: an unlocking at that time may have come before it.
  const end = NOW + 20 * MINUTE_MS;
  expect(unlocked(state, BUDGETS, end, end)).toMatchObject({ name: 'PresentedSinceError' });
  expect(unlocked(state, BUDGETS, end + 1, end + 1)).toBeUndefined();
  expect(state).toMatchObject({ failed: 0, inFlight: {} });
});

test('keeps a log-in that failed since the unlocking', () => {
  const state = stateWith({ failed: 3 });
  begin(state, NOW + MINUTE_MS)(NOW + 2 * MINUTE_MS);
  expect(unlocked(state, BUDGETS, NOW + 3 * MINUTE_MS, NOW)).toMatchObject({ name: 'PresentedSinceError' });
  expect(state.failed).toBe(4);
});

test('keeps a log-in that was in flight at the unlocking and failed after it', () => {
  const state = stateWith({ failed: 3 });
  const failed = begin(state, NOW);
  const unlockedAt = NOW + 20_000;
  failed(NOW + 30_000);
  expect(unlocked(state, BUDGETS, NOW + MINUTE_MS, unlockedAt)).toMatchObject({
    name: 'PresentedSinceError',
  });
  expect(state.failed).toBe(4);
});

test('keeps a log-in without an answer, as ThingSpace may have executed it after the unlocking', () => {
  const state = stateWith({ failed: 3 });
  begin(state, NOW);
  const unlockedAt = NOW + 20 * MINUTE_MS - 1;
  expect(unlocked(state, BUDGETS, NOW + 60 * MINUTE_MS, unlockedAt)).toMatchObject({
    name: 'PresentedSinceError',
  });
  expect(state.failed).toBe(4);
});

test('accepts a later unlocking after the end of the last log-in', () => {
  const state = stateWith({ failed: 3 });
  begin(state, NOW)(NOW + 30_000);
  // `<` instead of `<=` would take it at the very millisecond.
  expect(unlocked(state, BUDGETS, NOW + MINUTE_MS, NOW + 30_000)).toMatchObject({
    name: 'PresentedSinceError',
  });
  expect(unlocked(state, BUDGETS, NOW + MINUTE_MS, NOW + 30_001)).toBeUndefined();
});
