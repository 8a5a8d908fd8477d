import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { systemClock } from '../../lambda/clock.ts';
import { change, type ItemStore } from '../../lambda/ledger/change.ts';
import { dynamoDbItems } from '../../lambda/ledger/dynamodb.ts';
import { reserve } from '../../lambda/ledger/reserve.ts';
import { decodeState, newState } from '../../lambda/ledger/state.ts';
import { startWorld, type World } from '../local/aws/world.ts';
import { BUDGETS, exchangeOf, MINUTE_MS, presentation } from './presentation.ts';

const TABLE = 'ledger';
let world: World;
let client: DynamoDBClient;
let items: ItemStore;

beforeAll(async () => {
  world = await startWorld();
  client = new DynamoDBClient({ maxAttempts: 1 });
  await world.aws.dynamodb.createLedgerTable(TABLE);
  items = dynamoDbItems(client, TABLE);
});
afterAll(async () => {
  client.destroy();
  await world.close();
});

const soon = () => systemClock.nowMs() + 20_000;

test('of twenty writers on the same revision one wins and the others are told of the conflict', async () => {
  const first = await Promise.all(
    Array.from({ length: 20 }, () => items.write({ ...newState('raced'), revision: 1 }, 0)),
  );
  expect(first.filter((result) => result === 'written')).toHaveLength(1);
  const second = await Promise.all(
    Array.from({ length: 20 }, () => items.write({ ...newState('raced'), revision: 2 }, 1)),
  );
  expect(second.filter((result) => result === 'written')).toHaveLength(1);
  expect(second.filter((result) => result === 'conflict')).toHaveLength(19);
});

test('twenty changes at once all take effect, each once', async () => {
  await Promise.all(
    Array.from({ length: 20 }, () =>
      change(items, systemClock, 'counted', soon(), (state) => {
        state.failed += 1;
      }),
    ),
  );
  const { item } = await items.read('counted');
  expect(decodeState('counted', item ?? {}).failed).toBe(20);
});

test('of twenty reservations at once as many are granted as the budget has', async () => {
  const granted = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const wanted = presentation({ username: 'Busy', versionId: `v${n}` });
      return change(items, systemClock, 'busy', soon(), (state, now) =>
        reserve(state, `attempt ${n}`, wanted, BUDGETS, now),
      );
    }),
  );
  expect(granted.filter(({ result }) => result === undefined)).toHaveLength(BUDGETS.budget);
});

test('a state with everything in it comes back as it was written', async () => {
  const state = newState('full');
  reserve(state, 'exchange', exchangeOf('token'), BUDGETS, 1_000);
  state.refused['v0:p'] = { at: 1, releasable: true, released: false };
  state.orphans.old = 'x'.repeat(64 * 1024);
  state.revision = 1;
  await items.write(state, 0);
  const { item } = await items.read('full');
  expect(decodeState('full', item ?? {})).toEqual(state);
});

test('the time is the Date header of DynamoDB’s answer, not this machine’s', async () => {
  const before = (await items.read('nobody')).now;
  world.clock.advance(30 * MINUTE_MS);
  const after = (await items.read('nobody')).now;
  // Whole seconds in the header.
  expect(Math.round((after - before) / MINUTE_MS)).toBe(30);
});

test('an audit row stands beside the item, sorts by time, and expires after 400 days', async () => {
  const at = Date.UTC(2026, 0, 5, 12);
  const row = {
    credential: 'audited',
    attempt: 'attempt-1',
    at,
    actor: 'an app',
    purpose: 'log-in',
    secretArn: 'arn',
    versionId: 'v1',
    outcome: 'success',
    exposure: 0,
  };
  await items.audit(row);
  const stored = (await world.aws.dynamodb.items(TABLE)).filter(({ credential }) => credential === 'audited');
  expect(stored).toEqual([
    {
      ...row,
      item: 'audit#2026-01-05T12:00:00.000Z#attempt-1',
      expiresAt: at / 1_000 + 400 * 86_400,
    },
  ]);
  // The ledger's own item has no expiry: it must never disappear by itself.
  const states = (await world.aws.dynamodb.items(TABLE)).filter(({ item }) => item === 'state');
  expect(states.length).toBeGreaterThan(0);
  for (const state of states) expect(state).not.toHaveProperty('expiresAt');
});

test('a table that is missing is an AwsCallError that names the operation', async () => {
  const another = new DynamoDBClient({ maxAttempts: 1 });
  const missing = dynamoDbItems(another, 'no-such-table');
  for (const call of [() => missing.read('a'), () => missing.write(newState('a'), 0)]) {
    const failure = await call().catch((error) => error);
    expect(failure).toBeInstanceOf(AwsCallError);
    expect(failure).toMatchObject({ errorName: 'ResourceNotFoundException' });
    expect(failure.message).toMatch(/^dynamodb:(GetItem|PutItem) /);
  }
  another.destroy();
});
