import { expect, test } from 'vitest';
import { withPauses } from '../../lambda/session/bearers.ts';
import type { NeverSent } from '../../lambda/thingspace/api.ts';
import type { RestApi } from '../../lambda/thingspace/rest/api.ts';
import { BearerError, type BearerProblem } from '../../lambda/thingspace/rest/bearer-error.ts';
import { virtualClock } from './virtual-clock.ts';

const KEY = { apiKey: 'k', apiSecret: 's' };

/** A token service and a gateway that answer as they are told; `asked` counts the token requests. */
function setUp() {
  const clock = virtualClock(0);
  const state = { fails: undefined as BearerProblem | undefined, refuses: false, asked: 0 };
  const bearerOf = async (): Promise<{ outcome: 'done'; value: string } | NeverSent> => {
    state.asked += 1;
    return state.fails
      ? { outcome: 'never-sent', cause: new BearerError(state.fails) }
      : { outcome: 'done', value: 'b' };
  };
  const api = {
    prepare: bearerOf,
    bearer: bearerOf,
    logIn: async () =>
      state.refuses ? { outcome: 'refused', code: 'Gateway.900901' } : { outcome: 'done', value: 'session' },
  } as unknown as RestApi;
  const paused = withPauses(api, clock);
  /** Asks once a second, and returns the seconds in which the token service was asked. */
  async function askedIn(seconds: number, ask: () => Promise<unknown>): Promise<number[]> {
    const found: number[] = [];
    for (let second = 0; second < seconds; second += 1) {
      const before = state.asked;
      await ask();
      if (state.asked > before) found.push(second);
      clock.advance(1_000);
    }
    return found;
  }
  return { clock, state, paused, askedIn };
}

test.each(['unavailable', 'wrong-key', 'wrong-address', 'no-bearer', 'request-refused'] as const)(
  'makes growing pauses after a failure of the token service (%s)',
  async (problem) => {
    const { state, paused, askedIn } = setUp();
    state.fails = problem;
    const asked = await askedIn(250, () => paused.bearer(KEY, { timeoutMs: 1_000 }));
    expect(asked).toEqual([0, 2, 6, 14, 30, 62, 122, 182, 242]);
  },
);

test.each(['no-key', 'unsendable-key', 'near-its-end'] as const)(
  'makes no pause where no request failed (%s)',
  async (problem) => {
    const { state, paused, askedIn } = setUp();
    state.fails = problem;
    expect(await askedIn(5, () => paused.prepare(KEY, { timeoutMs: 1_000 }))).toEqual([0, 1, 2, 3, 4]);
  },
);

test('asks at once with another key, and forgets the pauses after a success', async () => {
  const { clock, state, paused, askedIn } = setUp();
  const ask = () => paused.prepare(KEY, { timeoutMs: 1_000 });
  state.fails = 'unavailable';
  await askedIn(20, ask);
  await paused.prepare({ ...KEY, apiSecret: 'another' }, { timeoutMs: 1_000 });
  expect(state.asked).toBe(5);
  state.fails = undefined;
  clock.advance(60_000);
  await ask();
  state.fails = 'unavailable';
  expect(await askedIn(7, ask)).toEqual([0, 2, 6]);
});

test('pauses log-ins that the gateway refuses for their bearer until one succeeds', async () => {
  const { state, paused, askedIn, clock } = setUp();
  state.refuses = true;
  const credential = { ...KEY, username: 'u', password: 'p' };
  let logIns = 0;
  const logIn = async () => {
    const { outcome } = await paused.prepare(credential, { timeoutMs: 1_000 });
    if (outcome !== 'done') return;
    logIns += 1;
    await paused.logIn(credential, { timeoutMs: 1_000 });
  };
  expect(await askedIn(130, logIn)).toEqual([0, 2, 6, 14, 30, 62, 122]);
  expect(logIns).toBe(7);
  state.refuses = false;
  clock.advance(60_000);
  expect(await askedIn(3, logIn)).toEqual([0, 1, 2]);
});
