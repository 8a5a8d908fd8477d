import { describe, expect, test } from 'vitest';
import { sampled } from '../thorough.ts';
import type { Plan } from '../world/fate.ts';
import { ACTS, type Act, play as playAct, playLater } from '../world/people.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

const DAY_MS = 24 * 60 * MINUTE_MS;
const QUARTER_DAYS = 90;

/** A quarter: the daily checks, which meet no fault, and at its end the rotation as Secrets Manager tries it. */
async function quarter(world: World, during: Plan): Promise<void> {
  for (let day = 0; day < QUARTER_DAYS; day += 1) {
    world.advance(DAY_MS);
    await world.recover();
  }
  world.plan.decide = during;
  await world.rotate();
  world.plan.decide = () => 'ok';
}

/** Causes that every rotation meets and no daily check does. */
const CAUSES: Record<string, Plan> = {
  'no log-in gets an answer': ({ name }) => (name === 'LogIn' ? 'response-lost' : 'ok'),
  'the function cannot reach ThingSpace': ({ name }) =>
    /^(LogIn|GetNewPassword)$/.test(name) ? 'failed-before' : 'ok',
  'no exchange gets an answer': ({ name }) => (name === 'GetNewPassword' ? 'request-lost' : 'ok'),
  'the sealing key is denied': ({ name }) => (name === 'GenerateDataKey' ? 'failed-before' : 'ok'),
  'nothing can be stored': ({ name }) => (name === 'PutSecretValue' ? 'failed-before' : 'ok'),
  'the label cannot be moved': ({ name }) => (name === 'UpdateSecretVersionStage' ? 'failed-before' : 'ok'),
  'the secret cannot be read': ({ name }) => (name === 'GetSecretValue' ? 'failed-before' : 'ok'),
};

describe('two quarters without an operator', () => {
  test.each(Object.entries(CAUSES))(
    'bring every due message, and no false one, when %s in every rotation',
    async (_, during) => {
      const world = createWorld();
      await world.rotate();
      for (let count = 0; count < 2; count += 1) await quarter(world, during);
      expect(world.violations).toEqual([]);
    },
  );

  test.each(ACTS)('bring every due message, and no false one, after an operator $name', async (person) => {
    for (const index of sampled([3, 20], 2)) {
      const world = createWorld();
      await world.rotate();
      await actIn(world, person, index);
      for (let count = 0; count < 2; count += 1) await quarter(world, () => 'ok');
      expect(world.violations, `at call ${index}`).toEqual([]);
    }
  });
});

/** The person acts before a call of the next rotation; an hour later they do what they do of their own accord. */
async function actIn(world: World, act: Act, index: number): Promise<void> {
  const at = world.calls.length + index;
  let acted = false;
  const once = async () => {
    if (acted) return;
    acted = true;
    await playAct(world, act);
  };
  world.gate.person = async (call, when) => {
    if (call === at && when === 'before') await once();
  };
  await world.rotate();
  await once();
  world.gate.person = undefined;
  world.advance(60 * MINUTE_MS);
  await playLater(world, act);
}
