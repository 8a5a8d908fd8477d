import { beforeAll, expect, test } from 'vitest';
import { bundleRotation } from '../../infra/bundle.ts';
import { TRANSPORTS } from '../../lambda/transport.ts';
import { fleetScenario } from '../../local/scenarios/fleet.ts';
import { play } from '../../local/scenarios/scenario.ts';
import { startWorld } from '../../local/world.ts';

beforeAll(async () => {
  await bundleRotation();
});

const title =
  'ten apps with the library outlive three rotations over %s, while ten cached readers lock the username';

test.each(TRANSPORTS)(title, async (transport) => {
  const world = await startWorld({ transport });
  try {
    const { checks } = await play(
      fleetScenario({ clients: 10, rotations: 3, troubles: transport === 'soap' }),
      world,
    );
    expect(checks.filter(({ held }) => !held)).toEqual([]);
    expect(checks.length).toBeGreaterThan(5);
  } finally {
    await world.close();
  }
});
