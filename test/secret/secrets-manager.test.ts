import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { SecretShapeError } from '../../lambda/secret/credential.ts';
import {
  type SecretStore,
  type SecretVersion,
  secretsManagerStore,
} from '../../lambda/secret/secrets-manager.ts';
import { asStored } from '../../lambda/secret/stored-version.ts';
import { startWorld, token, type World } from '../local/aws/world.ts';

const BOTH = ['AWSCURRENT', 'AWSPENDING'];
let world: World;
let client: SecretsManagerClient;
let store: SecretStore;
let secretId: string;
let secrets = 0;

beforeAll(async () => {
  world = await startWorld();
  client = new SecretsManagerClient({ maxAttempts: 1 });
  store = secretsManagerStore(client);
});
afterAll(async () => {
  client.destroy();
  await world.close();
});
beforeEach(async () => {
  secrets += 1;
  const command = new CreateSecretCommand({
    Name: `fleet-${secrets}`,
    ClientRequestToken: token(1),
    SecretString: 'first',
    KmsKeyId: world.aws.kms.keyArn,
  });
  secretId = (await client.send(command)).ARN ?? '';
});

const put = (n: number, value: string, rotationToken?: string) =>
  store.put({ secretId, token: token(n), rotationToken, value, stages: BOTH });

test('describes a secret by its ARN, its key and the labels of each version', async () => {
  expect(await store.describe(secretId)).toEqual({
    arn: secretId,
    rotationEnabled: false,
    kmsKeyId: world.aws.kms.keyArn,
    name: expect.stringMatching(/^fleet-\d+$/),
    stages: new Map([[token(1), ['AWSCURRENT']]]),
  });
});

test('stores a whole value and makes it current by one put', async () => {
  await put(2, ' second é ');
  const read = await store.read(secretId, token(2));
  expect(read).toMatchObject({ versionId: token(2), value: ' second é ' });
  expect(Math.abs((read?.createdAt ?? 0) - world.clock.nowMs())).toBeLessThan(60_000);
  const { stages } = await store.describe(secretId);
  expect([...(stages.get(token(2)) ?? [])].sort()).toEqual(BOTH);
  expect(stages.get(token(1))).toEqual(['AWSPREVIOUS']);
});

test('returns undefined for a version that does not exist', async () => {
  expect(await store.read(secretId, token(9))).toBeUndefined();
});

test('ignores the same put again, and rejects another value under the same token', async () => {
  await put(2, 'second');
  await put(2, 'second');
  const failure = await put(2, 'MARKER').catch((error) => error);
  expect(failure).toBeInstanceOf(AwsCallError);
  expect(failure.errorName).toBe('ResourceExistsException');
  expect((await store.read(secretId, token(2)))?.value).toBe('second');
});

test('passes the rotation token to the service', async () => {
  await put(2, 'second', 'rotation-token-of-36-characters-000000000');
  expect(world.aws.secretsManager.rotationTokens.at(-1)).toMatchObject({
    versionId: token(2),
    rotationToken: 'rotation-token-of-36-characters-000000000',
  });
});

test('moves a label, and removes it', async () => {
  await put(2, 'second');
  await store.moveStage(secretId, 'AWSPENDING', { from: token(2) });
  expect((await store.describe(secretId)).stages.get(token(2))).toEqual(['AWSCURRENT']);
  await store.moveStage(secretId, 'AWSCURRENT', { to: token(1), from: token(2) });
  expect((await store.describe(secretId)).stages.get(token(1))).toEqual(['AWSCURRENT']);
});

test('reads a binary value as a version without text', async () => {
  await client.send(
    new PutSecretValueCommand({
      SecretId: secretId,
      ClientRequestToken: token(2),
      SecretBinary: Buffer.from('MARKER'),
    }),
  );
  const version = await store.read(secretId, token(2));
  expect(version).toMatchObject({ versionId: token(2), value: undefined });
  expect(asStored('arn', version as SecretVersion).problem).toBeInstanceOf(SecretShapeError);
});

test('names the operation and kind of a failing put, and no part of the value', async () => {
  const failure = await store
    .put({ secretId: 'nowhere', token: token(2), rotationToken: undefined, value: 'MARKER', stages: BOTH })
    .catch((error) => error);
  expect(failure).toBeInstanceOf(AwsCallError);
  expect(failure).toMatchObject({
    operation: 'secretsmanager:PutSecretValue',
    errorName: 'ResourceNotFoundException',
  });
  expect(failure.cause).toBeUndefined();
  expect(`${failure.stack} ${JSON.stringify(failure)}`).not.toContain('MARKER');
});
