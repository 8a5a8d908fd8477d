import { DecryptCommand, DescribeKeyCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './world.ts';

/** The two keys of the stand-in; `conformance.test.ts` holds its answers about one key. */
let world: World;
let client: KMSClient;

beforeAll(async () => {
  world = await startWorld();
  client = new KMSClient();
});
afterAll(() => world.close());

const dataKey = (KeyId = world.aws.kms.keyArn) =>
  client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
const describeKey = async (KeyId: string) =>
  (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;

test('the key goes by ARN, id, alias and alias ARN', async () => {
  const { keyArn } = world.aws.kms;
  const { KeyId = '' } = (await describeKey(keyArn)) ?? {};
  const alias = 'alias/thingspace-rotation';
  for (const name of [keyArn, KeyId, alias, keyArn.replace(/key\/.*/, alias)]) {
    expect((await dataKey(name)).KeyId).toBe(keyArn);
  }
});

test('Decrypt that names another key is refused', async () => {
  const { CiphertextBlob } = await dataKey();
  const decrypt = new DecryptCommand({ CiphertextBlob, KeyId: 'alias/aws/secretsmanager' });
  await expect(client.send(decrypt)).rejects.toMatchObject({ name: 'IncorrectKeyException' });
});

test('a disabled key opens again when it is enabled', async () => {
  const { CiphertextBlob, Plaintext } = await dataKey();
  world.aws.kms.disable();
  await expect(dataKey()).rejects.toMatchObject({ name: 'DisabledException' });
  world.aws.kms.enable();
  expect((await client.send(new DecryptCommand({ CiphertextBlob }))).Plaintext).toEqual(Plaintext);
});

test('the AWS-managed key of Secrets Manager is described, but seals no data', async () => {
  const KeyId = 'alias/aws/secretsmanager';
  expect((await describeKey(KeyId))?.KeyManager).toBe('AWS');
  await expect(dataKey(KeyId)).rejects.toMatchObject({ name: 'AccessDeniedException' });
});
