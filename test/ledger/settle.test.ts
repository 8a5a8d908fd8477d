import { expect, test } from 'vitest';
import { recordCommitted, recordReceived } from '../../lambda/ledger/journal.ts';
import { reserve } from '../../lambda/ledger/reserve.ts';
import { type Settlement, settle } from '../../lambda/ledger/settle.ts';
import { type CredentialState, exposure } from '../../lambda/ledger/state.ts';
import { sweep } from '../../lambda/ledger/sweep.ts';
import { attemptRequest, BUDGETS, exchangeOf, MINUTE_MS, NOW, stateWith } from './attempt-request.ts';

const REFUSED: Settlement = {
  outcome: 'failure',
  code: 'INPUT_INVALID.Password.Invalid',
  certainlyCredentials: true,
};
const UNSURE: Settlement = { outcome: 'failure', code: 'Strange', certainlyCredentials: false };
const SUCCESS: Settlement = { outcome: 'success' };
const UNKNOWN: Settlement = { outcome: 'unknown' };

/** An exchange that replaced another password than the one of `attemptRequest`. */
const EXCHANGE = {
  token: 't',
  attempt: 'x',
  secretArn: 'arn',
  oldVersion: 'v0',
  oldHash: 'p0',
  startedAt: NOW,
};

/** Reserves; what it returns settles. */
function begin(state: CredentialState, id: string, wanted = attemptRequest(), now = NOW) {
  expect(reserve(state, id, wanted, BUDGETS, now)).toBeUndefined();
  return (settlement: Settlement, at = now) => settle(state, id, wanted, settlement, BUDGETS, at);
}

test('clears by a success the failures from before it began', () => {
  const state = stateWith({ failed: 2, presented: ['v0'] });
  begin(state, 'a')(SUCCESS);
  expect(exposure(state)).toBe(0);
  expect(state.presented).toEqual([]);
});

test('counts a failure that began before a success and ended after it', () => {
  const state = stateWith({ failed: 1 });
  const failing = begin(state, 'failing', attemptRequest({ versionId: 'v2', password: 'p2' }));
  begin(state, 'working')(SUCCESS);
  expect(state.failed).toBe(0);
  failing(REFUSED);
  expect(exposure(state)).toBe(1);
});

test('does not clear a failure that was counted while the success was in flight', () => {
  const state = stateWith();
  const working = begin(state, 'working');
  begin(state, 'failing', attemptRequest({ versionId: 'v2', password: 'p2' }))(REFUSED);
  working(SUCCESS);
  // Zeroing on success would forget it: the platform may have executed the failure last.
  expect(state.failed).toBe(1);
});

test('does not clear one failure twice by two overlapping successes', () => {
  const state = stateWith({ failed: 1 });
  const first = begin(state, 'first');
  const second = begin(state, 'second', attemptRequest({ versionId: 'v2' }));
  // A third one ends in failure while both are under way.
  state.failed += 1;
  first(SUCCESS);
  expect(state.failed).toBe(1);
  // Without lowering the second one's mark this would clear the later failure.
  second(SUCCESS);
  expect(state.failed).toBe(1);
});

test('clears nothing by the success of an attempt that was swept meanwhile', () => {
  const state = stateWith({ failed: 1 });
  const late = begin(state, 'late');
  sweep(state, BUDGETS, NOW + 20 * MINUTE_MS);
  late(SUCCESS, NOW + 21 * MINUTE_MS);
  expect(state.failed).toBe(2);
});

test('counts a certain failure of an attempt that was swept meanwhile', () => {
  const state = stateWith();
  const late = begin(state, 'late');
  sweep(state, BUDGETS, NOW + 20 * MINUTE_MS);
  late(REFUSED, NOW + 21 * MINUTE_MS);
  expect(state.failed).toBe(2);
});

test('GetNewPassword’s success removes itself and ends no run of failures', () => {
  const state = stateWith({ failed: 1 });
  begin(state, 'exchange', exchangeOf('token'))({ outcome: 'exchanged' });
  expect(state.failed).toBe(1);
  expect(state.inFlight).toEqual({});
});

