import { beforeAll, expect, test } from 'vitest';
import { TRANSPORTS } from '../../lambda/transport.ts';
import { fleetScenario } from '../../local/scenarios/fleet.ts';
import { play } from '../../local/scenarios/scenario.ts';
import { startWorld } from '../../local/world.ts';
import { built } from '../built.ts';

beforeAll(async () => {
  await built('rotation', 'access');
});

const title =
  'ten apps with the library, and those of other kinds, outlive three rotations over %s, while ten cached readers lock the username';

test.each(TRANSPORTS)(title, async (transport) => {
  const scenario = fleetScenario({ clients: 10, rotations: 3, troubles: transport === 'soap' });
  const world = await startWorld({ transport, ...scenario.world });
  try {
    const { checks } = await play(scenario, world);
    expect(checks.filter(({ held }) => !held)).toEqual([]);
    expect(checks.length).toBeGreaterThan(5);
  } finally {
    await world.close();
  }
});
