import { expect, test } from 'vitest';
import { ExchangeInProgressError, LedgerUnavailableError } from '../../lambda/ledger/errors.ts';
import { guardedLogInToExchange } from '../../lambda/ledger/guarded-log-in.ts';
import { createLedger } from '../../lambda/ledger/ledger.ts';
import type { Outcome, ThingSpaceApi } from '../../lambda/thingspace/api.ts';
import { attemptRequest, BUDGETS, exchangeOf, NOW, SECRET_ARN } from './attempt-request.ts';
import { hookedItems, steppingClock, TableError } from './hooked-items.ts';

/** The write that settles a log-in and reserves the exchange that it was made for. */
const DEADLINE_MS = 600_000;

function setUp() {
  const clock = steppingClock();
  const memory = hookedItems(() => NOW);
  const gauges: unknown[] = [];
  const parts = {
    items: memory.items,
    alarms: { publish: async () => 'published' as const },
    metrics: { count: () => undefined, gauge: (...facts: unknown[]) => void gauges.push(facts) },
    clock,
    budgets: BUDGETS,
    warn: () => undefined,
  };
  // The other one is another process at the same table.
  return { ledger: createLedger(parts), otherLedger: createLedger(parts), clock, gauges, ...memory };
}

/** An item without the revision and the random ids, which differ in every run. */
const comparable = (item: object): unknown =>
  JSON.parse(
    JSON.stringify({ ...item, revision: 0, recentWrites: [] }).replaceAll(
      /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g,
      '#',
    ),
  );

test('settles the log-in and reserves the exchange as two writes would, in one', async () => {
  const [inOne, inTwo] = [setUp(), setUp()];
  for (const { ledger } of [inOne, inTwo]) {
    // A failure before it, which the log-in clears.
    const failed = await ledger.reserve(attemptRequest({ versionId: 'v0' }), DEADLINE_MS);
    await ledger.settle(failed, { outcome: 'failure', code: 'c', certainlyCredentials: true }, DEADLINE_MS);
  }
  const done = await inTwo.ledger.reserve(attemptRequest(), DEADLINE_MS);
  await inTwo.ledger.settle(done, { outcome: 'success' }, DEADLINE_MS);
  await inTwo.ledger.reserve(exchangeOf('t'), DEADLINE_MS);

  const logIn = await inOne.ledger.reserve(attemptRequest(), DEADLINE_MS);
  const before = inOne.writes();
  const exchange = await inOne.ledger.reserve(exchangeOf('t'), DEADLINE_MS, logIn);
  expect(inOne.writes() - before).toBe(1);
  expect(comparable(inOne.state())).toEqual(comparable(inTwo.state()));
  expect(inOne.gauges).toEqual(inTwo.gauges);
  expect(Object.keys(inOne.state().inFlight)).toEqual([exchange.attempt]);
});

test('settles the log-in when another rotation has the exchange', async () => {
  const { ledger, otherLedger, state } = setUp();
  const logIn = await ledger.reserve(attemptRequest(), DEADLINE_MS);
  const other = await otherLedger.reserve(exchangeOf('other'), DEADLINE_MS);
  const refused = ledger.reserve(exchangeOf('t'), DEADLINE_MS, logIn);
  await expect(refused).rejects.toThrow(ExchangeInProgressError);
  expect(Object.keys(state().inFlight)).toEqual([other.attempt]);
  expect(state()).toMatchObject({
    journal: { state: 'exchanging', token: 'other' },
    auditRows: [{ attempt: logIn.attempt, outcome: 'success' }],
  });
});

test('takes effect once when the answer of the write is lost', async () => {
  const { ledger, hooks, state } = setUp();
  const logIn = await ledger.reserve(attemptRequest(), DEADLINE_MS);
  hooks.afterWrite = () => {
    delete hooks.afterWrite;
    throw new TableError('the answer was lost');
  };
  const exchange = await ledger.reserve(exchangeOf('t'), DEADLINE_MS, logIn);
  expect(state()).toMatchObject({ journal: { state: 'exchanging', attempt: exchange.attempt } });
  expect(Object.keys(state().inFlight)).toEqual([exchange.attempt]);
  expect(state().auditRows).toHaveLength(1);
});

test('records the log-in until the deadline, and cancels the exchange when that took too long', async () => {
  const { ledger, clock, hooks, state } = setUp();
  const logIn = await ledger.reserve(attemptRequest(), DEADLINE_MS);
  hooks.read = hooks.beforeWrite = () => {
    if (clock.nowMs() < 60_000) throw new TableError('down');
  };
  await expect(ledger.reserve(exchangeOf('t'), DEADLINE_MS, logIn)).rejects.toMatchObject({
    name: 'ReservationExpiredError',
  });
  expect(state()).toMatchObject({
    inFlight: {},
    failed: 0,
    journal: { state: 'idle' },
    lastGood: { versionId: 'v1' },
  });
});

const CREDENTIAL = { secretArn: SECRET_ARN, versionId: 'v1', username: 'Fleet', password: 'Secret 1' };
const WHO = { actor: 'rotation', share: 'rotation' } as const;
const apiThat = (outcome: Outcome<string>) =>
  ({ prepare: async () => ({ outcome: 'done' }), logIn: async () => outcome }) as unknown as ThingSpaceApi;

test('returns the session for a log-out when the exchange cannot be reserved', async () => {
  const { ledger, clock, hooks } = setUp();
  const api = apiThat({ outcome: 'done', value: 'session' });
  hooks.afterWrite = () => {
    hooks.read = hooks.beforeWrite = () => {
      throw new TableError('down');
    };
  };
  const outcome = await guardedLogInToExchange({ ledger, api, clock }, CREDENTIAL, WHO, 't', DEADLINE_MS);
  if (outcome.outcome !== 'done') return expect.unreachable();
  expect(outcome.value.session).toBe('session');
  return expect(outcome.value.reserved).rejects.toThrow(LedgerUnavailableError);
});

test('settles a log-in without a session as any other, and reserves nothing', async () => {
  const { ledger, clock, state } = setUp();
  const api = apiThat({ outcome: 'refused', code: 'INPUT_INVALID.Password.Invalid' });
  const outcome = await guardedLogInToExchange({ ledger, api, clock }, CREDENTIAL, WHO, 't', DEADLINE_MS);
  expect(outcome).toMatchObject({ outcome: 'refused' });
  expect(state()).toMatchObject({ inFlight: {}, failed: 1, journal: { state: 'idle' } });
});
