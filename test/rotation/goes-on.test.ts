import { expect, test } from 'vitest';
import { render } from '../../lambda/alarms/render.ts';
import { promisesToGoOn } from '../../local/judge/promises.ts';
import { nextSaidBy } from '../../local/judge/words.ts';
import { sampled, upTo } from '../thorough.ts';
import type { Fate } from '../world/fate.ts';
import { ACTS, type Act, play as playAct, playLater } from '../world/people.ts';
import { createWorld, type Ended, MINUTE_MS, type World } from '../world/world.ts';

const FATES: Fate[] = ['killed-after', 'failed-before', 'response-lost', 'request-lost'];
/** A later rotation makes fewer calls. */
const CALLS = 34;

/** The promises in the last error and in the last message since then. */
function promised(world: World, last: Ended | undefined, since: number): string[] {
  const errors = last && 'error' in last ? promisesToGoOn(last.error.message) : [];
  const message = world.aws.published.slice(since).at(-1);
  const messages = message ? promisesToGoOn(nextSaidBy(render(message))) : [];
  return [...errors, ...messages];
}

/** Plays on without an operator: the daily check an hour later, its promises, and the next rotation. */
async function playOn(world: World): Promise<{ rotated: boolean; promises: string[] }> {
  world.plan.decide = () => 'ok';
  world.advance(60 * MINUTE_MS);
  const since = world.aws.published.length;
  const promises = promised(world, await world.recover(), since);
  return { rotated: (await world.rotate()).rotated, promises };
}

/**
 * The second rotation meets something at a call and is tried once; what is said is held against what follows. A message
 * of the very invocation in which a person acts cannot know of it: then only the daily check is held to its word.
 */
async function judgeSecond(
  history: string,
  disturb: (world: World, at: number) => void,
  index: number,
  person?: Act,
): Promise<number> {
  const world = createWorld();
  await world.rotate();
  world.advance(90 * 24 * 60 * MINUTE_MS);
  disturb(world, world.calls.length + index);
  const since = world.aws.published.length;
  const { failures } = await world.rotate({ attempts: 1 });
  world.gate.person = undefined;
  if (person) await playLater(world, person);
  const atOnce = person ? [] : promised(world, failures.at(-1), since);
  const { rotated, promises } = await playOn(world);
  const all = [...atOnce, ...promises];
  if (all.length > 0) expect(rotated, `${history}: ${all.join(' ')}`).toBe(true);
  expect(world.violations, history).toEqual([]);
  return all.length;
}

test.each(FATES)('keeps a promise to continue by itself after a call of a rotation was %s', async (fate) => {
  let promises = 0;
  for (let index = 1; index <= CALLS; index += 1) {
    promises += await judgeSecond(
      `${fate} at call ${index}`,
      (world, at) => {
        world.plan.decide = (call) => (call.index === at ? fate : 'ok');
      },
      index,
    );
  }
  expect(promises).toBeGreaterThan(5);
});

test.each(ACTS)('keeps a promise to continue by itself after an operator $name', async (person) => {
  const { name } = person;
  for (const index of sampled(upTo(CALLS), 4)) {
    await judgeSecond(
      `an operator ${name} before call ${index}`,
      (world, at) => {
        world.gate.person = async (call, when) => {
          if (call !== at || when !== 'before') return;
          world.gate.person = undefined;
          await playAct(world, person);
        };
      },
      index,
      person,
    );
  }
});

test('finds a planted promise that is not kept', async () => {
  const world = createWorld();
  await world.rotate();
  world.restoreByHand('Reset By Support 9');
  world.storeByHand('Mistyped 9');
  const { failures } = await world.rotate({ attempts: 1 });
  expect(promised(world, failures.at(-1), 1)).toEqual([]);
  expect((await playOn(world)).rotated).toBe(false);
  const promises = [
    'The rotation goes on by itself: one log-in tests the new password.',
    'A retry continues from here.',
  ];
  expect(promises.flatMap(promisesToGoOn)).toEqual(promises);
});
