import { fileURLToPath } from 'node:url';
import { beforeAll, describe, it } from 'vitest';
import { scenarios } from '../../local/scenarios/all.ts';
import type { Scenario } from '../../local/scenarios/scenario.ts';
import { play } from '../../local/scenarios/scenario.ts';
import { held } from '../../local/timeline/report.ts';
import { storyOf } from '../../local/timeline/story.ts';
import { startWorld, type WorldOptions } from '../../local/world.ts';
import { built } from '../built.ts';

const FIXTURE = fileURLToPath(new URL('./fixture-handler.mjs', import.meta.url));
/** Two of them wait for an invocation's whole time, twenty seconds. */
const LIMIT_MS = 120_000;

beforeAll(async () => {
  await built('rotation');
});

async function playIn(scenario: Scenario, options: WorldOptions = {}) {
  const world = await startWorld({ ...scenario.world, ...options });
  try {
    return await play(scenario, world);
  } finally {
    await world.close();
  }
}

describe('a scenario, played with the bundle', () => {
  it.concurrent.each(scenarios)(
    '$name: $shows',
    async (scenario) => {
      const { checks, entries, logIns } = await playIn(scenario);
      const failed = checks.filter((check) => !check.held).map(({ what }) => what);
      if (failed.length > 0) throw new Error(`These do not hold: ${failed.join('; ')}`);
      const lines = storyOf(entries, logIns.limit).length;
      if (lines < 5 || lines > 8) throw new Error(`Its story has ${lines} lines, not 5 to 8.`);
    },
    LIMIT_MS,
  );

  it.concurrent.each(scenarios)(
    '$name does not hold for a function that does nothing',
    async (scenario) => {
      const report = await playIn(scenario, { handlerFile: FIXTURE });
      if (held([report])) throw new Error('All checks hold although nothing was done.');
    },
    LIMIT_MS,
  );
});
