import { describe, expect, test } from 'vitest';
import type { Fate } from '../world/fate.ts';
import { createWorld, FIRST_PASSWORD, MINUTE_MS, secretValue, USERNAME, type World } from '../world/world.ts';

/** A put-back whose process dies is announced by the next look, and only when it took effect. */

const DAY_MS = 24 * 60 * MINUTE_MS;

/** Operators who leave AWSCURRENT on a dead password. */
const ACTS: Record<string, (world: World) => unknown> = {
  'saves a stale editor': (world) => world.aws.store(secretValue(FIRST_PASSWORD).replace('emea', 'apac')),
  'stores the password of two rotations ago': (world) => world.storeByHand(FIRST_PASSWORD),
  'moves AWSCURRENT back': (world) => world.aws.moveCurrentTo(world.aws.stages.get('AWSPREVIOUS') as string),
  // The daily check tries no password without a reason, so a rotation finds it out.
  'stores a wrong password': async (world) => {
    world.storeByHand('Mistyped 1');
    await world.rotate({ attempts: 1 });
  },
};

async function twiceRotated(): Promise<World> {
  const world = createWorld();
  await world.rotate();
  await world.rotate();
  world.advance(90 * DAY_MS);
  return world;
}

const saidOf = (world: World) => world.aws.published.filter(({ event }) => event === 'put-back');

const standingIn = (world: World) =>
  world.aws.published.map((event) => (event.event === 'standing-trouble' ? event.trouble : event.event));

async function daysPass(world: World, days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    world.advance(DAY_MS);
    await world.recover();
  }
}

/** Decides the fate of the next call of that name. */
function meets(world: World, fate: Fate, name: string): void {
  let met = false;
  world.plan.decide = (call) => {
    if (met || call.name !== name) return 'ok';
    met = true;
    world.plan.decide = () => 'ok';
    return fate;
  };
}

/** The calls of the check that puts the password back. */
async function callsOf(act: (world: World) => unknown): Promise<string[]> {
  const world = await twiceRotated();
  await act(world);
  const before = world.calls.length;
  await world.recover();
  return world.calls.slice(before).map(({ name }) => name);
}

describe.each(Object.entries(ACTS))('an operator %s', (_, act) => {
  test.each<Fate>(['killed-before', 'killed-after'])(
    'announces the put-back once when its process is %s at any call',
    async (fate) => {
      const names = await callsOf(act);
      for (const [at, name] of names.entries()) {
        const world = await twiceRotated();
        await act(world);
        const index = world.calls.length + at + 1;
        world.plan.decide = (call) => (call.index === index ? fate : 'ok');
        await world.recover();
        world.plan.decide = () => 'ok';
        await daysPass(world, 3);
        const history = `${fate} at call ${at + 1}, ${name}`;
        const isPutBack = world.currentPassword() === world.truth().password;
        // A refusal and a log-in that died uncounted use up the rotation's share.
        if (!isPutBack) expect(standingIn(world), history).toContain('guard-closed');
        // A message that SNS has taken comes again when the process dies before it is out of the outbox.
        const published = name === 'Publish' || names[at - 1] === 'Publish';
        expect(new Set(saidOf(world).map(({ id }) => id)).size, history).toBe(isPutBack ? 1 : 0);
        if (!published) expect(saidOf(world), history).toHaveLength(isPutBack ? 1 : 0);
        expect(world.state(), history).not.toHaveProperty('puttingBack');
        expect(world.violations, history).toEqual([]);
      }
    },
  );
});

test('announces a put-back after a death when an operator has edited a member since', async () => {
  const world = await twiceRotated();
  world.storeByHand(FIRST_PASSWORD);
  meets(world, 'killed-after', 'UpdateSecretVersionStage');
  await world.recover();
  const putBack = world.aws.stages.get('AWSCURRENT');
  world.aws.store((world.aws.currentValue() as string).replace('emea', 'apac'));
  await daysPass(world, 2);
  expect(saidOf(world)).toMatchObject([{ versionId: putBack }]);
  expect(world.aws.currentValue()).toContain('apac');
  expect(world.violations).toEqual([]);
});

test('announces a put-back whose answer is lost when an operator edits a member before it is sent again', async () => {
  const world = await twiceRotated();
  world.storeByHand(FIRST_PASSWORD);
  world.gate.person = (index, when) => {
    const call = world.calls[index - 1];
    if (when !== 'after' || call?.fate !== 'response-lost') return;
    world.aws.store((world.aws.currentValue() as string).replace('emea', 'apac'));
  };
  meets(world, 'response-lost', 'UpdateSecretVersionStage');
  await world.recover();
  expect(saidOf(world)).toHaveLength(1);
  expect(world.aws.currentValue()).toContain('apac');
  expect(world.violations).toEqual([]);
});

test('announces a put-back after a death when a rotation is the next to look', async () => {
  const world = await twiceRotated();
  world.storeByHand(FIRST_PASSWORD);
  meets(world, 'killed-after', 'UpdateSecretVersionStage');
  await world.recover();
  expect((await world.rotate()).rotated).toBe(true);
  await daysPass(world, 2);
  expect(saidOf(world)).toHaveLength(1);
  expect(world.violations).toEqual([]);
});

test('announces no put-back when an operator stores a reset password before the swap', async () => {
  const world = await twiceRotated();
  world.storeByHand(FIRST_PASSWORD);
  meets(world, 'killed-before', 'UpdateSecretVersionStage');
  await world.recover();
  world.restoreByHand('Restored By Support 7');
  await daysPass(world, 3);
  expect(saidOf(world)).toEqual([]);
  expect(world.state()).not.toHaveProperty('puttingBack');
  expect(world.currentPassword()).toBe('Restored By Support 7');
  expect(world.violations).toEqual([]);
});

test('announces no put-back when its password was refused before the next look', async () => {
  const world = await twiceRotated();
  world.storeByHand(FIRST_PASSWORD);
  meets(world, 'killed-after', 'UpdateSecretVersionStage');
  await world.recover();
  world.platform.support.reset(USERNAME, 'Known To Nobody 1');
  await world.trial();
  await daysPass(world, 3);
  expect(saidOf(world)).toEqual([]);
  expect(world.state()).not.toHaveProperty('puttingBack');
  expect(world.violations).toEqual([]);
});

test('leaves a put-back that is under way to its own invocation', async () => {
  const world = await twiceRotated();
  world.storeByHand(FIRST_PASSWORD);
  // Another check looks right before the swap, and does not reach ThingSpace.
  world.plan.decide = ({ name }) => (name === 'UpdateSecretVersionStage' ? 'killed-after' : 'ok');
  world.gate.before = async (name) => {
    if (name !== 'UpdateSecretVersionStage') return;
    world.gate.before = undefined;
    world.plan.decide = (call) => (call.name === 'LogIn' ? 'failed-before' : 'ok');
    await world.recover();
    world.plan.decide = () => 'ok';
  };
  await world.recover();
  expect(world.state().puttingBack).toBeDefined();
  await daysPass(world, 2);
  expect(saidOf(world)).toHaveLength(1);
  expect(world.violations).toEqual([]);
});

test('announces a put-back once when two checks make it at the same time', async () => {
  const world = await twiceRotated();
  world.storeByHand(FIRST_PASSWORD);
  world.gate.before = async (name) => {
    if (name !== 'UpdateSecretVersionStage') return;
    world.gate.before = undefined;
    await world.recover();
  };
  await world.recover();
  await daysPass(world, 2);
  expect(saidOf(world)).toHaveLength(1);
  expect(world.violations).toEqual([]);
});
