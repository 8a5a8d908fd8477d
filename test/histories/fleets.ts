import assert from 'node:assert/strict';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { PlatformOptions } from '../../local/thingspace/platform.ts';
import { seededRandom } from '../../local/thingspace/random.ts';
import { createFleetWorld, MINUTE_MS } from '../session/fleet-world.ts';
import type { History, Suite } from './history.ts';

const ROTATIONS = 10;
const HOURS = 10;
/** Clients of a fleet: the sample plays the smallest. */
const SIZES = [100, 1_000];

const PLATFORMS: readonly { name: string; platform: Partial<PlatformOptions> }[] = [
  { name: 'sessions live through rotations', platform: {} },
  { name: 'a new password ends all sessions', platform: { newPasswordEndsSessions: true } },
  { name: 'a log-in ends older sessions', platform: { logInEndsOlderSessions: true } },
];

/**
 * Fleets of clients through ten rotations: no request fails, and they log in at most twice as
 * often as one client alone.
 */
export const fleets: Suite = {
  name: 'fleets',
  histories: async (transport) =>
    SIZES.slice(0, transport === 'soap' ? 2 : 1).flatMap((size) =>
      PLATFORMS.map(
        ({ name, platform }): History => ({
          name: `${size} clients, ${name}`,
          kinds: size === SIZES[0] ? [name] : [],
          play: () => judge(transport, size, platform),
        }),
      ),
    ),
};

async function judge(
  transport: Transport,
  size: number,
  platform: Partial<PlatformOptions>,
): Promise<string> {
  const one = await workThrough(transport, 1, platform);
  const fleet = await workThrough(transport, size, platform);
  for (const { failed, truth, rotated, violations } of [one, fleet]) {
    assert.deepEqual(failed, []);
    assert.deepEqual([truth.failures, truth.getNewPasswords], [0, ROTATIONS]);
    assert.equal(rotated, ROTATIONS);
    assert.deepEqual(violations, []);
  }
  assert(fleet.opened <= 2 * one.opened, `${fleet.opened} log-ins, one client alone needs ${one.opened}`);
  return `${fleet.opened} log-ins, ${one.opened} of one client`;
}

/** So many processes at work for ten hours, with a rotation in each; a process works every five minutes or so. */
async function workThrough(transport: Transport, size: number, platform: Partial<PlatformOptions>) {
  const world = await createFleetWorld({
    transport,
    platform,
    rotations: ROTATIONS,
  });
  // Calls take their time, so that log-ins, rotations and other processes fall between each other's.
  world.gate.before = () => world.sleep(20 + world.random.below(300));
  const endMs = world.clock.nowMs() + HOURS * 60 * MINUTE_MS;
  const failed: string[] = [];
  const clients = Array.from({ length: size }, async (_, index) => {
    const { work } = world.client();
    const random = seededRandom(index + 1);
    while (world.clock.nowMs() < endMs) {
      await world.sleep(random.below(10 * MINUTE_MS));
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
  return { opened, rotated, failed, truth: world.truth(), violations: world.violations };
}
