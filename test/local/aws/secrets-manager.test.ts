import {
  CreateSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RotationRequest } from '../../../local/aws/secrets-manager.ts';
import { startWorld, token, type World } from './world.ts';

/** The hooks, clock and records of the stand-in; `conformance.test.ts` holds its answers. */
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
const describeSecret = () => client.send(new DescribeSecretCommand({ SecretId }));
/** Resolves to the next call of the hook; the hook settles when `until` does. */
const nextRotation = (until?: Promise<unknown>) =>
  new Promise<RotationRequest>((resolve) => {
    world.aws.secretsManager.onRotate = async (request) => {
      resolve(request);
      await until;
    };
  });

test('RotateSecret asks for the function to be run', async () => {
  const asked = nextRotation();
  expect((await rotate(2)).VersionId).toBe(token(2));
  expect(await asked).toEqual({
    secretArn: expect.stringContaining(SecretId),
    token: token(2),
    askedWith: token(2),
    lambdaArn: RotationLambdaARN,
    testOnly: false,
  });
});

test('a refused RotateSecret asks for the open rotation to be run again', async () => {
  await rotate(2);
  const asked = nextRotation();
  await expect(rotate(3)).rejects.toMatchObject({
    name: 'InvalidRequestException',
    message: "A previous rotation isn't complete. That rotation will be reattempted.",
  });
  expect(await asked).toMatchObject({ token: token(2), askedWith: token(3), testOnly: false });
  expect((await describeSecret()).VersionIdsToStages).toEqual({
    [token(1)]: ['AWSCURRENT'],
    [token(2)]: ['AWSPENDING'],
  });
});

test('with RotateImmediately false only a test is asked for, and its version is removed afterwards', async () => {
  const ended = Promise.withResolvers<void>();
  const asked = nextRotation(ended.promise);
  await rotate(2, { RotateImmediately: false });
  expect(await asked).toMatchObject({ token: token(2), testOnly: true });
  expect((await describeSecret()).VersionIdsToStages).toHaveProperty([token(2)], ['AWSPENDING']);
  expect(world.aws.secretsManager.valueAt('AWSPENDING', SecretId)).toBeUndefined();
  // No rotation begins beside a test.
  await expect(rotate(3)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  ended.resolve();
  // A further call is answered only after the stand-in has heard of the end.
  expect((await describeSecret()).VersionIdsToStages).toEqual({ [token(1)]: ['AWSCURRENT'] });
  await rotate(3);
});

test('DescribeSecret shows when a rotation was last done, and when it is next due', async () => {
  await rotate(2, { RotationRules: { AutomaticallyAfterDays: 90, Duration: '3h' } });
  expect((await describeSecret()).LastRotatedDate).toBeUndefined();
  world.aws.secretsManager.rotated(SecretId);
  const { LastRotatedDate, NextRotationDate, RotationRules } = await describeSecret();
  expect(Number(NextRotationDate) - Number(LastRotatedDate)).toBe(90 * 86_400_000);
  expect(RotationRules).toEqual({ AutomaticallyAfterDays: 90, Duration: '3h' });
});

test('a change has the time of the world’s clock, and its RotationToken is kept', async () => {
  const before = await describeSecret();
  world.clock.advance(3_600_000);
  const rotationToken = '0123456789abcdef0123456789abcdef-0123';
  const stored = { SecretId, ClientRequestToken: token(2), SecretString: 'second' };
  await client.send(new PutSecretValueCommand({ ...stored, RotationToken: rotationToken }));
  const { LastChangedDate, ARN } = await describeSecret();
  expect(Number(LastChangedDate) - Number(before.LastChangedDate)).toBeGreaterThanOrEqual(3_600_000);
  expect(world.aws.secretsManager.rotationTokens).toEqual([
    { secretArn: ARN, versionId: token(2), rotationToken },
  ]);
});

test('an operation that the stand-in does not know is refused by name', async () => {
  const url = world.aws.env.AWS_ENDPOINT_URL_SECRETS_MANAGER ?? '';
  const headers = { 'x-amz-target': 'secretsmanager.NoSuchThing' };
  const answer = await fetch(url, { method: 'POST', headers, body: '{}' });
  expect([answer.status, await answer.json()]).toMatchObject([400, { __type: 'UnknownOperationException' }]);
});

test('a request of a wrong shape is refused without an echo of what it held', async () => {
  const command = new PutSecretValueCommand({ SecretId, SecretString: 'k7Marker'.repeat(9000) });
  const error = await client.send(command).catch((refused: Error) => refused);
  expect(String(error)).toContain('SecretString');
  expect(String(error)).not.toContain('k7Marker');
});
