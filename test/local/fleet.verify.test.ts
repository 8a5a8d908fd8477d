import { beforeAll, expect, test } from 'vitest';
import { bundleRotation } from '../../infra/bundle.ts';
import { fleetScenario } from '../../local/scenarios/fleet.ts';
import { play } from '../../local/scenarios/scenario.ts';
import { startWorld } from '../../local/world.ts';

beforeAll(async () => {
  await bundleRotation();
});

test('ten apps with the library outlive three rotations, while ten cached readers lock the username', async () => {
  const world = await startWorld();
  try {
    const { checks } = await play(fleetScenario({ clients: 10, rotations: 3 }), world);
    expect(checks.filter(({ held }) => !held)).toEqual([]);
    expect(checks.length).toBeGreaterThan(5);
  } finally {
    await world.close();
  }
});
