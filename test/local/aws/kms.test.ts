import { DecryptCommand, DescribeKeyCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './world.ts';

const EncryptionContext = { secret: 'arn:of:it', token: 'of-it' };

let world: World;
let client: KMSClient;

beforeAll(async () => {
  world = await startWorld();
  client = new KMSClient();
});
afterAll(() => world.close());

const dataKey = (KeyId = world.aws.kms.keyArn) =>
  client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }));
const decrypt = (CiphertextBlob: Uint8Array | undefined, context: Record<string, string>, KeyId?: string) =>
  client.send(
    new DecryptCommand({ CiphertextBlob, EncryptionContext: context, ...(KeyId !== undefined && { KeyId }) }),
  );

test('a data key of 256 bits opens again with its encryption context, in whichever order', async () => {
  const made = await dataKey();
  expect(made.Plaintext).toHaveLength(32);
  expect(made.KeyId).toBe(world.aws.kms.keyArn);
  const opened = await decrypt(made.CiphertextBlob, { token: 'of-it', secret: 'arn:of:it' });
  expect(opened).toMatchObject({ Plaintext: made.Plaintext, KeyId: world.aws.kms.keyArn });
});

test('two data keys differ', async () => {
  const [one, other] = [await dataKey(), await dataKey()];
  expect(one.Plaintext).not.toEqual(other.Plaintext);
});

test.each([
  ['another value in the context', { ...EncryptionContext, token: 'of-another' }],
  ['a context without a member', { secret: 'arn:of:it' }],
  ['no context', {}],
])('%s does not open it', async (_what, context) => {
  const { CiphertextBlob } = await dataKey();
  await expect(decrypt(CiphertextBlob, context)).rejects.toMatchObject({
    name: 'InvalidCiphertextException',
    $metadata: { httpStatusCode: 400 },
  });
});

test('a ciphertext with one changed bit, or of no known key, does not open', async () => {
  const { CiphertextBlob } = await dataKey();
  const changed = Buffer.from(CiphertextBlob ?? []);
  changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
  for (const blob of [changed, Buffer.from('of nobody')]) {
    await expect(decrypt(blob, EncryptionContext)).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    });
  }
});

test('the key goes by ARN, id, alias and alias ARN', async () => {
  const { keyArn, keyId, alias } = world.aws.kms;
  for (const name of [keyArn, keyId, alias, keyArn.replace(/key\/.*/, alias)]) {
    expect((await dataKey(name)).KeyId).toBe(keyArn);
  }
});

test('Decrypt that names another key is refused', async () => {
  const { CiphertextBlob } = await dataKey();
  await expect(decrypt(CiphertextBlob, EncryptionContext, 'alias/aws/secretsmanager')).rejects.toMatchObject({
    name: 'IncorrectKeyException',
  });
});

test('a disabled key neither makes nor opens; enabled again it does', async () => {
  const { CiphertextBlob } = await dataKey();
  world.aws.kms.disable();
  await expect(dataKey()).rejects.toMatchObject({ name: 'DisabledException' });
  await expect(decrypt(CiphertextBlob, EncryptionContext)).rejects.toMatchObject({
    name: 'DisabledException',
  });
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: world.aws.kms.keyArn }));
  expect(KeyMetadata).toMatchObject({ Enabled: false, KeyState: 'Disabled' });
  world.aws.kms.enable();
  expect((await decrypt(CiphertextBlob, EncryptionContext)).Plaintext).toHaveLength(32);
});

test('an unknown key or alias is not found', async () => {
  const unknown = '00000000-0000-4000-8000-000000000000';
  await expect(dataKey(unknown)).rejects.toMatchObject({ name: 'NotFoundException' });
  await expect(dataKey('alias/nobody')).rejects.toMatchObject({ name: 'NotFoundException' });
});

test('the AWS-managed key of Secrets Manager is described, but seals no data', async () => {
  const KeyId = 'alias/aws/secretsmanager';
  const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
  expect(KeyMetadata?.KeyManager).toBe('AWS');
  await expect(dataKey(KeyId)).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

test('a request without a key spec is refused', async () => {
  const command = new GenerateDataKeyCommand({ KeyId: world.aws.kms.keyArn });
  await expect(client.send(command)).rejects.toMatchObject({ name: 'ValidationException' });
});
