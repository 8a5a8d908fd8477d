import { expect, test } from 'vitest';
import { change } from '../../lambda/ledger/change.ts';
import { LedgerUnavailableError } from '../../lambda/ledger/errors.ts';
import { type CredentialState, LedgerItemError, newState } from '../../lambda/ledger/state.ts';
import { memoryItems, steppingClock, TableError } from './memory-items.ts';
import { NOW } from './presentation.ts';

const fail = (state: CredentialState) => {
  state.failed += 1;
  return state.failed;
};
const setUp = () => ({ clock: steppingClock(), ...memoryItems(() => NOW) });

test('the first change makes the item, the next one changes it, and what it returns comes back', async () => {
  const { items, clock, state } = setUp();
  expect((await change(items, clock, 'fleet', 1_000, fail)).result).toBe(1);
  expect((await change(items, clock, 'fleet', 1_000, fail)).result).toBe(2);
  expect(state()).toMatchObject({ credential: 'fleet', failed: 2, revision: 2 });
});

test('a change that changes nothing writes nothing, and knows DynamoDB’s time', async () => {
  const { items, clock, writes } = setUp();
  const seen = await change(items, clock, 'fleet', 1_000, (_state, now) => now);
  expect(seen.result).toBe(NOW);
  expect(writes()).toBe(0);
});

test('a change that meets another writer’s is computed again on what that one wrote', async () => {
  const { items, clock, hooks, table, state } = setUp();
  hooks.beforeWrite = () => {
    delete hooks.beforeWrite;
    table.set('fleet', JSON.stringify({ ...newState('fleet'), failed: 4, revision: 7 }));
  };
  expect((await change(items, clock, 'fleet', 1_000, fail)).result).toBe(5);
  expect(state()).toMatchObject({ failed: 5, revision: 8 });
});

test('a write that landed and whose answer was lost takes effect once, and its own result comes back', async () => {
  const { items, clock, hooks, state, writes } = setUp();
  hooks.afterWrite = () => {
    delete hooks.afterWrite;
    throw new TableError('the answer was lost');
  };
  expect((await change(items, clock, 'fleet', 1_000, fail)).result).toBe(1);
  expect(state().failed).toBe(1);
  expect(writes()).toBe(1);
});

test('a landed write is recognised also after another writer has changed the item', async () => {
  const { items, clock, hooks, table, state } = setUp();
  hooks.afterWrite = () => {
    delete hooks.afterWrite;
    const landed = state();
    table.set(
      'fleet',
      JSON.stringify({ ...landed, recentWrites: ['other', ...landed.recentWrites], failed: 3 }),
    );
    throw new TableError('the answer was lost');
  };
  expect((await change(items, clock, 'fleet', 1_000, fail)).result).toBe(1);
  expect(state().failed).toBe(3);
});

test('a write that did not land is sent again', async () => {
  const { items, clock, hooks, state } = setUp();
  let times = 0;
  hooks.beforeWrite = () => {
    times += 1;
    if (times <= 3) throw new TableError('throttled');
  };
  await change(items, clock, 'fleet', 60_000, fail);
  expect(state().failed).toBe(1);
});

test('the ids of the last 20 writes are kept, not more', async () => {
  const { items, clock, state } = setUp();
  for (let time = 0; time < 25; time += 1) await change(items, clock, 'fleet', 1_000, fail);
  expect(new Set(state().recentWrites).size).toBe(20);
});

test('a table that does not answer until the deadline is LedgerUnavailableError, and says that no password is presented', async () => {
  const { items, clock, hooks } = setUp();
  let asked = 0;
  hooks.read = () => {
    asked += 1;
    throw new TableError('down');
  };
  const failure = await change(items, clock, 'fleet', 10_000, fail).catch((error) => error);
  expect(failure).toBeInstanceOf(LedgerUnavailableError);
  expect(failure.message).toMatch(/DynamoDB.*no password is presented.*retry/s);
  expect(failure.cause).toBeInstanceOf(TableError);
  // Asked several times, with growing pauses, and never beyond the deadline.
  expect(asked).toBeGreaterThan(3);
  expect(asked).toBeLessThan(20);
  expect(clock.nowMs()).toBeLessThan(10_000);
});

test.each([
  ['a wrong type', { failed: 'three' }],
  ['an unknown journal', { journal: { state: 'dreaming' } }],
  ['a broken attempt', { inFlight: { a: { reservedAt: 'yesterday' } } }],
])('an item with %s stops everything at once and stays as it is', async (_, damage) => {
  const { items, clock, table, writes } = setUp();
  const damaged = JSON.stringify({ ...newState('fleet'), ...damage });
  table.set('fleet', damaged);
  const failure = await change(items, clock, 'fleet', 60_000, fail).catch((error) => error);
  expect(failure).toBeInstanceOf(LedgerItemError);
  expect(failure.message).toContain(Object.keys(damage)[0]);
  expect(clock.nowMs()).toBe(0);
  expect(writes()).toBe(0);
  expect(table.get('fleet')).toBe(damaged);
});
