import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { dynamoDbItems } from '../../lambda/ledger/dynamodb.ts';
import { applyChange, type ItemStore, type Transition } from '../../lambda/ledger/items.ts';
import { reserve } from '../../lambda/ledger/reserve.ts';
import { type CredentialState, decodeState, newState } from '../../lambda/ledger/state.ts';
import { startWorld, type World } from '../local/aws/world.ts';
import { virtualClock } from '../session/virtual-clock.ts';
import { attemptRequest, BUDGETS, exchangeOf, MINUTE_MS } from './attempt-request.ts';

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

/** The pauses of writers who came second take no time; the calls take as long as they take. */
const clock = virtualClock();

/** Another writer each time. */
const change = <T>(credential: string, transition: Transition<CredentialState, T>) =>
  applyChange(
    { store: items, clock, decode: decodeState, memory: new Map() },
    credential,
    clock.nowMs() + 60 * MINUTE_MS,
    transition,
  );

test('lets one of twenty writers of the same revision win, and reports a conflict to the others', async () => {
  const first = await Promise.all(
    Array.from({ length: 20 }, () => items.write({ ...newState('raced'), revision: 1 }, 0)),
  );
  expect(first.filter(({ outcome }) => outcome === 'written')).toHaveLength(1);
  const second = await Promise.all(
    Array.from({ length: 20 }, () => items.write({ ...newState('raced'), revision: 2 }, 1)),
  );
  expect(second.filter(({ outcome }) => outcome === 'written')).toHaveLength(1);
  expect(second.filter(({ outcome }) => outcome === 'conflict')).toHaveLength(19);
});

test('applies each of twenty changes at once exactly once', async () => {
  await Promise.all(
    Array.from({ length: 20 }, () =>
      change('counted', (state) => {
        state.failed += 1;
      }),
    ),
  );
  const { item } = await items.read('counted');
  expect(decodeState('counted', item ?? {}).failed).toBe(20);
});

test('grants of twenty reservations at once as many as the budget has', async () => {
  const granted = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => {
      const wanted = attemptRequest({ username: 'Busy', versionId: `v${n}` });
      return change('busy', (state, now) => reserve(state, `attempt ${n}`, wanted, BUDGETS, now));
    }),
  );
  expect(granted.filter(({ result }) => result === undefined)).toHaveLength(BUDGETS.budget);
});

test('reads back a state with every member as it was written', async () => {
  const state = newState('full');
  reserve(state, 'exchange', exchangeOf('token'), BUDGETS, 1_000);
  state.refused['v0:p'] = { at: 1, releasable: true, released: false };
  state.setAside.old = 'x'.repeat(64 * 1024);
  state.orphanItems.push('older');
  state.auditRows.push(ROW);
  state.lastGood = { versionId: 'v0', at: 1 };
  state.revision = 1;
  const written = await items.write(state, 0);
  const { item, now } = await items.read('full');
  expect(decodeState('full', item ?? {})).toEqual({ ...state, item: 'state' });
  expect(written).toEqual({ outcome: 'written', now: expect.any(Number) });
  // By the same clock: whole seconds in the header.
  expect(Math.abs(now - ('now' in written ? written.now : 0))).toBeLessThanOrEqual(MINUTE_MS);
});

test('takes the time from the Date header of DynamoDB’s answer', async () => {
  const before = (await items.read('nobody')).now;
  world.clock.advance(30 * MINUTE_MS);
  const after = (await items.read('nobody')).now;
  // Whole seconds in the header.
  expect(Math.round((after - before) / MINUTE_MS)).toBe(30);
});

const ROW = {
  attempt: 'attempt-1',
  at: Date.UTC(2026, 0, 5, 12),
  actor: 'an app',
  purpose: 'log-in',
  secretArn: 'arn',
  versionId: 'v1',
  outcome: 'success',
  exposure: 0,
};
const stored = async (credential: string) =>
  (await world.aws.dynamodb.items(TABLE)).filter((item) => item.credential === credential);

