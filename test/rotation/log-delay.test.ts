import { expect, test } from 'vitest';
import type { Fate } from '../world/fate.ts';
import { announced, judge } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

/** The log shows its lines late, and a process dies at any remote call. */

const HOUR_MS = 60 * MINUTE_MS;
const DELAYS_MS = [0, 5 * MINUTE_MS, 25 * MINUTE_MS, 6 * HOUR_MS];
const CALLS = 34;

type History = { index: number; fate: Fate; delayMs: number; backoffMs: number };

/** A death at one call, the retries, then the daily checks until the log shows everything. */
async function play({ index, fate, delayMs, backoffMs }: History): Promise<World> {
  const world = createWorld({ exchangeBrake: true });
  world.aws.logSearch.delayMs = delayMs;
  world.plan.decide = (call) => (call.index === index ? fate : 'ok');
  const { rotated } = await world.rotate({ backoffMs });
  if (rotated) return world;
  world.advance(25 * MINUTE_MS);
  await world.recover();
  for (let day = 0; day < 2; day += 1) {
    world.advance(24 * HOUR_MS);
    await world.recover();
  }
  return world;
}

test.each(DELAYS_MS.map((delayMs) => [delayMs / MINUTE_MS, delayMs]))(
  'Loses nothing that arrived when a process dies at any call and the log shows lines after %i minutes',
  async (_, delayMs) => {
    let histories = 0;
    let announcedAsLost = 0;
    let foundAfterwards = 0;
    for (const fate of ['killed-before', 'killed-after'] as const) {
      for (const backoffMs of [MINUTE_MS, 30 * MINUTE_MS]) {
        for (let index = 1; index <= CALLS; index += 1) {
          const history = `${fate} call ${index}, retries ${backoffMs / MINUTE_MS} min apart, log ${delayMs / MINUTE_MS} min late`;
          const world = await play({ index, fate, delayMs, backoffMs });
          if (announced(world).includes('password-lost')) {
            announcedAsLost += 1;
            if (world.answersReceived() > 0) foundAfterwards += 1;
          }
          await judge(world, history);
          histories += 1;
        }
      }
    }
    expect(histories).toBe(4 * CALLS);
    expect(announcedAsLost).toBeGreaterThan(0);
    // Only a log that is later than the settling time lets an answer be taken for lost.
    expect(foundAfterwards > 0).toBe(delayMs > 20 * MINUTE_MS);
  },
);
