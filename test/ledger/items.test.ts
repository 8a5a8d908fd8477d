import { expect, test } from 'vitest';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { LedgerUnavailableError } from '../../lambda/ledger/errors.ts';
import { applyChange, LedgerItemError, type Transition, type Writer } from '../../lambda/ledger/items.ts';
import { type CredentialState, decodeState, newState } from '../../lambda/ledger/state.ts';
import { NOW } from './attempt-request.ts';
import { hookedItems, steppingClock, TableError } from './hooked-items.ts';

const fail = (state: CredentialState) => {
  state.failed += 1;
  return state.failed;
};

type Options = Writer<CredentialState> & { deadlineMs: number; fresh?: boolean };
const change = <T>({ deadlineMs, fresh, ...writer }: Options, transition: Transition<CredentialState, T>) =>
  applyChange(writer, 'fleet', deadlineMs, transition, fresh);

function setUp() {
  const clock = steppingClock();
  const parts = hookedItems(() => NOW);
  const options: Options = {
    store: parts.items,
    clock,
    memory: new Map(),
    decode: decodeState,
    deadlineMs: 1_000,
  };
  /** As another process does it: nothing is remembered. */
  const elsewhere = (apply: (state: CredentialState) => unknown) =>
    change({ ...options, memory: new Map() }, apply);
  return { clock, options, elsewhere, ...parts };
}

test('creates the item by the first change, and returns the result of each change', async () => {
  const { options, state } = setUp();
  expect((await change(options, fail)).result).toBe(1);
  expect((await change(options, fail)).result).toBe(2);
  expect(state()).toMatchObject({ credential: 'fleet', failed: 2, revision: 2 });
});

test('writes nothing for a change without effect, but has DynamoDB’s time', async () => {
  const { options, writes } = setUp();
  const seen = await change(options, (_state, now) => now);
  expect(seen.result).toBe(NOW);
  expect(writes()).toBe(0);
});

test('computes a change again on the item of a writer who came before', async () => {
  const { options, hooks, table, state } = setUp();
  hooks.beforeWrite = () => {
    delete hooks.beforeWrite;
    table.set('fleet', JSON.stringify({ ...newState('fleet'), failed: 4, revision: 7 }));
  };
  expect((await change(options, fail)).result).toBe(5);
  expect(state()).toMatchObject({ failed: 5, revision: 8 });
});

test('applies a write once, and returns its result, when only the answer was lost', async () => {
  const { options, hooks, state, writes } = setUp();
  hooks.afterWrite = () => {
    delete hooks.afterWrite;
    throw new TableError('the answer was lost');
  };
  expect((await change(options, fail)).result).toBe(1);
  expect(state().failed).toBe(1);
  expect(writes()).toBe(1);
});

test('recognizes its own write after another writer has changed the item', async () => {
  const { options, hooks, table, state } = setUp();
  hooks.afterWrite = () => {
    delete hooks.afterWrite;
    const landed = state();
    table.set(
      'fleet',
      JSON.stringify({ ...landed, recentWrites: ['other', ...landed.recentWrites], failed: 3 }),
    );
    throw new TableError('the answer was lost');
  };
  expect((await change(options, fail)).result).toBe(1);
  expect(state().failed).toBe(3);
});

test('sends a write again that took no effect', async () => {
  const { options, hooks, state } = setUp();
  let times = 0;
  hooks.beforeWrite = () => {
    times += 1;
    if (times <= 3) throw new TableError('throttled');
  };
  await change({ ...options, deadlineMs: 60_000 }, fail);
  expect(state().failed).toBe(1);
});

test('keeps the ids of the last 20 writes only', async () => {
  const { options, state } = setUp();
  for (let time = 0; time < 25; time += 1) await change(options, fail);
  expect(new Set(state().recentWrites).size).toBe(20);
});

test('throws LedgerUnavailableError when the table does not answer until the deadline', async () => {
  const { options, clock, hooks } = setUp();
  let asked = 0;
  hooks.read = () => {
    asked += 1;
    throw new TableError('down');
  };
  const failure = await change({ ...options, deadlineMs: 10_000 }, fail).catch((error) => error);
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
])('stops at once at an item with %s, and leaves it unchanged', async (_, damage) => {
  const { options, clock, table, writes } = setUp();
  const damaged = JSON.stringify({ ...newState('fleet'), ...damage });
  table.set('fleet', damaged);
  const failure = await change({ ...options, deadlineMs: 60_000 }, fail).catch((error) => error);
  expect(failure).toBeInstanceOf(LedgerItemError);
  expect(failure.message).toContain(Object.keys(damage)[0]);
  expect(clock.nowMs()).toBe(0);
  expect(writes()).toBe(0);
  expect(table.get('fleet')).toBe(damaged);
});

