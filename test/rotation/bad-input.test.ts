import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { findSecret } from '../../local/explorer/find-secret.ts';
import {
  createWorld,
  type Ended,
  FIRST_PASSWORD,
  SECRET_ARN,
  secretValue,
  type World,
} from '../world/world.ts';

/** The step failed with a named error that helps, ThingSpace heard nothing, and no password is in it. */
function expectRefused(
  world: World,
  ended: Ended,
  name: string,
  advice: RegExp,
  secret = FIRST_PASSWORD,
): void {
  expect(ended).toMatchObject({ outcome: 'failed', error: { name } });
  const { error } = ended as Extract<Ended, { outcome: 'failed' }>;
  expect(error.message).toMatch(advice);
  expect(findSecret(`${error.message}\n${error.stack}\n${String(error.cause)}`, secret)).toEqual([]);
  expect(world.calls.filter(({ name: call }) => /^(LogIn|GetNewPassword)$/.test(call))).toEqual([]);
}

function staged(): { world: World; token: string } {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  return { world, token };
}

describe('an event of a wrong shape', () => {
  const token = randomUUID();
  test.each([
    ['an unknown step', { Step: 'dropSecret', SecretId: SECRET_ARN, ClientRequestToken: token }, /Step/],
    ['no step', { SecretId: SECRET_ARN, ClientRequestToken: token }, /Step/],
    ['no token', { Step: 'createSecret', SecretId: SECRET_ARN }, /ClientRequestToken/],
    [
      'an empty token',
      { Step: 'createSecret', SecretId: SECRET_ARN, ClientRequestToken: '' },
      /ClientRequestToken/,
    ],
    [
      'a token that is no text',
      { Step: 'createSecret', SecretId: SECRET_ARN, ClientRequestToken: 7 },
      /ClientRequest/,
    ],
    ['no secret', { Step: 'createSecret', ClientRequestToken: token }, /SecretId/],
    ['an empty recover event', { Recover: '' }, /Recover/],
    ['nothing', undefined, /the event/],
    ['a text', FIRST_PASSWORD, /the event/],
  ])(
    'is rejected with an error that names the member and the shape of an event (%s)',
    async (_, event, names) => {
      const { world } = staged();
      const ended = await world.invoke(event);
      expectRefused(world, ended, 'InvalidEventError', names);
      expect(world.calls).toEqual([]);
    },
  );
});

describe('a secret that cannot be rotated', () => {
  test('stops when rotation is off', async () => {
    const { world, token } = staged();
    world.aws.rotation.enabled = false;
    expectRefused(
      world,
      await world.step('createSecret', token),
      'RotationNotEnabledError',
      /turn the rotation on/,
    );
  });

  test('stops when the token is not staged', async () => {
    const { world } = staged();
    const ended = await world.step('createSecret', randomUUID());
    expectRefused(world, ended, 'TokenNotStagedError', /made by hand/);
  });

  const marked = 'Marker&Pass "1"';
  test.each([
    ['is not JSON', `username=fleet password=${marked}`, 'SecretShapeError', /not JSON.*store/],
    ['is a JSON text', JSON.stringify(marked), 'SecretShapeError', /not a JSON object.*store/],
    ['is a list', JSON.stringify([marked]), 'SecretShapeError', /not a JSON object/],
    ['has no username', JSON.stringify({ password: marked }), 'SecretShapeError', /username.*store/],
    [
      'has an empty password',
      JSON.stringify({ username: 'fleet', password: '' }),
      'SecretShapeError',
      /password/,
    ],
    ['has a number as password', '{"username":"fleet","password":12345678}', 'SecretShapeError', /password/],
    [
      'holds the placeholder',
      JSON.stringify({ username: '<not yet set>', password: '<not yet set>' }),
      'CredentialNotInitializedError',
      /placeholder.*store/,
    ],
    [
      'has a password that ThingSpace can never accept',
      JSON.stringify({ username: 'fleet', password: `${marked}\\` }),
      'CredentialNotInitializedError',
      /refuses/,
    ],
  ])('stops when it %s', async (_, value, name, advice) => {
    const { world, token } = staged();
    world.aws.store(value);
    expectRefused(world, await world.step('createSecret', token), name, advice, marked);
  });

  test('stops when it cannot be read', async () => {
    const { world, token } = staged();
    world.plan.decide = ({ name }) => (name === 'GetSecretValue' ? 'failed-before' : 'ok');
    const ended = await world.step('createSecret', token);
    expectRefused(world, ended, 'SecretStoreError', /cannot be read.*permissions/);
  });
});

describe('a secret that holds no credentials yet', () => {
  function empty(): World {
    const world = createWorld();
    world.aws.store(JSON.stringify({ username: '<not yet set>', password: '<not yet set>' }));
    return world;
  }

  test('causes no message by the testSecret at deployment and the daily recover event', async () => {
    const world = empty();
    expect(await world.step('testSecret', randomUUID())).toEqual({ outcome: 'done' });
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.truth().logIns).toBe(0);
  });
});

test('checks the shape of a filled secret, without a log-in, by a testSecret alone', async () => {
  const world = createWorld();
  expect(await world.step('testSecret', randomUUID())).toEqual({ outcome: 'done' });
  expect(world.truth().logIns).toBe(0);
});

test('passes RotationToken to Secrets Manager', async () => {
  const { world, token } = staged();
  const event = { ...world.eventOf('createSecret', token), RotationToken: 'cross-account' };
  expect(await world.invoke(event)).toEqual({ outcome: 'done' });
  expect(world.aws.rotationTokens).toEqual(['cross-account']);
});

test('keeps every other member of the secret, numbers to the last digit', async () => {
  const world = createWorld();
  const value = secretValue(FIRST_PASSWORD).replace('"retries":3', '"id":12345678901234567890,"rate":1.50');
  world.aws.store(value);
  await world.rotate();
  expect(world.aws.currentValue()).toBe(
    value.replace(JSON.stringify(FIRST_PASSWORD), JSON.stringify(world.truth().password)),
  );
});

test('repeats the read of a version that is not visible yet for some seconds', async () => {
  const { world, token } = staged();
  await world.step('createSecret', token);
  const stored = world.aws.versions.get(token);
  world.aws.versions.set(token, { value: undefined, createdAt: 0 });
  let reads = 0;
  world.gate.before = async (name) => {
    if (name !== 'GetSecretValue') return;
    reads += 1;
    if (reads === 4 && stored) world.aws.versions.set(token, stored);
  };
  expect(await world.step('testSecret', token)).toEqual({ outcome: 'done' });
  expect(reads).toBe(4);
});
