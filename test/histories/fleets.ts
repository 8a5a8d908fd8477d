import assert from 'node:assert/strict';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { PlatformOptions } from '../../local/thingspace/platform.ts';
import { seededRandom } from '../../local/thingspace/random.ts';
import { createFleetWorld, MINUTE_MS } from '../session/fleet-world.ts';
import type { Process } from '../world/fate.ts';
import type { History, Suite } from './history.ts';

const ROTATIONS = 10;
const HOURS = 10;
/** Clients of a fleet: the sample plays the smallest. */
const SIZES = [100, 1_000];

type Story = { name: string; platform: Partial<PlatformOptions>; deaths?: true };
const STORIES: readonly Story[] = [
  { name: 'sessions live through rotations', platform: {} },
  { name: 'a new password ends all sessions', platform: { newPasswordEndsSessions: true } },
  { name: 'a log-in ends older sessions', platform: { logInEndsOlderSessions: true } },
  {
    name: 'every second process that logs in dies',
    platform: { newPasswordEndsSessions: true },
    deaths: true,
  },
];

/**
 * Fleets of clients through ten rotations: no request fails, and they log in at most twice as
 * often as one client alone.
 */
export const fleets: Suite = {
  name: 'fleets',
  isSlow: true,
  histories: async (transport) =>
    SIZES.slice(0, transport === 'soap' ? 2 : 1).flatMap((size) =>
      STORIES.map(
        (story): History => ({
          name: `${size} clients, ${story.name}`,
          kinds: size === SIZES[0] ? [story.name] : [],
          play: () => judge(transport, size, story),
        }),
      ),
    ),
};

async function judge(transport: Transport, size: number, story: Story): Promise<string> {
  const one = await workThrough(transport, 1, story);
  const fleet = await workThrough(transport, size, story);
  for (const { failed, truth, rotated, violations } of [one, fleet]) {
    assert.deepEqual(failed, []);
    assert.deepEqual([truth.failures, truth.getNewPasswords], [0, ROTATIONS]);
    assert.equal(rotated, ROTATIONS);
    assert.deepEqual(violations, []);
  }
  assert(fleet.opened <= 2 * one.opened, `${fleet.opened} log-ins, one client alone needs ${one.opened}`);
  assert(story.deaths === undefined || fleet.died >= ROTATIONS / 3, `only ${fleet.died} processes died`);
  return `${fleet.opened} log-ins, ${one.opened} of one client`;
}

/** So many processes at work for ten hours, with a rotation in each; a process works every five minutes or so. */
async function workThrough(transport: Transport, size: number, { platform, deaths }: Story) {
  const world = await createFleetWorld({
    transport,
    platform,
    rotations: ROTATIONS,
    // Over REST a log-in waits for the end of a bearer with less than 90 s left.
    ...(transport === 'rest' ? { patienceMs: 2 * MINUTE_MS } : {}),
  });
  // Calls take their time, so that log-ins, rotations and other processes fall between each other's.
  const processes = new Set<Process>();
  let logIns = 0;
  let died = 0;
  world.gate.before = async (name, process) => {
    await world.sleep(20 + world.random.below(300));
    if (!deaths || name !== 'LogIn' || !processes.has(process) || ++logIns % 2 === 0) return;
    // ThingSpace executes the log-in of the dead process.
    died += 1;
    process.die();
  };
  const startClient = () => {
    const client = world.client();
    processes.add(client.process);
    return client;
  };
  const endMs = world.clock.nowMs() + HOURS * 60 * MINUTE_MS;
  const failed: string[] = [];
  const clients = Array.from({ length: size }, async (_, index) => {
    let client = startClient();
    const random = seededRandom(index + 1);
    while (world.clock.nowMs() < endMs) {
      await world.sleep(random.below(10 * MINUTE_MS));
      const { work, process } = client;
      const working = work().catch((error: Error) => process.dead || failed.push(error.name));
      await Promise.race([working, process.died]);
      if (process.dead) client = startClient();
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
  return { opened, rotated, died, failed, truth: world.truth(), violations: world.violations };
}
