import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

/** Keeps a call of one name from arriving until it is let go. */
function holdBack(world: World, name: string) {
  const reached = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  let held = false;
  world.gate.before = async (call) => {
    if (held || call !== name) return;
    held = true;
    reached.resolve();
    await letGo.promise;
  };
  return { reached: reached.promise, letGo: letGo.resolve };
}

describe('the same step invoked twice at once', () => {
  for (const name of [
    'GetNewPassword',
    'PutSecretValue',
    'stdout is next to',
    'LogIn',
    'PutItem',
    'GetItem',
  ]) {
    test(`sends one GetNewPassword, and both end well or name the cause, while the first is at ${name}`, async () => {
      const world = createWorld();
      const token = randomUUID();
      world.aws.stage(token);
      const barrier = holdBack(world, name);
      const first = world.step('createSecret', token);
      await Promise.race([barrier.reached, first]);
      const second = world.step('createSecret', token);
      await new Promise(setImmediate);
      barrier.letGo();
      const ended = await Promise.all([first, second]);

      expect(world.truth().getNewPasswords).toBe(1);
      expect(ended.some(({ outcome }) => outcome === 'done')).toBe(true);
      expect((await world.rotate({ token })).rotated).toBe(true);
      expect(world.currentPassword()).toBe(world.truth().password);
      expect(world.violations).toEqual([]);
    });
  }
});

describe('steps that come late', () => {
  test('sends no request by a late createSecret of a finished rotation', async () => {
    const world = createWorld();
    const { token } = await world.rotate();
    const before = world.truth();
    expect(await world.step('createSecret', token)).toEqual({ outcome: 'done' });
    expect(world.truth()).toEqual(before);
  });

  test('sends no request by a late createSecret while reads are older than the stored value', async () => {
    const world = createWorld();
    const { token } = await world.rotate();
    const stored = world.aws.versions.get(token);
    world.aws.versions.set(token, { value: undefined, createdAt: 0 });
    world.aws.stages.set('AWSPENDING', token);
    world.aws.stages.set('AWSCURRENT', world.aws.stages.get('AWSPREVIOUS') as string);
    expect(await world.step('createSecret', token)).toEqual({ outcome: 'done' });
    expect(world.truth().getNewPasswords).toBe(1);
    expect(stored?.value).toBeDefined();
  });

  test('fails test and finish of an overtaken rotation, without a move of a label or a log-in', async () => {
    const world = createWorld();
    const { token: overtaken } = await world.rotate();
    world.advance(MINUTE_MS);
    await world.rotate();
    const labels = new Map(world.aws.stages);
    const before = world.truth();
    for (const step of ['testSecret', 'finishSecret']) {
      expect(await world.step(step, overtaken)).toMatchObject({ error: { name: 'StaleRotationError' } });
    }
    expect(world.aws.stages).toEqual(labels);
    expect(world.truth()).toEqual(before);
  });

  test('makes one exchange and one message when every step of a rotation comes twice', async () => {
    const world = createWorld();
    const token = randomUUID();
    world.aws.stage(token);
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
      expect(await world.step(step, token)).toEqual({ outcome: 'done' });
      expect(await world.step(step, token)).toEqual({ outcome: 'done' });
    }
    expect(world.truth().getNewPasswords).toBe(1);
    expect(world.aws.published.map(({ event }) => event)).toEqual(['password-rotated']);
  });
});
