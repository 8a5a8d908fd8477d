import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerToFailure } from '../../lambda/session/session-document.ts';
import { newItem } from '../../lambda/session/session-item.ts';
import { changeItem, dynamoDbSessions } from '../../lambda/session/session-store.ts';
import { kmsTokenSealer } from '../../lambda/session/token-sealer.ts';
import { clientAt } from '../../local/aws/client.ts';
import { startWorld, type World } from '../../local/world.ts';
import { virtualClock } from './virtual-clock.ts';

const PLACE = { credential: 'fleet', item: 'session' };

let world: World;
let dynamodb: DynamoDBClient;
let kms: KMSClient;

beforeAll(async () => {
  world = await startWorld();
  dynamodb = new DynamoDBClient(clientAt(world.env.AWS_ENDPOINT_URL_DYNAMODB));
  kms = new KMSClient(clientAt(world.env.AWS_ENDPOINT_URL_KMS));
}, 60_000);
afterAll(() => world.close());

test('reports a conflict to one of two writers that read the same revision', async () => {
  const store = dynamoDbSessions(dynamodb, world.tableName);
  expect((await store.read(PLACE)).item).toBeUndefined();
  expect(await store.write(PLACE, { ...newItem(), revision: 1 }, 0)).toBe('written');
  expect(await store.write(PLACE, { ...newItem(), revision: 1, generation: 7 }, 0)).toBe('conflict');
  expect(await store.write(PLACE, { ...newItem(), revision: 2, generation: 1 }, 1)).toBe('written');
  expect(await store.write(PLACE, { ...newItem(), revision: 2, generation: 8 }, 1)).toBe('conflict');
  expect((await store.read(PLACE)).item).toMatchObject({ revision: 2, generation: 1, item: 'session' });
});

test('reads the session consistently, with DynamoDB’s time', async () => {
  const consistent: unknown[] = [];
  const client = dynamodb;
  client.middlewareStack.add(
    (next) => (args) => {
      consistent.push((args.input as { ConsistentRead?: boolean }).ConsistentRead);
      return next(args);
    },
    { step: 'initialize', name: 'seen', override: true },
  );
  const { now } = await dynamoDbSessions(client, world.tableName).read(PLACE);
  client.middlewareStack.remove('seen');
  expect(consistent).toEqual([true]);
  // The header `Date` has whole seconds.
  expect(Math.abs(now - world.clock.nowMs())).toBeLessThan(5_000);
});

test('opens a sealed token for its own secret only, and hides it in the sealed text', async () => {
  const sealer = kmsTokenSealer(kms, world.env.SEALING_KEY_ID as string);
  const sealed = await sealer.seal('token Marker 1', 'arn:one');
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('Marker');
  expect(await sealer.open(sealed, 'arn:one')).toBe('token Marker 1');
  expect(await sealer.open(sealed, 'arn:other')).toBeUndefined();
});

test('asks KMS once for the bytes that it opened last, and for no other secret', async () => {
  const sent: string[] = [];
  const send = (command: { constructor: { name: string } }) => {
    sent.push(command.constructor.name);
    return kms.send(command as never);
  };
  const sealer = kmsTokenSealer({ send } as unknown as KMSClient, world.env.SEALING_KEY_ID as string);
  const [first, second] = [await sealer.seal('token 1', 'arn:one'), await sealer.seal('token 2', 'arn:one')];
  const opened = [];
  for (const sealed of [first, first, second, first]) opened.push(await sealer.open(sealed, 'arn:one'));
  expect(opened).toEqual(['token 1', 'token 1', 'token 2', 'token 1']);
  expect(sent.filter((name) => name === 'DecryptCommand')).toHaveLength(3);
  expect(await sealer.open(first, 'arn:other')).toBeUndefined();
});

test('throws, and does not call the session gone, when KMS cannot be asked', async () => {
  const denied = {
    send: () => Promise.reject(Object.assign(new Error('no'), { name: 'AccessDeniedException' })),
  };
  const sealer = kmsTokenSealer(denied as unknown as KMSClient, 'key');
  await expect(sealer.open('AAAA', 'arn:one')).rejects.toMatchObject({ name: 'AwsCallError' });
});

test('waits for other writers until its deadline, and says that the cause passes', async () => {
  const clock = virtualClock(0);
  const store = {
    read: async () => ({ item: undefined, now: clock.nowMs() }),
    write: async () => 'conflict' as const,
  };
  const changing = changeItem({ store, clock, random: () => 1 }, PLACE, (state) => {
    state.lastUsedAt = 1;
  });
  const failure = await changing.catch((error: Error) => error);
  expect(clock.nowMs()).toBeGreaterThan(8_000);
  expect(failure).toMatchObject({ name: 'LogInWaitsError', message: expect.stringContaining('by others') });
  expect(answerToFailure(failure, 0)).toMatchObject({ statusCode: 503 });
});
