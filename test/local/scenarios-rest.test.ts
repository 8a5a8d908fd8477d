import { beforeAll, expect, it } from 'vitest';
import { scenarios } from '../../local/scenarios/all.ts';
import { play } from '../../local/scenarios/scenario.ts';
import { startWorld } from '../../local/world.ts';
import { built } from '../built.ts';
import { sampled } from '../thorough.ts';

beforeAll(async () => {
  await built('rotation');
});

it.concurrent.each(sampled(scenarios, 4, 2))('$name holds over REST: $shows', async (scenario) => {
  const world = await startWorld({ ...scenario.world, transport: 'rest' });
  try {
    const { checks } = await play(scenario, world);
    expect(checks.filter(({ held }) => !held)).toEqual([]);
    expect(world.gateway.calls.map(({ operation }) => operation)).toContain('GetBearer');
  } finally {
    await world.close();
  }
});