test('keeps an unknown outcome in flight for exactly 20 minutes, then counts it', () => {
  const state = stateWith();
  begin(state, 'silent')(UNKNOWN, NOW + MINUTE_MS);
  sweep(state, BUDGETS, NOW + 20 * MINUTE_MS - 1);
  expect(Object.keys(state.inFlight)).toEqual(['silent']);
  // `>` instead of `>=` would keep it.
  sweep(state, BUDGETS, NOW + 20 * MINUTE_MS);
  expect(state).toMatchObject({ inFlight: {}, failed: 1 });
});

test('keeps an unknown outcome in flight after a success, as it may still be executed', () => {
  const state = stateWith();
  begin(state, 'silent')(UNKNOWN);
  begin(state, 'working', attemptRequest(), NOW + MINUTE_MS)(SUCCESS);
  expect(exposure(state)).toBe(1);
});

test('announces an unknown outcome once, however often it is settled or swept', () => {
  const state = stateWith();
  const silent = begin(state, 'silent');
  silent(UNKNOWN);
  silent(UNKNOWN);
  sweep(state, BUDGETS, NOW + 20 * MINUTE_MS);
  expect(state.outbox.map(({ id }) => id)).toEqual(['silent:failed-log-in']);
  expect(state.unknowns).toBe(1);
});

test('announces the number of failures that are only possible', () => {
  const state = stateWith();
  const [silent, refused] = [begin(state, 'silent'), begin(state, 'refused')];
  silent(UNKNOWN);
  refused(REFUSED);
  expect(state.outbox).toMatchObject([
    { exposure: 2, possible: 2 }, // the other one was still under way
    { exposure: 2, possible: 1 },
  ]);
  sweep(state, BUDGETS, NOW + 20 * MINUTE_MS);
  begin(state, 'third', attemptRequest({ versionId: 'v9', password: 'p9' }), NOW + 60 * MINUTE_MS)(REFUSED);
  expect(state.outbox.at(-1)).not.toHaveProperty('possible');
});

test('announces the swept attempt of a dead owner as unknown, with its purpose and actor', () => {
  const state = stateWith();
  begin(state, 'orphan', attemptRequest({ actor: 'billing' }));
  sweep(state, BUDGETS, NOW + 20 * MINUTE_MS);
  expect(state.outbox).toMatchObject([
    {
      event: 'failed-log-in',
      id: 'orphan:failed-log-in',
      actor: 'billing',
      certainty: 'unknown',
      exposure: 1,
    },
  ]);
  // The wait is counted from the reservation: what happened, happened then.
  expect(state).toMatchObject({ unknowns: 1, lastUnknownAt: NOW });
});

test('leaves no trace of an attempt that was never sent', () => {
  const refused = { 'v1:p1': { at: NOW, releasable: true, released: false } };
  const state = stateWith({ refused });
  const before = structuredClone(state);
  begin(state, 'a', attemptRequest(), NOW + 30 * MINUTE_MS)({ outcome: 'uncounted' });
  const { failed, inFlight, presented, refused: after, unknowns, outbox } = state;
  expect(before).toMatchObject({ failed, inFlight, presented, refused: after, unknowns, outbox });
});

test('keeps a version presented while another attempt with it is in flight', () => {
  const state = stateWith();
  const first = begin(state, 'first');
  begin(state, 'second');
  first({ outcome: 'uncounted' });
  expect(state.presented).toEqual(['v1']);
});

test.each([
  ['final when it is certainly about the credentials', REFUSED, false],
  ['open to one retry when it may have another reason', UNSURE, true],
])('makes a refusal %s', (_, settlement, releasable) => {
  const state = stateWith();
  begin(state, 'a')(settlement);
  expect(state.refused['v1:p1']).toEqual({ at: NOW, releasable, released: false });
});

test('lets a refusal be retried once for exactly an hour after the password was received', () => {
  const refusedAt = (at: number) => {
    const state = stateWith({ journal: { state: 'idle', lastToken: 'v1', receivedAt: NOW } });
    begin(state, 'a', attemptRequest(), at)(REFUSED);
    return state.refused['v1:p1']?.releasable;
  };
  expect(refusedAt(NOW + 60 * MINUTE_MS - 1)).toBe(true);
  // `<=` instead of `<` would still forgive it.
  expect(refusedAt(NOW + 60 * MINUTE_MS)).toBe(false);
});

test('only the version that was issued is newborn', () => {
  const state = stateWith({ journal: { state: 'idle', lastToken: 'v2', receivedAt: NOW } });
  begin(state, 'a')(REFUSED);
  expect(state.refused['v1:p1']?.releasable).toBe(false);
});

