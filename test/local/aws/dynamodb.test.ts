import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './world.ts';

const TableName = 'ledger';
const Key = { credential: { S: 'user' }, item: { S: 'state' } };

let world: World;
let client: DynamoDBClient;

beforeAll(async () => {
  world = await startWorld();
  client = new DynamoDBClient();
  await world.aws.dynamodb.createLedgerTable(TableName);
});
afterAll(() => world.close());

test('the items of a table are shown as plain values', async () => {
  const Item = { credential: { S: 'other' }, item: { S: 'state' }, failed: { N: '2' } };
  await client.send(new PutItemCommand({ TableName, Item }));
  expect(await world.aws.dynamodb.items(TableName)).toContainEqual({
    credential: 'other',
    item: 'state',
    failed: 2,
  });
});

test('the Date header of its answers is the world’s clock', async () => {
  let dateHeader: unknown;
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      dateHeader = (result.response as { headers: Record<string, string> }).headers.date;
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  world.clock.advance(30 * 60_000);
  await client.send(new GetItemCommand({ TableName, Key }));
  const aheadMs = Date.parse(String(dateHeader)) - Date.now();
  // Whole seconds in the header: nothing but the order of magnitude is claimed.
  expect(Math.round(aheadMs / 60_000)).toBe(30);
});
