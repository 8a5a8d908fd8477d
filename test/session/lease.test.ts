import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ask,
  decodeItem,
  IDLE_LIMIT_MS,
  LEASE_MS,
  newItem,
  opened,
  released,
  renewed,
  type SessionItem,
  used,
} from '../../lambda/session/session-item.ts';

const SECRET = 'arn:secret';
const ME = { gone: 0, secretArn: SECRET };
const session = (sealed: string, after = 0, ageMs = 0) => ({
  sealed,
  secretArn: SECRET,
  versionId: 'v1',
  gone: 0,
  after,
  ageMs,
});

function openedItem(now = 0): SessionItem {
  const state = newItem();
  ask(state, { ...ME, owner: 'a' }, now);
  opened(state, 'a', session('sealed 1'), now);
  return state;
}

test('denies others the lease until its very end', () => {
  const state = newItem();
  expect(ask(state, { ...ME, owner: 'a' }, 0)).toEqual({ kind: 'log-in', after: 0 });
  expect(ask(state, { ...ME, owner: 'b' }, LEASE_MS - 1)).toEqual({ kind: 'others', until: LEASE_MS });
  expect(ask(state, { ...ME, owner: 'b' }, LEASE_MS)).toEqual({ kind: 'log-in', after: 0 });
});

test('keeps the lease of an owner that renews it, and of no other process', () => {
  const state = newItem();
  ask(state, { ...ME, owner: 'a' }, 0);
  expect(renewed(state, 'b', 1)).toBe(false);
  expect(renewed(state, 'a', LEASE_MS - 1)).toBe(true);
  expect(ask(state, { ...ME, owner: 'b' }, 2 * LEASE_MS - 2).kind).toBe('others');
  expect(ask(state, { ...ME, owner: 'b' }, 2 * LEASE_MS - 1).kind).toBe('log-in');
  expect(renewed(state, 'a', 2 * LEASE_MS)).toBe(false);
});

describe('an owner that was suspended until its lease was over', () => {
  function suspended() {
    const state = newItem();
    ask(state, { ...ME, owner: 'a' }, 0);
    ask(state, { ...ME, owner: 'b' }, LEASE_MS);
    return state;
  }

  test('publishes its session when no other process has, and leaves the lease to the other one', () => {
    const state = suspended();
    expect(opened(state, 'a', session('of a'), LEASE_MS + 1)).toBe(1);
    expect(state.lease?.owner).toBe('b');
    expect(ask(state, { ...ME, owner: 'c' }, LEASE_MS + 2)).toMatchObject({ kind: 'use', sealed: 'of a' });
    expect(opened(state, 'b', session('of b'), LEASE_MS + 3)).toBe(2);
    expect(ask(state, { ...ME, owner: 'c' }, LEASE_MS + 4)).toMatchObject({ kind: 'use', sealed: 'of b' });
  });

  test('publishes none over the session of another process', () => {
    const state = suspended();
    expect(opened(state, 'b', session('of b'), LEASE_MS + 1)).toBe(1);
    expect(opened(state, 'a', session('of a'), LEASE_MS + 2)).toBeUndefined();
  });

  test('counts the time that it was suspended as idle, to the millisecond', () => {
    const state = suspended();
    expect(opened(state, 'a', session('of a', 0, IDLE_LIMIT_MS), 2 * IDLE_LIMIT_MS)).toBeUndefined();
    expect(opened(state, 'a', session('of a', 0, IDLE_LIMIT_MS - 1), 2 * IDLE_LIMIT_MS)).toBe(1);
    expect(ask(state, { ...ME, owner: 'c' }, 2 * IDLE_LIMIT_MS)).toMatchObject({ idleMs: IDLE_LIMIT_MS - 1 });
    expect(ask(state, { ...ME, owner: 'c' }, 2 * IDLE_LIMIT_MS + 1).kind).toBe('log-in');
  });
});

test('finds the lease of an owner that lost the answer to its write', () => {
  const state = newItem();
  ask(state, { ...ME, owner: 'a' }, 0);
  expect(ask(state, { ...ME, owner: 'a' }, 1)).toEqual({ kind: 'log-in', after: 0 });
});

test('uses a session until it was idle for the limit, to the millisecond', () => {
  expect(ask(openedItem(), { ...ME, owner: 'b' }, IDLE_LIMIT_MS - 1)).toMatchObject({ kind: 'use' });
  expect(ask(openedItem(), { ...ME, owner: 'b' }, IDLE_LIMIT_MS).kind).toBe('log-in');
});

test('calls a session that one process found gone gone for all', () => {
  const state = openedItem();
  ask(state, { ...ME, owner: 'b', gone: 1 }, 1);
  released(state, 'b', undefined, 1);
  expect(ask(state, { ...ME, owner: 'c' }, 2).kind).toBe('log-in');
});

test('gives the lease twice within a pair of log-ins, and a third time at its end', () => {
  const pairMs = 20_000;
  const state = newItem();
  const openAt = (owner: string, gone: number, now: number) => {
    const answer = ask(state, { ...ME, owner, gone, pairMs }, now);
    if (answer.kind === 'log-in') opened(state, owner, session(`sealed ${owner}`), now);
    return answer.kind === 'stopped' ? answer.stop : answer.kind;
  };
  const startMs = 1_000_000;
  expect(openAt('a', 0, startMs)).toBe('log-in');
  expect(openAt('b', 1, startMs + 1)).toBe('log-in');
  const waits = { why: 'waits', retryAt: startMs + pairMs };
  expect(openAt('c', 2, startMs + 2)).toMatchObject(waits);
  expect(openAt('c', 2, startMs + pairMs - 1)).toMatchObject(waits);
  expect(openAt('c', 2, startMs + pairMs)).toBe('log-in');
  // The session of the pair's end is not withheld meanwhile.
  expect(openAt('d', 2, startMs + pairMs + 1)).toBe('use');
});