test('makes a second refusal after the retry final', () => {
  const state = stateWith();
  begin(state, 'a')(UNSURE);
  begin(state, 'b', attemptRequest(), NOW + 30 * MINUTE_MS)(UNSURE);
  expect(state.refused['v1:p1']?.released).toBe(true);
});

test('announces the failure that spends the budget, and the closed guard once beside it', () => {
  const state = stateWith({ failed: 2, presented: ['v0'] });
  begin(state, 'a')(REFUSED);
  expect(state.outbox).toMatchObject([
    {
      event: 'failed-log-in',
      exposure: 3,
      limit: 5,
      budget: 3,
      certainty: 'refused',
      code: 'INPUT_INVALID.Password.Invalid',
    },
    { event: 'guard-closed', exposure: 3 },
  ]);
  expect(JSON.stringify(state.outbox)).not.toContain('p1');
});

test('announces the next closed guard after a success', () => {
  const state = stateWith({ failed: 3, guardClosedSaid: true });
  begin(state, 'a', attemptRequest({ share: 'person', purpose: 'trial' }))(SUCCESS);
  expect(state.guardClosedSaid).toBe(false);
});

test('ends a loss by a log-in that began after it, and keeps the sealed answer', () => {
  const exchange = { ...EXCHANGE, oldVersion: 'v1', oldHash: 'p1' };
  const lostAt = (since: number) => {
    const state = stateWith({ journal: { state: 'lost', ...exchange, since, envelope: 'sealed' } });
    begin(state, 'a', attemptRequest({ versionId: 'v2', password: 'p2' }))(SUCCESS);
    return state;
  };
  expect(lostAt(NOW)).toMatchObject({ journal: { state: 'idle' }, setAside: { x: 'sealed' } });
  // Begun before the loss was found, it says nothing about it.
  expect(lostAt(NOW + 1).journal.state).toBe('lost');
});

test('announces no unknown outcome that is reported after the sweep', () => {
  const state = stateWith();
  const silent = begin(state, 'silent');
  sweep(state, BUDGETS, NOW + 20 * MINUTE_MS);
  const swept = structuredClone(state);
  silent(UNKNOWN, NOW + 21 * MINUTE_MS);
  expect({ ...state, inFlight: {} }).toMatchObject({
    failed: swept.failed,
    outbox: swept.outbox,
    unknowns: 1,
  });
});

test('announces an exchange of unknown outcome by the journal, not as a failed log-in', () => {
  const state = stateWith();
  begin(state, 'exchange', exchangeOf('token'))(UNKNOWN);
  expect(state.outbox).toEqual([]);
  expect(state.unknowns).toBe(1);
});

test('no longer bars a fingerprint when a trial with it succeeds', () => {
  const refused = { 'v1:p1': { at: NOW, releasable: true, released: true } };
  const state = stateWith({ refused });
  begin(state, 'a', attemptRequest({ share: 'person', purpose: 'trial' }))(SUCCESS);
  expect(state.refused).toEqual({});
});

test('promises no new announcement when a success leaves rotation’s share spent', () => {
  const state = stateWith({ failed: 3, guardClosedSaid: true });
  const trial = begin(state, 'a', attemptRequest({ share: 'person', purpose: 'trial' }));
  state.failed += 2;
  trial(SUCCESS);
  // `<=` instead of `<` would announce one closed guard twice.
  expect(state).toMatchObject({ failed: 2, guardClosedSaid: true });
});

test('a success moves no journal but a lost one', () => {
  const sealed = { receivedAt: 0, envelope: 'sealed' };
  for (const journal of [
    { state: 'unknown', ...EXCHANGE },
    { state: 'received', ...EXCHANGE, ...sealed },
    { state: 'committed', ...EXCHANGE, ...sealed },
  ] as CredentialState['journal'][]) {
    const state = stateWith({ journal: structuredClone(journal) });
    begin(state, 'a')(SUCCESS);
    expect(state.journal).toEqual(journal);
  }
});

test('makes the version that logs in the last good one, not the set-aside password', () => {
  const state = stateWith({ orphanItems: ['x'] });
  begin(state, 'a')(SUCCESS, NOW + 1);
  expect(state).toMatchObject({ lastGood: { versionId: 'v1', at: NOW + 1 }, orphanItems: [] });
});

