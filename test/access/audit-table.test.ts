import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dynamoDbAccessReader, findRecords } from '../../cli/access-records.ts';
import { type AuditRecord, type AuditTable, auditOver, keyOf } from '../../lambda/access/audit.ts';
import { dynamoDbAudit } from '../../lambda/access/audit-table.ts';
import { clientAt } from '../../local/aws/client.ts';
import { startClock } from '../../local/aws/clock.ts';
import { type DynamoDb, startDynamoDb } from '../../local/aws/dynamodb.ts';

const TABLE = 'access';
const NOON = Date.UTC(2026, 0, 5, 12);
const DAY_MS = 24 * 60 * 60_000;

let dynamodb: DynamoDb;
let client: DynamoDBClient;
let table: AuditTable;

beforeAll(async () => {
  dynamodb = await startDynamoDb({ clock: startClock(), region: 'us-east-1', accountId: '111122223333' });
  await dynamodb.createTable(TABLE, 'subject', 'item');
  client = new DynamoDBClient(clientAt(dynamodb.url));
  table = dynamoDbAudit(client, TABLE);
});
afterAll(async () => {
  client.destroy();
  await dynamodb.close();
});

const record = (requestId: string, changes: Partial<AuditRecord> = {}): AuditRecord => ({
  requestId,
  at: NOON,
  attempt: `attempt of ${requestId}`,
  caller: 'arn:aws:sts::111122223333:assumed-role/operations/ann',
  principal: 'arn:aws:iam::111122223333:role/operations',
  credential: 'fleet',
  service: 'CarrierService',
  operation: 'ChangeDeviceState',
  rule: 'operations',
  devices: [],
  groups: [],
  ...changes,
});

const audit = (requestsPerMinute = 10) =>
  auditOver(table, { retentionDays: 400, requestsPerMinute }, () => NOON);
const find = (wanted: Parameters<typeof findRecords>[1] | object) =>
  findRecords(dynamoDbAccessReader(client, TABLE), {
    sinceMs: NOON - DAY_MS,
    untilMs: NOON + DAY_MS,
    ...wanted,
  });
const idsOf = async (wanted: object) => (await find(wanted)).records.map(({ requestId }) => requestId);

