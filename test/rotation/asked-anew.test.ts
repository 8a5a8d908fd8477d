import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import { createWorld, FIRST_PASSWORD, MINUTE_MS, secretValue, type World } from '../world/world.ts';

/** An operator asks for a rotation because the password leaked: what had been AWSCURRENT before does not count as new. */

const isDynamoDb = (name: string) => /^(GetItem|PutItem|Query|BatchWriteItem)/.test(name);

/** DynamoDB is away from the swap on, through all retries of the first rotation. */
async function swappedWithoutLedger(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  // Otherwise a label that an operator moves back leaves AWSPENDING, and Secrets Manager repeats the first rotation.
  const world = createWorld({ ...options, secret: { pendingFollowsMove: true } });
  let away = false;
  world.plan.decide = ({ name }) => {
    away ||= name === 'UpdateSecretVersionStage';
    return away && isDynamoDb(name) ? 'failed-before' : 'ok';
  };
  expect((await world.rotate()).rotated).toBe(false);
  expect(world.currentPassword()).toBe(world.truth().password);
  world.plan.decide = () => 'ok';
  world.advance(60 * MINUTE_MS);
  return world;
}

test('Makes a new password for a new rotation when the earlier one was AWSCURRENT already', async () => {
  const world = await swappedWithoutLedger();
  const leaked = world.currentPassword();
  const { rotated, token } = await world.rotate();
  expect(rotated).toBe(true);
  expect(world.currentPassword()).not.toBe(leaked);
  expect(world.aws.versions.get(token)?.value).toBeDefined();
  expect(world.aws.stages.get('AWSCURRENT')).toBe(token);
  expect(announced(world)).toEqual(['rolled-forward', 'password-rotated']);
});

test('Makes a new password for the version that was pending while the daily check settled the earlier one', async () => {
  const world = await swappedWithoutLedger();
  const leaked = world.currentPassword();
  const token = randomUUID();
  world.aws.rotate(token);
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect((await world.rotate({ token })).rotated).toBe(true);
  expect(world.currentPassword()).not.toBe(leaked);
});

test.each<[string, (world: World) => void]>([
  ['edited', (world) => void world.aws.store((world.aws.currentValue() ?? '').replace('emea', 'apac'))],
  ['overwrote by a wrong one', (world) => void world.storeByHand('Mistyped 1')],
  [
    'overwrote twice, at last by the dead one before',
    (world) => {
      world.storeByHand('Mistyped 1');
      world.storeByHand(FIRST_PASSWORD);
    },
  ],
  ['moved back from', (world) => world.aws.moveCurrentTo(world.aws.stages.get('AWSPREVIOUS') as string)],
])('Makes a new password for a new rotation when an operator %s the earlier one', async (_, act) => {
  const world = await swappedWithoutLedger();
  const leaked = world.currentPassword();
  act(world);
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.currentPassword()).not.toBe(leaked);
  expect(world.violations).toEqual([]);
});

test('Makes a new password for a new rotation when an operator stored one that works over a sealed one', async () => {
  const world = createWorld();
  await world.rotateMeeting('stdout', 'killed-after');
  world.restoreByHand('Spoken On The Phone 1');
  world.aws.stages.delete('AWSPENDING');
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.currentPassword()).not.toBe('Spoken On The Phone 1');
});

test('Makes a new password when the earlier one was current under the version of a rotation in between', async () => {
  const world = createWorld({ secret: { pendingFollowsMove: true } });
  world.plan.decide = ({ name }) => (name === 'stdout' ? 'killed-after' : 'ok');
  await world.rotate({ attempts: 1 });
  world.aws.stages.delete('AWSPENDING');
  let away = false;
  world.plan.decide = ({ name }) => {
    away ||= name === 'UpdateSecretVersionStage';
    return away && isDynamoDb(name) ? 'failed-before' : 'ok';
  };
  world.advance(25 * MINUTE_MS);
  expect((await world.rotate()).rotated).toBe(false);
  expect(world.currentPassword()).toBe(world.truth().password);
  const leaked = world.currentPassword();
  world.plan.decide = () => 'ok';
  world.storeByHand(FIRST_PASSWORD);
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.currentPassword()).not.toBe(leaked);
  expect(world.currentPassword()).toBe(world.truth().password);
});

test('Makes a new password although the rotation dies right after it rolled the earlier one forward', async () => {
  const world = await swappedWithoutLedger({ budgets: { limit: 9, budget: 8, rotation: 7 } });
  world.aws.store(secretValue('Mistyped 1').replace('emea', 'apac'));
  let died = false;
  world.plan.decide = ({ name }) => {
    if (died || name !== 'UpdateSecretVersionStage') return 'ok';
    died = true;
    return 'killed-after';
  };
  const { rotated } = await world.rotate({ backoffMs: 25 * MINUTE_MS });
  expect(died).toBe(true);
  expect(rotated).toBe(true);
  expect(world.violations).toEqual([]);
});
