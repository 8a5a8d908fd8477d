import { expect, test } from 'vitest';
import { answerToFailure } from '../../lambda/session/session-document.ts';
import { changeItem } from '../../lambda/session/session-store.ts';
import { virtualClock } from './virtual-clock.ts';

const PLACE = { credential: 'fleet', item: 'session' };

test('waits for other writers until its deadline, and says that the cause passes', async () => {
  const clock = virtualClock(0);
  const store = {
    read: async () => ({ item: undefined, now: clock.nowMs() }),
    write: async () => 'conflict' as const,
  };
  const changing = changeItem({ store, clock, random: () => 1 }, PLACE, (state) => {
    state.lastUsedAt = 1;
  });
  const failure = await changing.catch((error: Error) => error);
  expect(clock.nowMs()).toBeGreaterThan(8_000);
  expect(failure).toMatchObject({ name: 'LogInWaitsError', message: expect.stringContaining('by others') });
  expect(answerToFailure(failure, 0)).toMatchObject({ statusCode: 503 });
});