test('does not use a session of another secret', () => {
  expect(ask(openedItem(), { ...ME, owner: 'b', secretArn: 'arn:other' }, 1).kind).toBe('log-in');
});

test('believes the cause that stopped a log-in for a minute, for the same version only', () => {
  const stop = { why: 'refused', message: 'refused', versionId: 'v1' } as const;
  const asking = (current: string | undefined, now: number) => {
    const state = newItem();
    ask(state, { ...ME, owner: 'a' }, 0);
    released(state, 'a', stop, 0);
    return ask(state, { ...ME, owner: 'b', current }, now).kind;
  };
  expect(asking(undefined, 1)).toBe('stopped');
  expect(asking('v1', 59_999)).toBe('stopped');
  expect(asking('v1', 60_000)).toBe('log-in');
  expect(asking('v2', 1)).toBe('log-in');
});

test('believes a passing cause for two seconds, but never beyond its own time', () => {
  const asking = (retryAt: number | undefined, now: number) => {
    const state = newItem();
    ask(state, { ...ME, owner: 'a' }, 0);
    released(state, 'a', { why: 'waits', message: 'waits', versionId: 'v1', retryAt }, 0);
    return ask(state, { ...ME, owner: 'b' }, now).kind;
  };
  expect(asking(undefined, 1_999)).toBe('stopped');
  expect(asking(undefined, 2_000)).toBe('log-in');
  expect(asking(500, 499)).toBe('stopped');
  expect(asking(500, 500)).toBe('log-in');
});

test('leaves an item of a later version unchanged', () => {
  expect(() => decodeItem({ credential: 'fleet', item: 'session' }, { ...newItem(), schema: 2 })).toThrow(
    /cannot be read by this version of the client/,
  );
});

type Step = { who: number; what: number; afterMs: number };
const step: fc.Arbitrary<Step> = fc.record({
  who: fc.nat(3),
  what: fc.constantFrom(0, 0, 0, 1, 2, 3, 3, 4, 5, 6),
  afterMs: fc.oneof(
    fc.nat(2_000),
    fc.constant(LEASE_MS - 1),
    fc.constant(LEASE_MS),
    fc.constant(IDLE_LIMIT_MS),
  ),
});

test('keeps one lease at a time, rising generations and gone sessions gone, for four processes', () => {
  let stolen = 0;
  let published = 0;
  let late = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const state = newItem();
      const processes = [0, 1, 2, 3].map((id) => ({
        id,
        request: 0,
        gone: 0,
        until: -1,
        owner: '',
        after: 0,
      }));
      let now = 0;
      let sessions = 0;
      let gone = 0;
      for (const { who, what, afterMs } of steps) {
        now += afterMs;
        const me = processes[who] as (typeof processes)[number];
        const generationBefore = state.generation;
        if (what <= 2) {
          const owner = `${who} ${++me.request}`;
          const answer = ask(state, { ...ME, owner, gone: me.gone }, now);
          gone = Math.max(gone, Math.min(me.gone, state.generation));
          if (answer.kind === 'use') {
            expect(answer.generation).toBeGreaterThan(gone);
            if (what === 2) me.gone = answer.generation;
          }
          if (answer.kind === 'log-in') {
            const holders = processes.filter((other) => other !== me && now < other.until);
            expect(holders).toEqual([]);
            me.until = now + LEASE_MS;
            me.owner = owner;
            me.after = answer.after;
          }
        } else if (what === 3 && me.owner !== '') {
          const mine = state.lease?.owner === me.owner;
          const isFirst = generationBefore === me.after;
          const shared = { ...session(`sealed ${++sessions}`, me.after), gone: me.gone };
          const generation = opened(state, me.owner, shared, now);
          expect(generation !== undefined).toBe(mine || isFirst);
          // The answer was lost, and it is written again.
          if (generation !== undefined)
            expect(opened(state, me.owner, session('again'), now)).toBe(generation);
          published += mine ? 1 : 0;
          stolen += mine || isFirst ? 0 : 1;
          late += !mine && isFirst ? 1 : 0;
          me.until = -1;
          me.owner = '';
        } else if (what === 4 && me.owner !== '') {
          released(state, me.owner, undefined, now);
          me.until = -1;
          me.owner = '';
        } else if (what === 5 && me.owner !== '') {
          const mine = state.lease?.owner === me.owner;
          expect(renewed(state, me.owner, now)).toBe(mine);
          if (mine) me.until = now + LEASE_MS;
        } else if (what === 6) {
          used(state, state.generation, now);
        }
        expect(state.generation).toBeGreaterThanOrEqual(generationBefore);
        expect(state.goneUpTo).toBeGreaterThanOrEqual(gone);
      }
    }),
    { numRuns: 3_000, seed: 1 },
  );
  expect(Math.min(stolen, published, late)).toBeGreaterThan(10);
});