describe('the audit table', () => {
  test('counts as far as the limit, for each caller', async () => {
    const { admit } = audit(2);
    expect([await admit('a'), await admit('a'), await admit('a'), await admit('b')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  test('returns the record, and its outcome once there is one', async () => {
    const { begin, end } = audit();
    const [done, open] = [record('done', { user: 'Alice' }), record('open')];
    await begin(done);
    await begin(open);
    await end(done, { outcome: 'refused', code: 'X', sends: 1 });
    const { records } = await find({ operation: 'ChangeDevice*' });
    expect(records).toMatchObject([{ ...done, outcome: 'refused', code: 'X', sends: 1 }, open]);
    expect(records[1]).not.toHaveProperty('outcome');
  });

  test('accepts a second write of a writer that lost its answer, and of no other writer', async () => {
    const { begin } = audit();
    await begin(record('twice'));
    await begin(record('twice'));
    await expect(begin(record('twice', { attempt: 'of another' }))).rejects.toThrow('ConditionalCheckFailed');
  });

  test('never changes one outcome into another', async () => {
    const { begin, end } = audit();
    await begin(record('settled'));
    await end(record('settled'), { outcome: 'done', sends: 1 });
    await end(record('settled'), { outcome: 'done', sends: 1 });
    await expect(end(record('settled'), { outcome: 'unknown', code: 'X', sends: 1 })).rejects.toThrow();
    await expect(end(record('never begun'), { outcome: 'done', sends: 1 })).rejects.toThrow();
  });

  test('finds two hundred devices, each by its name in any letter case', async () => {
    const devices = Array.from({ length: 200 }, (_, n) => ({ kind: 'MEID', identifier: `A1000${n}` }));
    await audit().begin(record('many', { devices }));
    expect(await idsOf({ device: 'a10000' })).toEqual(['many']);
    expect(await idsOf({ device: 'A1000199' })).toEqual(['many']);
    expect(await idsOf({ device: 'A1000' })).toEqual([]);
  });

  test('finds by user, caller and role, and by device and user together', async () => {
    const device = { kind: 'ICCID', identifier: '8914' };
    await audit().begin(record('hers', { user: 'carol', devices: [device] }));
    await audit().begin(record('his', { user: 'dave', devices: [device] }));
    expect(await idsOf({ user: 'Carol' })).toEqual(['hers']);
    expect(await idsOf({ device: '8914', user: 'dave' })).toEqual(['his']);
    expect(await idsOf({ user: 'arn:aws:iam::111122223333:role/operations' })).toContain('hers');
    expect(await idsOf({ user: record('x').caller })).toContain('his');
  });

  test('finds records within the given times, ends included, across days', async () => {
    const device = { kind: 'ICCID', identifier: '8915' };
    for (const days of [-2, -1, 0]) {
      await audit().begin(record(`day ${days}`, { at: NOON + days * DAY_MS, devices: [device] }));
    }
    expect(await idsOf({ device: '8915' })).toEqual(['day -1', 'day 0']);
    expect(await idsOf({ device: '8915', untilMs: NOON - 1 })).toEqual(['day -1']);
    expect(
      await idsOf({ sinceMs: NOON - 3 * DAY_MS, untilMs: NOON - DAY_MS, operation: 'ChangeDeviceState' }),
    ).toEqual(expect.arrayContaining(['day -2', 'day -1']));
  });

  test('finds for a device the changes of whole groups, except denied ones', async () => {
    const groups = ['DeviceGroupName All'];
    await audit().begin(record('whole group', { groups, operation: 'MoveDevice' }));
    await audit().conclude(record('denied group', { groups, operation: 'MoveDevice' }), {
      outcome: 'denied',
      sends: 0,
    });
    const { wide } = await find({ device: 'none', operation: 'MoveDevice' });
    expect(wide.map(({ requestId }) => requestId)).toEqual(['whole group']);
  });

  test('returns a day’s records in the order of time, whatever their keys', async () => {
    const ids = Array.from({ length: 40 }, () => randomUUID());
    for (const [n, id] of ids.entries()) {
      await audit().begin(record(id, { at: NOON + n, operation: 'ManyOfADay' }));
    }
    expect(await idsOf({ operation: 'ManyOfADay' })).toEqual(ids);
  });

  test('counts a change of a group for each device, whatever devices it names as well', async () => {
    const groups = ['DeviceGroupName All'];
    const devices = [{ kind: 'ICCID', identifier: '8917' }];
    await audit().begin(record('decoy', { groups, devices, operation: 'DecoyChange' }));
    await audit().begin(record('of another', { devices, operation: 'DecoyChange' }));
    const found = await find({ device: 'none', operation: 'DecoyChange' });
    expect(found.wide.map(({ requestId }) => requestId)).toEqual(['decoy']);
    const own = await find({ device: '8917', operation: 'DecoyChange' });
    expect(own.records.map(({ requestId }) => requestId)).toEqual(['decoy', 'of another']);
    expect(own.wide).toEqual([]);
  });

  test('does not show a pointer without a record, as its request was never sent', async () => {
    const lost = record('lost', { devices: [{ kind: 'ICCID', identifier: '8916' }] });
    await table.putAll([{ subject: 'device#8916', item: keyOf(lost).item }]);
    expect(await idsOf({ device: '8916' })).toEqual([]);
  });

  test('gives every item an expiry, by the retention', async () => {
    const items = await dynamodb.items(TABLE);
    const kept = items.filter(({ subject }) => !String(subject).startsWith('minute#'));
    const [first] = kept.filter(({ requestId }) => requestId === 'done');
    expect(first?.expiresAt).toBe(NOON / 1000 + 400 * 24 * 60 * 60);
    expect(
      items.filter(({ expiresAt, subject }) => expiresAt === undefined && subject !== 'device#8916'),
    ).toEqual([]);
  });
});
