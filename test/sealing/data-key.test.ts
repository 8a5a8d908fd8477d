import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { isAwsManagedKey, kmsSealer, type Sealer, SealingKeyError } from '../../lambda/sealing/data-key.ts';
import { open } from '../../lambda/sealing/open-answer.ts';
import { readEnvelope, seal } from '../../lambda/sealing/seal-answer.ts';
import { startWorld, type World } from '../local/aws/world.ts';

const CONTEXT = { secretArn: 'arn:secret', token: 'token' };
let world: World;
let client: KMSClient;
let sealer: Sealer;

beforeAll(async () => {
  world = await startWorld();
  client = new KMSClient({ maxAttempts: 1 });
  sealer = kmsSealer(client, world.aws.kms.keyArn);
});
afterAll(async () => {
  client.destroy();
  await world.close();
});

const failureOf = async (call: Promise<unknown>): Promise<Error> => {
  const failure = await call.then(
    () => undefined,
    (error: Error) => error,
  );
  if (!failure) throw new Error('it did not fail');
  return failure;
};

test('makes a data key of 256 bits, which KMS returns for the same secret and token', async () => {
  const key = await sealer.newKey(CONTEXT);
  expect(key.plaintext).toHaveLength(32);
  expect((await sealer.unwrap(key.wrapped, CONTEXT)).equals(key.plaintext)).toBe(true);
});

test.each([
  ['another secret', { ...CONTEXT, secretArn: 'arn:another' }],
  ['another token', { ...CONTEXT, token: 'another' }],
])('does not open an envelope of %s', async (_, other) => {
  const about = { ...CONTEXT, attempt: 'a', oldVersion: 'v', oldHash: 'h' };
  const [text = ''] = seal({ body: Buffer.from('answer') }, await sealer.newKey(CONTEXT), about);
  const envelope = readEnvelope(text);
  expect((await open([envelope], sealer)).body.toString()).toBe('answer');
  const failure = await failureOf(open([{ ...envelope, header: { ...envelope.header, ...other } }], sealer));
  expect(failure).toBeInstanceOf(SealingKeyError);
  expect(failure.cause).toMatchObject({ operation: 'kms:Decrypt', errorName: 'InvalidCiphertextException' });
});

test('wipes the bytes that the SDK returned when a key is wiped', async () => {
  const returned: Uint8Array[] = [];
  const sdk = {
    send: async () => {
      const Plaintext = new Uint8Array(32).fill(7);
      returned.push(Plaintext);
      return { Plaintext, CiphertextBlob: new Uint8Array([1]) };
    },
  } as unknown as KMSClient;
  const fake = kmsSealer(sdk, 'key');
  const key = await fake.newKey(CONTEXT);
  const unwrapped = await fake.unwrap(key.wrapped, CONTEXT);
  expect([key.plaintext, unwrapped]).toEqual([Buffer.alloc(32, 7), Buffer.alloc(32, 7)]);
  key.plaintext.fill(0);
  unwrapped.fill(0);
  expect(returned).toEqual([new Uint8Array(32), new Uint8Array(32)]);
});

test('names the check to make, and calls no answer lost, when the key is disabled', async () => {
  const key = await sealer.newKey(CONTEXT);
  world.aws.kms.disable();
  const making = await failureOf(sealer.newKey(CONTEXT));
  const opening = await failureOf(sealer.unwrap(key.wrapped, CONTEXT));
  world.aws.kms.enable();
  expect(making).toBeInstanceOf(SealingKeyError);
  expect(making.message).toMatch(/none is asked for\. Check that the key is enabled/);
  expect(opening).toBeInstanceOf(SealingKeyError);
  expect(opening.message).toMatch(/Nothing is lost: enable the key/);
  for (const { cause } of [making, opening]) {
    expect(cause).toBeInstanceOf(AwsCallError);
    expect(cause).toMatchObject({ errorName: 'DisabledException' });
  }
  expect((await sealer.unwrap(key.wrapped, CONTEXT)).equals(key.plaintext)).toBe(true);
});

test('rejects the AWS-managed key', async () => {
  const managed = kmsSealer(client, 'alias/aws/secretsmanager');
  expect(await failureOf(managed.newKey(CONTEXT))).toBeInstanceOf(SealingKeyError);
});

test.each([
  ['alias/aws/secretsmanager', true],
  ['arn:aws:kms:us-east-1:111122223333:alias/aws/secretsmanager', true],
  ['alias/awsome', false],
  ['alias/our/aws/key', false],
  ['arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000', false],
])('%s is an AWS-managed key: %s', (keyId, managed) => {
  expect(isAwsManagedKey(keyId)).toBe(managed);
});
