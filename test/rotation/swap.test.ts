import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import { createWorld, FIRST_PASSWORD, secretValue, USERNAME, type World } from '../world/world.ts';

/** A person acts right before a call of the first rotation; which call is the first of its name. */
function actBefore(world: World, name: string, act: () => void): void {
  world.gate.before = async (called) => {
    if (called !== name) return;
    world.gate.before = undefined;
    act();
  };
}

const edited = (text: string | undefined): string => (text ?? '').replace('emea', 'apac');

test('an edit between PutSecretValue and UpdateSecretVersionStage ends up in AWSCURRENT with the new password, unasked', async () => {
  const world = createWorld();
  actBefore(world, 'UpdateSecretVersionStage', () => void world.aws.store(edited(world.aws.currentValue())));
  const { rotated } = await world.rotate({ attempts: 1 });
  expect(rotated).toBe(true);
  expect(world.aws.currentValue()).toBe(edited(secretValue(world.truth().password)));
  // Within a minute nobody has had a password reset to the old one: it need not be asked.
  expect(world.truth()).toMatchObject({ logIns: 2, failures: 0, getNewPasswords: 1 });
  expect(world.violations).toEqual([]);
});

test('an edit made a fresh version necessary: a finishSecret that is repeated after the end finds the rotation done', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.rotate(token);
  actBefore(world, 'UpdateSecretVersionStage', () => void world.aws.store(edited(world.aws.currentValue())));
  for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret', 'finishSecret'] as const) {
    expect(await world.step(step, token), step).toEqual({ outcome: 'done' });
  }
  expect(world.aws.stages.get('AWSCURRENT')).not.toBe(token);
  expect(announced(world)).toEqual(['password-rotated']);
});

test('a read from before the edit does not end it: it is asked until the edit is seen', async () => {
  const world = createWorld({ secret: { staleForMs: 3_000 } });
  actBefore(world, 'UpdateSecretVersionStage', () => void world.aws.store(edited(world.aws.currentValue())));
  expect((await world.rotate({ attempts: 1 })).rotated).toBe(true);
  expect(world.aws.currentValue()).toBe(edited(secretValue(world.truth().password)));
});

test('another username in the meantime: told, nothing is stored for it, and ours is current when it is put back', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.rotate(token);
  const theirs = secretValue(FIRST_PASSWORD).replace(USERNAME, 'Somebody-Else');
  actBefore(world, 'UpdateSecretVersionStage', () => void world.aws.store(theirs));
  expect(await world.step('createSecret', token)).toMatchObject({ error: { name: 'UsernameChangedError' } });
  expect(world.aws.currentValue()).toBe(theirs);
  expect(world.state().journal.state).toBe('received');
  world.storeByHand(FIRST_PASSWORD);
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth().getNewPasswords).toBe(1);
});

test('no credential in the meantime: ours is asked by one log-in and stored with the members of the version before', async () => {
  const world = createWorld();
  actBefore(world, 'UpdateSecretVersionStage', () => void world.aws.store('password: Mistyped'));
  expect((await world.rotate({ attempts: 1 })).rotated).toBe(true);
  expect(world.aws.currentValue()).toBe(secretValue(world.truth().password));
  // The exchange's own log-in, ours, and the test's.
  expect(world.truth()).toMatchObject({ logIns: 3, failures: 0, getNewPasswords: 1 });
  expect(world.violations).toEqual([]);
});

test('support resets while our answer is on its way: theirs stays, ours is set aside, and the rotation ends', async () => {
  const world = createWorld();
  actBefore(world, 'PutSecretValue', () => world.restoreByHand('Reset By Support 1'));
  const { rotated } = await world.rotate({ attempts: 1 });
  expect(rotated).toBe(true);
  expect(world.violations).toEqual([]);
  expect(world.currentPassword()).toBe('Reset By Support 1');
  expect(world.aws.orphans.size).toBe(1);
  expect(announced(world)).toEqual(['kept-aside', 'password-rotated']);
});

test('when theirs stays, AWSPENDING is off ours at once: RotateSecret would be refused with it', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.rotate(token);
  actBefore(world, 'UpdateSecretVersionStage', () => world.restoreByHand('Reset By Support 1'));
  expect(await world.step('createSecret', token)).toEqual({ outcome: 'done' });
  expect(world.aws.versions.get(token)?.value).toBeDefined();
  expect(world.aws.stages.get('AWSPENDING')).toBeUndefined();
});

test('the token holds another value already: ours goes under a version of its own', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.rotate(token);
  actBefore(world, 'PutSecretValue', () => void world.aws.stage(token, 'not ours'));
  world.aws.versions.delete(token);
  expect(await world.step('createSecret', token)).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.aws.stages.get('AWSCURRENT')).not.toBe(token);
  expect(world.aws.versions.get(token)?.value).toBe('not ours');
});

test('a rotation leaves AWSPENDING on no version', async () => {
  const world = createWorld();
  await world.rotate();
  expect(world.aws.stages.get('AWSPENDING')).toBeUndefined();
});

test('the recover event takes AWSPENDING off a version that has a value and is not current', async () => {
  const world = createWorld();
  world.aws.stage(randomUUID(), secretValue('Of A Rotation That Is Over'));
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.aws.stages.get('AWSPENDING')).toBeUndefined();
});

test('a reset to the very password that was replaced is asked when time enough has passed for it', async () => {
  const world = createWorld();
  // The put does not arrive for two minutes: long enough for a telephone call.
  let puts = 0;
  world.plan.decide = ({ name }) => {
    if (name !== 'PutSecretValue') return 'ok';
    puts += 1;
    if (puts === 2) {
      world.advance(120_000);
      world.platform.support.reset(USERNAME, FIRST_PASSWORD);
      world.aws.store(edited(secretValue(FIRST_PASSWORD)));
    }
    return puts === 1 ? 'failed-before' : 'ok';
  };
  await world.rotate({ attempts: 1 });
  expect(world.violations).toEqual([]);
  expect(world.currentPassword()).toBe(world.truth().password);
});
