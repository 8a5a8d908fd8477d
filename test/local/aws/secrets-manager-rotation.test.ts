import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RotationRequest } from '../../../local/aws/secrets-manager.ts';
import { startWorld, token, type World } from './world.ts';

const SecretId = 'thingspace/field';
const RotationLambdaARN = 'arn:aws:lambda:us-east-1:111122223333:function:rotation';

let world: World;
let client: SecretsManagerClient;

beforeEach(async () => {
  world = await startWorld();
  client = new SecretsManagerClient();
  await client.send(
    new CreateSecretCommand({ Name: SecretId, ClientRequestToken: token(1), SecretString: 'first' }),
  );
});
afterEach(() => world.close());

const rotate = (n: number, more: Partial<RotateSecretCommandInput> = {}) =>
  client.send(
    new RotateSecretCommand({ SecretId, ClientRequestToken: token(n), RotationLambdaARN, ...more }),
  );
const put = (n: number, SecretString: string, VersionStages: string[]) =>
  client.send(
    new PutSecretValueCommand({ SecretId, ClientRequestToken: token(n), SecretString, VersionStages }),
  );
const describeSecret = () => client.send(new DescribeSecretCommand({ SecretId }));
const labels = () =>
  Object.fromEntries(
    world.aws.secretsManager.versions(SecretId).map(({ id, stages }) => [Number(id.slice(-12)), stages]),
  );
/** Resolves to the next call of the hook; the hook settles when `until` does. */
const nextRotation = (until?: Promise<unknown>) =>
  new Promise<RotationRequest>((resolve) => {
    world.aws.secretsManager.onRotate = async (request) => {
      resolve(request);
      await until;
    };
  });

test('RotateSecret stages a version without a value and then asks for the function to be run', async () => {
  const asked = nextRotation();
  expect((await rotate(2)).VersionId).toBe(token(2));
  expect(await asked).toEqual({
    secretArn: expect.stringContaining(SecretId),
    token: token(2),
    askedWith: token(2),
    lambdaArn: RotationLambdaARN,
    testOnly: false,
  });
  expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING'] });
  expect((await describeSecret()).VersionIdsToStages).toHaveProperty([token(2)], ['AWSPENDING']);
});