const CONFLICT = { outcome: 'conflict' } as const;

test('reads the table once, and never its own writes', async () => {
  const { options, reads, state } = setUp();
  for (let time = 0; time < 3; time += 1) await change(options, fail);
  expect(reads()).toBe(1);
  expect(state()).toMatchObject({ failed: 3, revision: 3 });
});

test('finds another process’s later write by the condition, and loses none of it', async () => {
  const { options, elsewhere, state } = setUp();
  await change(options, fail);
  await elsewhere((other) => {
    other.failed += 10;
  });
  expect((await change(options, fail)).result).toBe(12);
  expect(state()).toMatchObject({ failed: 12, revision: 3 });
});

test('answers a change without effect from the table, however recent its own write', async () => {
  const { options, elsewhere } = setUp();
  await change(options, fail);
  await elsewhere(fail);
  expect((await change(options, ({ failed }) => failed)).result).toBe(2);
});

test('computes a change on a copy, and forgets a change that was not written', async () => {
  const { options, hooks, state } = setUp();
  await change(options, fail);
  hooks.beforeWrite = () => {
    throw new TableError('down');
  };
  await expect(change(options, fail)).rejects.toThrow(LedgerUnavailableError);
  delete hooks.beforeWrite;
  expect((await change({ ...options, deadlineMs: 10_000 }, fail)).result).toBe(2);
  expect(state().failed).toBe(2);
});

test.each([
  [10_000, 1],
  // `>=` instead of `>` would read again at exactly ten seconds.
  [10_001, 2],
])('needs, after a write %i ms ago, %i reads of the table before the next', async (ageMs, wanted) => {
  const { options, clock, reads } = setUp();
  await change(options, fail);
  clock.advance(ageMs);
  await change({ ...options, deadlineMs: 20_000 }, fail);
  expect(reads()).toBe(wanted);
});

test('takes DynamoDB’s time of its last answer, plus the time since, from memory', async () => {
  const { options, clock } = setUp();
  await change(options, fail);
  clock.advance(5_000);
  let seen = 0;
  await change({ ...options, deadlineMs: 20_000 }, (state, now) => {
    seen = now;
    return fail(state);
  });
  expect(seen).toBe(NOW + 5_000);
});

test('reads the table for a fresh change, also right after its own write', async () => {
  const { options, reads } = setUp();
  await change(options, fail);
  await change({ ...options, fresh: true }, fail);
  expect(reads()).toBe(2);
});

test('ends a change at its deadline, with an error, when other writers always come first', async () => {
  const { options, clock, items } = setUp();
  const store = { ...items, write: async () => CONFLICT };
  const failure = await change({ ...options, store, deadlineMs: 10_000 }, fail).catch((error) => error);
  expect(failure).toBeInstanceOf(LedgerUnavailableError);
  expect(failure.message).toMatch(/written by others all the time.*no password is presented/);
  expect(failure.cause).toBeUndefined();
  expect(clock.nowMs()).toBeLessThan(10_000);
});

test('writes an envelope as a separate item before the write that removes it', async () => {
  const { options, orphans, hooks, state } = setUp();
  hooks.beforeWrite = () => expect([...orphans]).toEqual([['fleet x', 'sealed']]);
  await change(options, (now) => {
    now.setAside.x = 'sealed';
  });
  expect(state()).toMatchObject({ setAside: {}, orphanItems: ['x'] });
  await change(options, (now) => {
    now.setAside.x = 'sealed';
  });
  // Named once, however often it is set aside.
  expect(state().orphanItems).toEqual(['x']);
});

test('keeps an envelope in the item when its separate item cannot be written', async () => {
  const { options, hooks, writes } = setUp();
  hooks.setAside = () => {
    throw new TableError('down');
  };
  const failure = await change(options, (now) => {
    now.setAside.x = 'sealed';
  }).catch((error) => error);
  expect(failure).toBeInstanceOf(LedgerUnavailableError);
  expect(writes()).toBe(0);
});

test('throws LedgerItemError at once, without a repetition, when DynamoDB rejects the item', async () => {
  const { options, clock, hooks } = setUp();
  hooks.beforeWrite = () => {
    throw new AwsCallError('dynamodb:PutItem', { name: 'ValidationException', message: 'MARKER' });
  };
  const failure = await change({ ...options, deadlineMs: 60_000 }, fail).catch((error) => error);
  expect(failure).toBeInstanceOf(LedgerItemError);
  expect(failure.message).toMatch(/does not take.*too large.*No password is presented/s);
  expect(String(failure.cause)).not.toContain('MARKER');
  expect(clock.nowMs()).toBe(0);
});
