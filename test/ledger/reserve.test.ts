import { expect, test } from 'vitest';
import {
  BudgetSpentError,
  CredentialLostError,
  ExchangeInProgressError,
  LockoutGuardError,
  RefusedPasswordError,
  ReplacedPasswordError,
} from '../../lambda/ledger/errors.ts';
import { reserve } from '../../lambda/ledger/reserve.ts';
import type { CredentialState, Journal } from '../../lambda/ledger/state.ts';
import {
  attemptRequest,
  BUDGETS,
  exchangeOf,
  MINUTE_MS,
  NOW,
  SECRET_ARN,
  stateWith,
} from './attempt-request.ts';

const ask = (state: CredentialState, wanted = attemptRequest(), now = NOW) =>
  reserve(state, 'attempt', wanted, BUDGETS, now);

const exchange = {
  token: 'token',
  attempt: 'exchange',
  secretArn: SECRET_ARN,
  oldVersion: 'v1',
  oldHash: 'p1',
  startedAt: NOW,
};
const exchanging: Journal = { state: 'exchanging', ...exchange };
const received: Journal = { state: 'received', ...exchange, receivedAt: NOW, envelope: 'sealed' };
const refusal = { at: NOW, releasable: true, released: false };

test('records a granted attempt in flight, with the failures known then and its version', () => {
  const state = stateWith({ failed: 1 });
  expect(ask(state)).toBeUndefined();
  expect(state.inFlight.attempt).toMatchObject({ reservedAt: NOW, mark: 1, fresh: true, usedRelease: false });
  expect(state.presented).toEqual(['v1']);
});

test('grants an app a known version below budget − 1 failures, and denies it from there on', () => {
  expect(ask(stateWith({ failed: 1, presented: ['v1'] }))).toBeUndefined();
  // `<=` instead of `<` would grant here.
  expect(ask(stateWith({ failed: 2, presented: ['v1'] }))).toBeInstanceOf(BudgetSpentError);
});

test('keeps the last unit of the budget for a version not tried since the last success', () => {
  expect(ask(stateWith({ failed: 2, presented: ['v0'] }))).toBeUndefined();
  expect(ask(stateWith({ failed: 3, presented: ['v0'] }))).toBeInstanceOf(BudgetSpentError);
});

test('counts an attempt in flight like a failure', () => {
  const state = stateWith({ failed: 2, presented: ['v0'] });
  expect(ask(state)).toBeUndefined();
  const next = reserve(state, 'next', attemptRequest({ versionId: 'v2' }), BUDGETS, NOW);
  expect(next).toBeInstanceOf(BudgetSpentError);
  // The attempt is only in flight: waiting helps, so no alarm asks for an operator.
  expect(next?.retryAt).toBe(NOW + 20 * MINUTE_MS);
  expect(state.outbox).toEqual([]);
});

test('denies rotation beyond its share, so that apps keep the rest', () => {
  const budgets = { limit: 6, budget: 4, rotation: 2 };
  const state = stateWith({ failed: 2, presented: ['v1'] });
  const rotation = attemptRequest({ actor: 'rotation', share: 'rotation' });
  expect(reserve(state, 'a', rotation, budgets, NOW)).toBeInstanceOf(BudgetSpentError);
  expect(reserve(state, 'b', attemptRequest(), budgets, NOW)).toBeUndefined();
});

test('announces a spent budget once, with both remedies, and calls the request not sent', () => {
  const state = stateWith({ failed: 3, presented: ['v1'] });
  const refused = ask(state);
  ask(state);
  expect(refused?.message).toMatch(/3 of 5 .*The request was not sent.*npm run cli -- trial/s);
  expect(state.outbox.map(({ event }) => event)).toEqual(['guard-closed']);
});

test('grants an operator’s trial beyond the budget, but never the failure that locks', () => {
  const trial = attemptRequest({ actor: 'a person', purpose: 'trial', share: 'person' });
  expect(ask(stateWith({ failed: 3, presented: ['v1'] }), trial)).toBeUndefined();
  // `<` limit instead of limit − 1 would let this one lock the username.
  const denied = ask(stateWith({ failed: 4 }), trial);
  expect(denied).toBeInstanceOf(BudgetSpentError);
  expect(denied?.message).toContain('npm run cli -- unlocked');
});

test('grants a trial despite a wait, an uncertain refusal or a loss', () => {
  const trial = attemptRequest({ actor: 'a person', purpose: 'trial', share: 'person' });
  const lost: Journal = { state: 'lost', ...exchange, since: NOW };
  const state = stateWith({ unknowns: 2, lastUnknownAt: NOW, refused: { 'v1:p1': refusal }, journal: lost });
  expect(ask(state, trial)).toBeUndefined();
  expect(state.refused['v1:p1']?.released).toBe(false);
});