test('the staged version has no value to read, by version and by label', async () => {
  await rotate(2);
  const get = (wanted: object) => client.send(new GetSecretValueCommand({ SecretId, ...wanted }));
  await expect(get({ VersionId: token(2), VersionStage: 'AWSPENDING' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: `Secrets Manager can't find the specified secret value for VersionId: ${token(2)}`,
  });
  await expect(get({ VersionStage: 'AWSPENDING' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test('the staged version is filled once: same value again is ignored, another one refused', async () => {
  await rotate(2);
  await put(2, 'second', ['AWSCURRENT', 'AWSPENDING']);
  expect(labels()).toEqual({ 1: ['AWSPREVIOUS'], 2: ['AWSPENDING', 'AWSCURRENT'] });
  await put(2, 'second', ['AWSCURRENT', 'AWSPENDING']);
  await expect(put(2, 'third', ['AWSCURRENT', 'AWSPENDING'])).rejects.toMatchObject({
    name: 'ResourceExistsException',
  });
});

test('while AWSPENDING hangs on a version that is not current, another rotation is refused', async () => {
  await rotate(2);
  const asked = nextRotation();
  await expect(rotate(3)).rejects.toMatchObject({
    name: 'InvalidRequestException',
    message: "A previous rotation isn't complete. That rotation will be reattempted.",
  });
  expect(await asked).toMatchObject({ token: token(2), askedWith: token(3), testOnly: false });
  expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING'] });
});

test('a function that cannot be invoked is refused, and nothing changes', async () => {
  world.aws.secretsManager.canInvoke = (lambdaArn) => lambdaArn !== RotationLambdaARN;
  await expect(rotate(2)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(labels()).toEqual({ 1: ['AWSCURRENT'] });
  expect(await describeSecret()).not.toHaveProperty('RotationEnabled');
  await rotate(2, { RotationLambdaARN: `${RotationLambdaARN}-other` });
  expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING'] });
});

test('the staged version is filled by a put with AWSPENDING alone, and stays pending', async () => {
  await rotate(2);
  await put(2, 'second', ['AWSPENDING']);
  expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING'] });
  expect(world.aws.secretsManager.valueAt('AWSPENDING', SecretId)).toBe('second');
});

test.each([
  ['no value', undefined],
  ['copy of AWSCURRENT', 'first'],
] as const)('the version of a test has %s', async (testVersion, value) => {
  world.aws.secretsManager.testVersion = testVersion;
  const ended = Promise.withResolvers<void>();
  const asked = nextRotation(ended.promise);
  await rotate(2, { RotateImmediately: false });
  await asked;
  expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING'] });
  expect(world.aws.secretsManager.valueAt('AWSPENDING', SecretId)).toBe(value);
  // No rotation begins beside a test; the version of one has no value, whatever that of a test has.
  await expect(rotate(3)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  ended.resolve();
  expect((await describeSecret()).VersionIdsToStages).toEqual({ [token(1)]: ['AWSCURRENT'] });
  await rotate(3);
  expect(world.aws.secretsManager.valueAt('AWSPENDING', SecretId)).toBeUndefined();
});

test('while AWSPENDING is on the current version, another rotation may start', async () => {
  await rotate(2);
  await put(2, 'second', ['AWSCURRENT', 'AWSPENDING']);
  await rotate(3);
  expect(labels()).toEqual({ 1: ['AWSPREVIOUS'], 2: ['AWSCURRENT'], 3: ['AWSPENDING'] });
});

test('refuses a rotation without a function, and later remembers the given one', async () => {
  const without = (n: number) =>
    client.send(new RotateSecretCommand({ SecretId, ClientRequestToken: token(n) }));
  await expect(without(2)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  expect(labels()).toEqual({ 1: ['AWSCURRENT'] });
  await rotate(2);
  await put(2, 'second', ['AWSCURRENT', 'AWSPENDING']);
  expect((await without(3)).VersionId).toBe(token(3));
});

test('a token that names a version already is refused', async () => {
  await expect(rotate(1)).rejects.toMatchObject({ name: 'InvalidRequestException' });
});

test('with RotateImmediately false only a test is asked for, and its version is removed afterwards', async () => {
  const ended = Promise.withResolvers<void>();
  const asked = nextRotation(ended.promise);
  await rotate(2, { RotateImmediately: false, RotationRules: { AutomaticallyAfterDays: 90 } });
  expect(await asked).toMatchObject({ token: token(2), testOnly: true });
  expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING'] });
  ended.resolve();
  // A further call is answered only after the stand-in has heard of the end.
  expect((await describeSecret()).VersionIdsToStages).toEqual({ [token(1)]: ['AWSCURRENT'] });
});

test('DescribeSecret shows rotation, its rules, when it was last done and when it is next due', async () => {
  expect((await describeSecret()).RotationEnabled).toBeUndefined();
  await rotate(2, { RotationRules: { AutomaticallyAfterDays: 90, Duration: '3h' } });
  const staged = await describeSecret();
  expect(staged).toMatchObject({
    RotationEnabled: true,
    RotationLambdaARN,
    RotationRules: { AutomaticallyAfterDays: 90, Duration: '3h' },
  });
  expect(staged.LastRotatedDate).toBeUndefined();
  world.aws.secretsManager.rotated(SecretId);
  const { LastRotatedDate, NextRotationDate } = await describeSecret();
  expect(Number(NextRotationDate) - Number(LastRotatedDate)).toBe(90 * 86_400_000);
});

test.each([
  { AutomaticallyAfterDays: 0 },
  { AutomaticallyAfterDays: 1001 },
  { Duration: '3 hours' },
  { ScheduleExpression: 'every day' },
])('RotationRules %j are refused', async (RotationRules) => {
  await expect(rotate(2, { RotationRules })).rejects.toMatchObject({ name: 'InvalidParameterException' });
});

test('CancelRotateSecret turns rotation off once, and leaves the labels', async () => {
  await rotate(2);
  const cancel = () => client.send(new CancelRotateSecretCommand({ SecretId }));
  expect((await cancel()).VersionId).toBe(token(2));
  expect((await describeSecret()).RotationEnabled).toBe(false);
  expect(labels()).toEqual({ 1: ['AWSCURRENT'], 2: ['AWSPENDING'] });
  await expect(cancel()).rejects.toMatchObject({ name: 'InvalidRequestException' });
});
