import { describe, expect, test } from 'vitest';
import type { PlatformOptions } from '../../local/thingspace/platform.ts';
import { seededRandom } from '../../local/thingspace/random.ts';
import { createFleetWorld, MINUTE_MS } from './fleet-world.ts';

const ROTATIONS = 10;
const HOURS = 10;

/** So many processes at work for ten hours, with a rotation in each; a process works every five minutes or so. */
async function workThrough(size: number, platform: Partial<PlatformOptions>) {
  const world = await createFleetWorld({ platform, rotations: ROTATIONS, patienceMs: 2 * MINUTE_MS });
  // Calls take their time, so that log-ins, rotations and other processes fall between each other's.
  world.gate.before = () => world.sleep(20 + world.random.below(300));
  const endMs = world.clock.nowMs() + HOURS * 60 * MINUTE_MS;
  const failed: string[] = [];
  let requests = 0;
  const clients = Array.from({ length: size }, async (_, index) => {
    const { work } = world.client();
    const random = seededRandom(index + 1);
    while (world.clock.nowMs() < endMs) {
      await world.sleep(random.below(10 * MINUTE_MS));
      requests += 1;
      await work().catch((error: Error) => failed.push(error.name));
    }
  });
  let rotated = 0;
  const rotations = (async () => {
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      await world.sleep(57 * MINUTE_MS);
      if ((await world.rotate()).rotated) rotated += 1;
    }
  })();
  await Promise.all([...clients, rotations]);
  const opened = world.calls.filter(({ name }) => name === 'Encrypt').length / 2;
  return { opened, rotated, failed, requests, truth: world.truth(), violations: world.violations };
}

describe('a thousand clients through ten rotations', () => {
  test.each([
    ['sessions live through rotations', {}, 0],
    ['a new password ends all sessions', { newPasswordEndsSessions: true }, 0],
    // Rotation logs in twice: a request that repeats itself may meet the second one as well.
    ['a log-in ends older sessions', { logInEndsOlderSessions: true }, 0.01],
  ])(
    'log in at most twice as often as one client when %s; no log-in fails',
    async (_what, platform, mostFailed) => {
      const one = await workThrough(1, platform);
      const fleet = await workThrough(1_000, platform);
      for (const played of [one, fleet]) {
        expect(played.failed.filter((name) => name !== 'SessionGoneError')).toEqual([]);
        expect(played.failed.length).toBeLessThanOrEqual(mostFailed * played.requests);
        expect(played.truth).toMatchObject({ failures: 0, getNewPasswords: ROTATIONS });
        expect(played.rotated).toBe(ROTATIONS);
        expect(played.violations).toEqual([]);
      }
      expect(fleet.opened).toBeLessThanOrEqual(2 * one.opened);
    },
  );
});