test('denies a second attempt after a certain refusal, even to an operator', () => {
  const trial = attemptRequest({ actor: 'a person', purpose: 'trial', share: 'person' });
  const refused = ask(stateWith({ refused: { 'v1:p1': { ...refusal, releasable: false } } }), trial);
  expect(refused).toBeInstanceOf(RefusedPasswordError);
  expect(refused).toMatchObject({ certain: true, retryAt: undefined });
});

test.each([
  ['its code says so', { ...refusal, releasable: false }, true],
  ['its code may mean something else', refusal, false],
  ['it was refused once more at its one retry', { ...refusal, released: true }, false],
])('reports whether a refused password is certainly at fault when %s: %s', (_, refused, certain) => {
  expect(ask(stateWith({ refused: { 'v1:p1': refused } }))).toMatchObject({ certain });
});

test('is certain that the old password is dead while the new one waits sealed', () => {
  expect(ask(stateWith({ journal: received }))).toMatchObject({ certain: true });
});

test('names both remedies to a second secret: rotation off, or adoption', () => {
  const other = exchangeOf('token', { secretArn: 'arn:of:another' });
  expect(ask(stateWith({ secretArn: SECRET_ARN }), other)?.message).toMatch(
    /Turn rotation off.*npm run cli -- adopt --secret/s,
  );
});

test('denies every attempt for exactly 20 minutes while an exchange may be alive', () => {
  const trial = attemptRequest({ share: 'person', purpose: 'trial' });
  const other = { versionId: 'v2', password: 'p2' };
  for (const wanted of [attemptRequest(other), trial]) {
    const refused = ask(stateWith({ journal: exchanging }), wanted, NOW + 20 * MINUTE_MS - 1);
    expect(refused).toBeInstanceOf(ExchangeInProgressError);
    expect(refused?.retryAt).toBe(NOW + 20 * MINUTE_MS);
    // `<=` in the lease would refuse here.
    expect(ask(stateWith({ journal: exchanging }), wanted, NOW + 20 * MINUTE_MS)).toBeUndefined();
  }
});

test.each([
  ['idle', { state: 'idle' }, true],
  ['committed', { state: 'committed', ...exchange, receivedAt: NOW }, true],
  ['a dead exchanging', { ...exchanging, startedAt: NOW - 60 * MINUTE_MS }, false],
  ['unknown', { state: 'unknown', ...exchange }, false],
  ['received', received, false],
  ['lost', { state: 'lost', ...exchange, since: NOW }, false],
] as [string, Journal, boolean][])(
  'grants another exchange beside a journal that is %s: %s',
  (_, journal, granted) => {
    const refused = ask(stateWith({ journal }), exchangeOf('next', { versionId: 'v2', password: 'p2' }));
    if (granted) expect(refused).toBeUndefined();
    else expect(refused).toBeInstanceOf(ExchangeInProgressError);
  },
);

test('writes an exchange’s reservation and its journal together, with the rotating secret', () => {
  const state = stateWith();
  expect(ask(state, exchangeOf('token'))).toBeUndefined();
  expect(state.secretArn).toBe(SECRET_ARN);
  expect(state.journal).toEqual({ ...exchanging, attempt: 'attempt' });
});

test('grants another secret of the same username a log-in, but never an exchange', () => {
  const other = { secretArn: 'arn:of:another' };
  expect(ask(stateWith({ secretArn: SECRET_ARN }), attemptRequest(other))).toBeUndefined();
  const refused = ask(stateWith({ secretArn: SECRET_ARN }), exchangeOf('token', other));
  expect(refused).toMatchObject({ name: 'SharedUsernameError' });
  expect(refused?.message).toContain(SECRET_ARN);
});

test('Grants no second exchange to a rotation that has its new password already', () => {
  const committed: Journal = { ...received, state: 'committed', versionId: 'v2' };
  const wanted = attemptRequest({ versionId: 'v2', password: 'p2' });
  const asking = (token: string) => ({
    ...exchangeOf(token),
    versionId: wanted.versionId,
    fingerprint: wanted.fingerprint,
  });
  for (const journal of [committed, { state: 'idle', lastToken: received.token } as const]) {
    expect(ask(stateWith({ journal }), asking(received.token))).toBeInstanceOf(ExchangeInProgressError);
    expect(ask(stateWith({ journal }), asking('another rotation'))).toBeUndefined();
  }
});