test('keeps a sealed password set aside after its log-in until it is in the secret', () => {
  const lastGood = { versionId: 'v0', at: NOW };
  const state = stateWith({ orphanItems: ['w', 'x'], lastGood });
  // Its log-in names the attempt that brought it. Dying here must not lose sight of it.
  begin(state, 'a', attemptRequest({ versionId: 'x' }))(SUCCESS, NOW + 1);
  expect(state).toMatchObject({ orphanItems: ['x'], lastGood });
});

test('does not count a sealed password as a version when it logs in from the journal', () => {
  const lastGood = { versionId: 'v0', at: NOW };
  const state = stateWith({ lastGood, orphanItems: ['w'] });
  begin(state, 'x', exchangeOf('t'))({ outcome: 'exchanged' });
  recordReceived(state, 'x', 'sealed', NOW);
  begin(state, 'a', attemptRequest({ versionId: 'x' }))(SUCCESS, NOW + 1);
  expect(state).toMatchObject({ orphanItems: [], lastGood });
});

test('proves nothing about the password by a log-in that ThingSpace executed before an exchange', () => {
  const state = stateWith();
  const early = begin(state, 'early');
  const exchange = begin(state, 'exchange', exchangeOf('t'));
  exchange({ outcome: 'exchanged' }, NOW + 1);
  recordReceived(state, 'exchange', 'sealed', NOW + 1);
  recordCommitted(state, 'exchange', 't', NOW + 1);
  state.orphanItems = ['x'];
  const { refused, lastGood, orphanItems } = structuredClone(state);
  early(SUCCESS, NOW + 2);
  expect(state).toMatchObject({ refused, lastGood, orphanItems, failed: 0 });
  expect(state.inFlight).toEqual({});
  // A replaced password is not reserved, so one that was reserved in the same moment was reserved before.
  delete state.refused['v1:p1'];
  const same = begin(state, 'same', attemptRequest(), NOW + 3);
  Object.assign(state.refused, { 'v1:p1': { ...refused['v1:p1'], at: NOW + 3 } });
  same(SUCCESS, NOW + 4);
  expect(state).toMatchObject({ lastGood, orphanItems });
  expect(state.refused['v1:p1']).toBeDefined();
  // Support has reset it to the very one that was replaced.
  delete state.refused['v1:p1'];
  const again = begin(state, 'again', attemptRequest(), NOW + 4);
  Object.assign(state.refused, { 'v1:p1': { ...refused['v1:p1'], at: NOW + 3 } });
  again(SUCCESS, NOW + 5);
  expect(state).toMatchObject({ refused: {}, lastGood: { versionId: 'v1' }, orphanItems: [] });
});

test('Announces a refusal as caused by the exchange that replaces or replaced the password', () => {
  const replacedIn = (state: ReturnType<typeof stateWith>) =>
    state.outbox.map((alarm) => ('replaced' in alarm ? alarm.replaced : undefined));
  const during = stateWith();
  const early = begin(during, 'early');
  begin(during, 'exchange', exchangeOf('t'), NOW + 1);
  early(REFUSED, NOW + 2);
  expect(replacedIn(during)).toEqual([true]);

  const after = stateWith();
  const late = begin(after, 'late');
  begin(after, 'exchange', exchangeOf('t'), NOW + 1)({ outcome: 'exchanged' }, NOW + 2);
  recordReceived(after, 'exchange', 'sealed', NOW + 2);
  late(REFUSED, NOW + 3);
  expect(replacedIn(after)).toEqual([true]);

  const apart = stateWith();
  begin(apart, 'apart')(REFUSED, NOW + 1);
  expect(replacedIn(apart)).toEqual([undefined]);
});

test('Announces a refusal as a plain one when the exchange of the password died long before', () => {
  const state = stateWith();
  begin(state, 'exchange', exchangeOf('t'), NOW);
  begin(state, 'an app', attemptRequest(), NOW + 20 * 60_000)(REFUSED, NOW + 20 * 60_000 + 1);
  const refusals = state.outbox.filter(
    (alarm) => alarm.event === 'failed-log-in' && alarm.certainty === 'refused',
  );
  expect(refusals.map((alarm) => 'replaced' in alarm)).toEqual([false]);
});

