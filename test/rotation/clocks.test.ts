import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../local/thingspace/random.ts';
import { sampled, upTo } from '../thorough.ts';
import type { Fate } from '../world/fate.ts';
import { judge } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

const wholeSeconds = (ms: number): number => Math.floor(ms / 1_000) * 1_000;

/** How the time in DynamoDB's answers differs from that of the function. Each world gets a clock of its own. */
const CLOCKS: Record<string, () => (nowMs: number) => number> = {
  'whole seconds': () => wholeSeconds,
  'servers up to 3 s ahead or behind, whole seconds': () => {
    const random = seededRandom(3);
    return (nowMs) => wholeSeconds(nowMs + random.below(6_001) - 3_000);
  },
  '30 s behind': () => (nowMs) => wholeSeconds(nowMs - 30_000),
  '30 s ahead': () => (nowMs) => wholeSeconds(nowMs + 30_000),
};

const FATES: Fate[] = ['killed-after', 'response-lost', 'request-lost'];
/** A first rotation makes fewer calls. */
const CALLS = 36;

/** One fault at a call of the first rotation, the retries, then daily checks; every sleep takes up to half as long again. */
async function play(clock: string, index: number, fate: Fate): Promise<World> {
  const random = seededRandom(index);
  const world = createWorld({
    dynamoDbClock: CLOCKS[clock]?.() ?? wholeSeconds,
    jitter: (ms) => ms + random.below(Math.ceil(ms / 2) + 1),
  });
  world.plan.decide = (call) => (call.index === index ? fate : 'ok');
  const { rotated } = await world.rotate();
  for (let recovery = 0; !rotated && recovery < 3; recovery += 1) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  return world;
}

describe.each(Object.keys(CLOCKS))('with a clock of DynamoDB: %s', (clock) => {
  test.each(FATES)('keeps every password and makes only true claims when a call is %s', async (fate) => {
    for (const index of sampled(upTo(CALLS), 3)) {
      await judge(await play(clock, index, fate), `${fate} at call ${index}`);
    }
  });
});

test('lets two writers with different pauses both end, in every order', async () => {
  for (const seed of sampled(upTo(40), 2)) {
    const random = seededRandom(seed);
    const world = createWorld({
      dynamoDbClock: wholeSeconds,
      jitter: (ms) => ms + random.below(Math.ceil(ms / 2) + 1),
    });
    world.gate.before = async () => {
      for (let turns = random.below(6); turns > 0; turns -= 1) await new Promise(setImmediate);
    };
    const token = `two-writers-${seed}-0000000000000000000000`;
    world.aws.stage(token);
    await Promise.all([world.step('createSecret', token), world.recover()]);
    expect((await world.rotate({ token })).rotated, `seed ${seed}`).toBe(true);
    expect(world.currentPassword(), `seed ${seed}`).toBe(world.truth().password);
    expect(world.violations, `seed ${seed}`).toEqual([]);
  }
});
