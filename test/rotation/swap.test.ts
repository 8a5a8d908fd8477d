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

test('keeps an edit between PutSecretValue and UpdateSecretVersionStage with the new password, without a log-in', async () => {
  const world = createWorld();
  actBefore(world, 'UpdateSecretVersionStage', () => void world.aws.store(edited(world.aws.currentValue())));
  const { rotated } = await world.rotate({ attempts: 1 });
  expect(rotated).toBe(true);
  expect(world.aws.currentValue()).toBe(edited(secretValue(world.truth().password)));
  // Within a minute support has not reset the password to the old one, so it needs no log-in.
  expect(world.truth()).toMatchObject({ logIns: 2, failures: 0, getNewPasswords: 1 });
  expect(world.violations).toEqual([]);
});

test('finds the rotation done when finishSecret is repeated after an edit made a fresh version', async () => {
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

test('repeats a stale read until it shows the edit', async () => {
  const world = createWorld({ secret: { staleForMs: 3_000 } });
  actBefore(world, 'UpdateSecretVersionStage', () => void world.aws.store(edited(world.aws.currentValue())));
  expect((await world.rotate({ attempts: 1 })).rotated).toBe(true);
  expect(world.aws.currentValue()).toBe(edited(secretValue(world.truth().password)));
});

test('reports another username in the meantime, and stores no password for it until it is put back', async () => {
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

test('tries the new password by one log-in when the secret holds no credential, and keeps the members', async () => {
  const world = createWorld();
  actBefore(world, 'UpdateSecretVersionStage', () => void world.aws.store('password: Mistyped'));
  expect((await world.rotate({ attempts: 1 })).rotated).toBe(true);
  expect(world.aws.currentValue()).toBe(secretValue(world.truth().password));
  // The exchange's own log-in, ours, and the test's.
  expect(world.truth()).toMatchObject({ logIns: 3, failures: 0, getNewPasswords: 1 });
  expect(world.violations).toEqual([]);
});

test('keeps support’s password, and sets the new one aside, when support resets during the exchange', async () => {
  const world = createWorld();
  actBefore(world, 'PutSecretValue', () => world.restoreByHand('Reset By Support 1'));
  const { rotated } = await world.rotate({ attempts: 1 });
  expect(rotated).toBe(true);
  expect(world.violations).toEqual([]);
  expect(world.currentPassword()).toBe('Reset By Support 1');
  expect(world.aws.orphans.size).toBe(1);
  expect(announced(world)).toEqual(['kept-aside', 'password-rotated']);
});

test('removes AWSPENDING at once when support’s password stays, so RotateSecret works', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.rotate(token);
  actBefore(world, 'UpdateSecretVersionStage', () => world.restoreByHand('Reset By Support 1'));
  expect(await world.step('createSecret', token)).toEqual({ outcome: 'done' });
  expect(world.aws.versions.get(token)?.value).toBeDefined();
  expect(world.aws.stages.get('AWSPENDING')).toBeUndefined();
});

test('stores the password as a separate version when the token already has another value', async () => {
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

test('leaves AWSPENDING on no version at the end of a rotation', async () => {
  const world = createWorld();
  await world.rotate();
  expect(world.aws.stages.get('AWSPENDING')).toBeUndefined();
});

test('removes AWSPENDING by the recover event from a version with a value that is not current', async () => {
  const world = createWorld();
  world.aws.stage(randomUUID(), secretValue('Of A Rotation That Is Over'));
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.aws.stages.get('AWSPENDING')).toBeUndefined();
});

test('tries the replaced password when support has had time to restore it', async () => {
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