test('Calls a password replaced, not refused, that an exchange has replaced', () => {
  const refused = { 'v1:p1': { ...refusal, releasable: false, replaced: true } };
  expect(ask(stateWith({ refused }))).toBeInstanceOf(ReplacedPasswordError);
  expect(ask(stateWith({ journal: received }))).toBeInstanceOf(ReplacedPasswordError);
  expect(ask(stateWith({ refused: { 'v1:p1': { ...refusal, releasable: false } } }))).not.toBeInstanceOf(
    ReplacedPasswordError,
  );
});

test('bars only the lost version of a lost credential', () => {
  const journal: Journal = { state: 'lost', ...exchange, since: NOW };
  expect(ask(stateWith({ journal }))).toBeInstanceOf(CredentialLostError);
  expect(ask(stateWith({ journal }), attemptRequest({ versionId: 'v2' }))).toBeUndefined();
});

test('bars the dead password while the new one waits sealed', () => {
  const refused = ask(stateWith({ journal: received }));
  expect(refused).toBeInstanceOf(RefusedPasswordError);
  expect(refused?.message).toContain('npm run cli -- recover');
  expect(
    ask(stateWith({ journal: received }), attemptRequest({ versionId: 'v2', password: 'p2' })),
  ).toBeUndefined();
});

test('bars a refused fingerprint, but not the same password in a new version', () => {
  const refused = { 'v1:p1': { ...refusal, releasable: false } };
  expect(ask(stateWith({ refused }), attemptRequest(), NOW + 1_000 * MINUTE_MS)).toBeInstanceOf(
    RefusedPasswordError,
  );
  expect(ask(stateWith({ refused }), attemptRequest({ versionId: 'v2' }))).toBeUndefined();
});

test('bars each of two refused fingerprints', () => {
  const refused = { 'v1:p1': refusal, 'v2:p2': refusal };
  for (const wanted of [attemptRequest(), attemptRequest({ versionId: 'v2', password: 'p2' })]) {
    expect(ask(stateWith({ refused }), wanted)).toBeInstanceOf(RefusedPasswordError);
  }
});

test('retries a refused fingerprint that may be retried once, after exactly 30 minutes', () => {
  const state = stateWith({ refused: { 'v1:p1': { ...refusal } } });
  const early = ask(state, attemptRequest(), NOW + 30 * MINUTE_MS - 1);
  expect(early).toBeInstanceOf(RefusedPasswordError);
  expect(early?.retryAt).toBe(NOW + 30 * MINUTE_MS);
  // `>` instead of `>=` would refuse here.
  expect(ask(state, attemptRequest(), NOW + 30 * MINUTE_MS)).toBeUndefined();
  expect(state.inFlight.attempt?.usedRelease).toBe(true);
  const again = reserve(state, 'again', attemptRequest(), BUDGETS, NOW + 90 * MINUTE_MS);
  expect(again).toBeInstanceOf(RefusedPasswordError);
  expect(again?.retryAt).toBeUndefined();
});

test.each([
  [1, 1],
  [2, 30],
  [3, 30],
])('makes, after %i missed answers in a row, the next log-in wait exactly %i min', (unknowns, minutes) => {
  const waiting = () => stateWith({ unknowns, lastUnknownAt: NOW });
  const early = ask(waiting(), attemptRequest(), NOW + minutes * MINUTE_MS - 1);
  expect(early).toMatchObject({ name: 'WaitAfterUnknownError' });
  expect(early?.retryAt).toBe(NOW + minutes * MINUTE_MS);
  // `<=` instead of `<` would refuse here.
  expect(ask(waiting(), attemptRequest(), NOW + minutes * MINUTE_MS)).toBeUndefined();
});

test('changes nothing in the item when it denies an attempt', () => {
  const state = stateWith({ refused: { 'v1:p1': { ...refusal } }, failed: 1 });
  const before = structuredClone(state);
  expect(ask(state)).toBeInstanceOf(LockoutGuardError);
  expect(state).toEqual(before);
});

test('asks for an operator when known failures alone have spent the budget', () => {
  const state = stateWith({ failed: 2, presented: ['v1'] });
  expect(reserve(state, 'other', attemptRequest({ versionId: 'v2' }), BUDGETS, NOW)).toBeUndefined();
  const refused = ask(state);
  expect(refused).toBeInstanceOf(BudgetSpentError);
  // `<=` instead of `<` would make every caller wait in vain.
  expect(refused?.retryAt).toBeUndefined();
  expect(refused?.message).toContain('trial');
});