test('no longer calls a version the last good one after a certain refusal', () => {
  const lastGood = { versionId: 'v1', at: NOW - 1 };
  const after = (settlement: Settlement, versionId: string) => {
    const state = stateWith({ lastGood });
    begin(state, 'a', attemptRequest({ versionId }))(settlement);
    return state.lastGood;
  };
  expect(after(REFUSED, 'v1')).toBeUndefined();
  expect(after(UNSURE, 'v1')).toEqual(lastGood);
  expect(after(REFUSED, 'v2')).toEqual(lastGood);
});

test('remembers that an exchange replaced a password when that password is refused too', () => {
  const refused = {
    'v1:p1': { at: NOW - 60 * MINUTE_MS, releasable: true, released: false, replaced: true },
  };
  const state = stateWith({ refused });
  begin(state, 'a')(REFUSED);
  expect(state.refused['v1:p1']).toMatchObject({ replaced: true, releasable: false });
});

test('treats the version that a rotation ended with as newborn, also after an operator’s edit', () => {
  const edited = { state: 'idle', lastToken: 't', lastVersion: 'v1', receivedAt: NOW } as const;
  const committed = {
    ...EXCHANGE,
    state: 'committed',
    receivedAt: NOW,
    versionId: 'v1',
  } as const;
  for (const journal of [edited, committed]) {
    for (const [versionId, releasable] of [
      ['v1', true],
      ['t', false],
    ] as const) {
      const state = stateWith({ journal });
      begin(state, 'a', attemptRequest({ versionId }))(REFUSED);
      expect(state.refused[`${versionId}:p1`]?.releasable, `${journal.state} ${versionId}`).toBe(releasable);
    }
  }
});

test('clears by overlapping successes every failure that one of them has outlived', () => {
  const state = stateWith();
  const first = begin(state, 'first');
  state.failed += 1;
  const second = begin(state, 'second', attemptRequest({ versionId: 'v2' }));
  first(SUCCESS);
  second(SUCCESS);
  expect(state.failed).toBe(0);
});

test('announces the spent budget when the unknown attempt is an exchange', () => {
  const state = stateWith();
  const exchange = begin(state, 'exchange', exchangeOf('token'));
  state.failed = 2;
  exchange(UNKNOWN);
  expect(state.outbox.map(({ event }) => event)).toEqual(['guard-closed']);
});

test('announces a log-in without an answer as a failure of unknown certainty', () => {
  const state = stateWith();
  begin(state, 'silent')(UNKNOWN);
  expect(state.outbox).toMatchObject([{ event: 'failed-log-in', certainty: 'unknown' }]);
});

test('leaves the item unchanged when an uncounted attempt was swept meanwhile', () => {
  const state = stateWith();
  const late = begin(state, 'late');
  sweep(state, BUDGETS, NOW + 20 * MINUTE_MS);
  const { failed, presented } = structuredClone(state);
  late({ outcome: 'uncounted' }, NOW + 21 * MINUTE_MS);
  expect(state).toMatchObject({ failed, presented, inFlight: {} });
});

test('calls no replaced password good when the success of a swept attempt arrives late', () => {
  const state = stateWith();
  const wanted = attemptRequest();
  const late = begin(state, 'late', wanted);
  sweep(state, BUDGETS, NOW + 20 * MINUTE_MS);
  state.refused[wanted.fingerprint.id] = { at: NOW, releasable: false, released: false, replaced: true };
  late(SUCCESS, NOW + 21 * MINUTE_MS);
  expect(state.lastGood).toBeUndefined();
  expect(state.refused[wanted.fingerprint.id]).toBeDefined();
});

test('makes a version fresh again when its only attempt was not counted, and no other version', () => {
  const state = stateWith();
  begin(state, 'another');
  const uncounted = begin(state, 'uncounted', attemptRequest({ versionId: 'v2' }));
  expect(state.presented).toEqual(['v1', 'v2']);
  uncounted({ outcome: 'uncounted' });
  expect(state.presented).toEqual(['v1']);
});

test('keeps the retry used when an uncounted attempt did not use it', () => {
  const state = stateWith();
  const wanted = attemptRequest();
  const uncounted = begin(state, 'uncounted', wanted);
  state.refused[wanted.fingerprint.id] = { at: NOW, releasable: true, released: true };
  uncounted({ outcome: 'uncounted' });
  expect(state.refused[wanted.fingerprint.id]?.released).toBe(true);
});
