import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Transport } from '../../lambda/thingspace/api.ts';
import { seededRandom } from '../../local/thingspace/random.ts';
import { mustBeLive, mustHold } from '../world/judge.ts';
import { createWorld } from '../world/world.ts';
import { firstSeed, type History, type Suite } from './history.ts';

const SEEDS = 400;
const SAMPLED = 60;
const SAMPLED_OVER_REST = 8;
/** Turns of the event loop by which a call is held back at most: each seed is another interleaving. */
const MAX_TURNS = 5;

/** Two rotations of one username at once, one of them invoked twice: never two exchanges side by side (G3). */
export const interleavings: Suite = {
  name: 'interleavings',
  restShare: 16,
  histories: async (transport) =>
    Array.from({ length: SEEDS }, (_, at): History => {
      const seed = firstSeed() + at;
      const name = `seed ${seed}`;
      const sampled = at < (transport === 'soap' ? SAMPLED : SAMPLED_OVER_REST);
      return { name, kinds: sampled ? [name] : [], play: () => play(transport, seed, name) };
    }),
};

async function play(transport: Transport, seed: number, name: string): Promise<string> {
  const world = createWorld({ transport, seed });
  const random = seededRandom(seed);
  world.gate.before = async () => {
    for (let turns = random.below(MAX_TURNS + 1); turns > 0; turns -= 1) await new Promise(setImmediate);
  };
  let exchanging = 0;
  world.gate.around = (call, phase) => {
    if (call !== 'GetNewPassword') return;
    exchanging += phase === 'begin' ? 1 : -1;
    assert(exchanging <= 1, `${name}: two exchanges side by side`);
  };
  const [one, other] = [randomUUID(), randomUUID()];
  world.aws.stage(one);
  world.aws.stage(other);
  await Promise.all([
    world.step('createSecret', one),
    world.step('createSecret', other),
    world.step('createSecret', other),
  ]);
  mustBeLive(world, name);
  mustHold(world, name);
  // A log-in that had been reserved before the exchange may be executed after it: it costs one, reserved.
  const { failures } = world.truth();
  assert(failures <= 1, `${name}: ${failures} failed log-ins`);
  return `${world.truth().getNewPasswords} exchanges, ${failures} failed log-ins`;
}