test('writes an audit row beside the item, sorted by time, for 400 days', async () => {
  await items.audit('audited', [ROW]);
  expect(await stored('audited')).toEqual([
    {
      credential: 'audited',
      ...ROW,
      item: 'audit#2026-01-05T12:00:00.000Z#attempt-1',
      expiresAt: ROW.at / 1_000 + 400 * 86_400,
    },
  ]);
  // The ledger's own item has no expiry: it must never disappear by itself.
  const states = (await world.aws.dynamodb.items(TABLE)).filter(({ item }) => item === 'state');
  expect(states.length).toBeGreaterThan(0);
  for (const state of states) expect(state).not.toHaveProperty('expiresAt');
});

test('writes more rows than DynamoDB takes at once, and a repetition changes nothing', async () => {
  const rows = Array.from({ length: 60 }, (_, n) => ({ ...ROW, attempt: `attempt-${n}` }));
  await items.audit('often', rows);
  await items.audit('often', rows);
  expect(await stored('often')).toHaveLength(60);
});

test('writes the last of two rows of one attempt within a second', async () => {
  await items.audit('twice', [{ ...ROW, outcome: 'unknown' }, ROW]);
  expect(await stored('twice')).toMatchObject([{ outcome: 'success' }]);
});

test('throws for rows that DynamoDB leaves unprocessed, so that they stay in the item', async () => {
  const partly = new DynamoDBClient({ maxAttempts: 1 });
  partly.middlewareStack.add(
    () => async () => ({
      response: {},
      output: { $metadata: {}, UnprocessedItems: { [TABLE]: [{}] } } as never,
    }),
    { step: 'initialize' },
  );
  const failure = await dynamoDbItems(partly, TABLE)
    .audit('partly', [ROW])
    .catch((error) => error);
  expect(failure).toBeInstanceOf(AwsCallError);
  expect(failure).toMatchObject({ operation: 'dynamodb:BatchWriteItem' });
  partly.destroy();
});

test('finds all envelopes that were set aside by their username, on any number of pages', async () => {
  expect(await items.readSetAside('aside')).toEqual({});
  const envelope = 'x'.repeat(180 * 1024);
  // DynamoDB answers a query with 1 MB at most.
  const attempts = Array.from({ length: 8 }, (_, n) => `attempt-${n}`);
  for (const attempt of attempts) await items.setAside('aside', attempt, envelope);
  await items.setAside('aside', 'attempt-0', envelope);
  await items.setAside('asides', 'another', 'of another username');
  await items.write({ ...newState('aside'), revision: 1 }, 0);
  expect(await items.readSetAside('aside')).toEqual(
    Object.fromEntries(attempts.map((attempt) => [attempt, envelope])),
  );
  // They are kept for good.
  for (const item of await stored('aside')) expect(item).not.toHaveProperty('expiresAt');
});

test('finds the username of a secret’s last rotation by the secret’s ARN', async () => {
  expect(await items.readUsernameOf('arn:one')).toBeUndefined();
  await items.writeUsernameOf('arn:one', 'Fleet');
  await items.writeUsernameOf('arn:one', 'Fleet-2');
  expect(await items.readUsernameOf('arn:one')).toBe('Fleet-2');
});

test('throws an AwsCallError that names the operation when the table is missing', async () => {
  const another = new DynamoDBClient({ maxAttempts: 1 });
  const missing = dynamoDbItems(another, 'no-such-table');
  const calls = [
    () => missing.read('a'),
    () => missing.write(newState('a'), 0),
    () => missing.audit('a', [ROW]),
    () => missing.setAside('a', 'x', 'sealed'),
    () => missing.readSetAside('a'),
    () => missing.readUsernameOf('arn'),
    () => missing.writeUsernameOf('arn', 'Fleet'),
  ];
  for (const call of calls) {
    const failure = await call().catch((error) => error);
    expect(failure).toBeInstanceOf(AwsCallError);
    expect(failure).toMatchObject({ errorName: 'ResourceNotFoundException' });
    expect(failure.message).toMatch(/^dynamodb:(GetItem|PutItem|BatchWriteItem|Query) /);
  }
  another.destroy();
});

test('tells when the table was created, in milliseconds since 1970', async () => {
  const createdAt = await items.tableCreatedAt?.();
  expect(Math.abs(Date.now() - (createdAt ?? 0))).toBeLessThan(60 * 60_000);
});
