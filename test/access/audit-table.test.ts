import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dynamoDbAccessReader } from '../../cli/access-reader.ts';
import { findRecords } from '../../cli/access-records.ts';
import { keyBefore } from '../../cli/access-records-before.ts';
import { admissionOver } from '../../lambda/access/admission.ts';
import { type AuditRecord, type AuditTable, auditOver } from '../../lambda/access/audit.ts';
import { dynamoDbAudit } from '../../lambda/access/audit-table.ts';
import { dynamoDbCount } from '../../lambda/access/count-table.ts';
import { clientAt } from '../../local/aws/client.ts';
import { startClock } from '../../local/aws/clock.ts';
import { type DynamoDb, startDynamoDb } from '../../local/aws/dynamodb.ts';

import { withReach } from './with-reach.ts';

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

const record = (requestId: string, changes: Partial<AuditRecord> = {}): AuditRecord =>
  withReach({
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

const DENIED = { outcome: 'denied', sends: 0 } as const;
const audit = () => auditOver(table, { retentionDays: 400 }, () => NOON);
const find = (wanted: Parameters<typeof findRecords>[1] | object) =>
  findRecords(dynamoDbAccessReader(client, TABLE), {
    sinceMs: NOON - DAY_MS,
    untilMs: NOON + DAY_MS,
    ...wanted,
  });
const idsOf = async (wanted: object) => (await find(wanted)).records.map(({ requestId }) => requestId);

describe('the audit table', () => {
  test('counts as far as the limit, for each caller', async () => {
    const admit = admissionOver(dynamoDbCount(client, TABLE), 2, () => NOON);
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
    expect(await idsOf({ devices: ['a10000'] })).toEqual(['many']);
    expect(await idsOf({ devices: ['A1000199'] })).toEqual(['many']);
    expect(await idsOf({ devices: ['A1000'] })).toEqual([]);
  });

  test('finds by user, caller and role, and by device and user together', async () => {
    const device = { kind: 'ICCID', identifier: '8914' };
    await audit().begin(record('hers', { user: 'carol', devices: [device] }));
    await audit().begin(record('his', { user: 'dave', devices: [device] }));
    expect(await idsOf({ user: 'Carol' })).toEqual(['hers']);
    expect(await idsOf({ devices: ['8914'], user: 'dave' })).toEqual(['his']);
    expect(await idsOf({ user: 'arn:aws:iam::111122223333:role/operations' })).toContain('hers');
    expect(await idsOf({ user: record('x').caller })).toContain('his');
  });

  test('finds records within the given times, ends included, across days', async () => {
    const device = { kind: 'ICCID', identifier: '8915' };
    for (const days of [-2, -1, 0]) {
      await audit().begin(record(`day ${days}`, { at: NOON + days * DAY_MS, devices: [device] }));
    }
    expect(await idsOf({ devices: ['8915'] })).toEqual(['day -1', 'day 0']);
    expect(await idsOf({ devices: ['8915'], untilMs: NOON - 1 })).toEqual(['day -1']);
    expect(
      await idsOf({ sinceMs: NOON - 3 * DAY_MS, untilMs: NOON - DAY_MS, operation: 'ChangeDeviceState' }),
    ).toEqual(expect.arrayContaining(['day -2', 'day -1']));
  });

  test('finds for a device the changes of whole groups, except denied ones', async () => {
    const groups = ['DeviceGroupName All'];
    await audit().begin(record('whole group', { groups, operation: 'MoveDevice' }));
    await audit().conclude(record('denied group', { groups, operation: 'MoveDevice' }), DENIED);
    const { wide } = await find({ devices: ['none'], operation: 'MoveDevice' });
    expect(wide.map(({ requestId }) => requestId)).toEqual(['whole group']);
  });

  test('finds a change by each name of a device, once', async () => {
    const devices = [
      { kind: 'IMEI', identifier: '3501' },
      { kind: 'ICCID', identifier: '8950' },
    ];
    await audit().begin(record('both names', { devices, operation: 'SeveralNames' }));
    await audit().begin(record('one name', { devices: devices.slice(1), operation: 'SeveralNames' }));
    expect(await idsOf({ devices: ['3501', '8950'] })).toEqual(['both names', 'one name']);
    expect(await idsOf({ devices: ['3501'] })).toEqual(['both names']);
  });

  test('finds state changes by their kind, and every kind without one', async () => {
    const group = { groups: ['AccountName 77'], at: NOON + 5_000 };
    for (const kind of ['Suspend', 'Deactivate']) await audit().begin(record(kind, { ...group, kind }));
    const during = { sinceMs: NOON + 5_000, untilMs: NOON + 5_000 };
    expect(await idsOf({ ...during, operation: 'ChangeDeviceState/De*' })).toEqual(['Deactivate']);
    expect(await idsOf({ ...during, operation: 'ChangeDevice*' })).toEqual(['Deactivate', 'Suspend']);
    expect(await idsOf({ ...during, operation: '*' })).toEqual(['Deactivate', 'Suspend']);
  });

  test('records a reading request as sent, and another outcome over it', async () => {
    const reading = { operation: 'GetDeviceList', user: 'reader' };
    const [good, bad] = [record('read', reading), record('refused read', { ...reading, at: NOON + 1 })];
    for (const one of [good, bad]) await audit().begin(one);
    await audit().end(good, { outcome: 'done', sends: 1 });
    await audit().end(bad, { outcome: 'refused', code: 'X', sends: 1 });
    const { records } = await find({ user: 'reader' });
    expect(records).toMatchObject([{ outcome: 'sent' }, { outcome: 'refused', code: 'X' }]);
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
    const found = await find({ devices: ['none'], operation: 'DecoyChange' });
    expect(found.wide.map(({ requestId }) => requestId)).toEqual(['decoy']);
    const own = await find({ devices: ['8917'], operation: 'DecoyChange' });
    expect(own.records.map(({ requestId }) => requestId)).toEqual(['decoy', 'of another']);
    expect(own.wide).toEqual([]);
  });

  test('does not show a pointer without a record, as its request was never sent', async () => {
    const item = new Date(NOON).toISOString();
    const lost = { recordSubject: 'by#2026-01-05#nobody', recordItem: `nobody#${item}#lost` };
    await table.put({ subject: 'device#8916', item: `${item}#lost`, ...lost, expiresAt: 1 });
    await table.put({ subject: 'device#8916', item: `${item}#lost-before`, expiresAt: 1 });
    expect(await idsOf({ devices: ['8916'] })).toEqual([]);
  });

  test('gives every item an expiry, by the retention', async () => {
    const items = await dynamodb.items(TABLE);
    const kept = items.filter(({ subject }) => !String(subject).startsWith('minute#'));
    const [first] = kept.filter(({ requestId }) => requestId === 'done');
    expect(first?.expiresAt).toBe(NOON / 1000 + 400 * 24 * 60 * 60);
    expect(items.filter(({ expiresAt }) => expiresAt === undefined)).toEqual([]);
  });
});

describe('the records of releases before', () => {
  const LAST_WEEK = NOON - 7 * DAY_MS;
  const before = { sinceMs: LAST_WEEK - DAY_MS, untilMs: LAST_WEEK + DAY_MS };

  /** Writes what those releases wrote: a pointer for each device and user, and the record by its day. */
  async function writeBefore(requestId: string, changes: Partial<AuditRecord>, outcome = 'done') {
    const one = record(requestId, { at: LAST_WEEK, ...changes });
    const item = `${new Date(one.at).toISOString()}#${requestId}`;
    const users = [one.caller, one.principal, ...(one.user ? [one.user] : [])].map(
      (user) => `user#${user.toLowerCase()}`,
    );
    for (const subject of [...users, ...one.devices.map(({ identifier }) => `device#${identifier}`)]) {
      await table.put({ subject, item, expiresAt: 1 });
    }
    await table.put({ ...keyBefore(item), ...one, outcome, sends: 1, expiresAt: 1 });
  }

  test('are found by device, user, caller, operation and period, and so are wide ones', async () => {
    await writeBefore('old of a device', { devices: [{ kind: 'ICCID', identifier: '8920' }], user: 'erin' });
    await writeBefore('old of a group', { groups: ['DeviceGroupName All'], at: LAST_WEEK + 1 });
    await writeBefore('old read', { operation: 'GetDeviceList', at: LAST_WEEK + 2 });
    const byDevice = await find({ ...before, devices: ['8920'] });
    expect(byDevice.records.map(({ requestId }) => requestId)).toEqual(['old of a device']);
    expect(byDevice.wide.map(({ requestId }) => requestId)).toEqual(['old of a group']);
    expect(await idsOf({ ...before, user: 'Erin' })).toEqual(['old of a device']);
    expect(await idsOf({ ...before, user: record('x').caller })).toHaveLength(3);
    expect(await idsOf({ ...before, operation: 'Get*' })).toEqual(['old read']);
    expect(await idsOf(before)).toEqual(['old of a device', 'old of a group', 'old read']);
  });

  test('are found for a role by its ARN with the path', async () => {
    const ofRole = { ...before, user: record('x').principal.replace('role/', 'role/teams/') };
    expect(await idsOf({ ...before, user: record('x').principal })).toHaveLength(3);
    expect(await idsOf(ofRole)).toHaveLength(3);
  });

  test('name the callers that were given the session, once a day', async () => {
    const given = { operation: 'GetSession', service: '/session', devices: [] };
    await writeBefore('old session', { ...given, at: LAST_WEEK + 3 }, 'handed-out');
    await writeBefore('old session again', { ...given, at: LAST_WEEK + 4 }, 'handed-out');
    const { holders } = await find({ ...before, devices: ['8920'] });
    expect(holders).toMatchObject([
      { caller: record('x').caller, days: [new Date(LAST_WEEK).toISOString().slice(0, 10)] },
    ]);
  });

  test('stand beside later ones in one answer', async () => {
    await audit().begin(record('later', { devices: [{ kind: 'ICCID', identifier: '8920' }] }));
    const found = await find({ sinceMs: before.sinceMs, untilMs: NOON, devices: ['8920'] });
    expect(found.records.map(({ requestId }) => requestId)).toEqual(['old of a device', 'later']);
  });
});

describe('the cost of an answer', () => {
  /** The items that a question reads, empty partitions not counted. */
  async function itemsRead(wanted: object): Promise<number> {
    const reader = dynamoDbAccessReader(client, TABLE);
    let items = 0;
    await findRecords(
      {
        between: async (...asked) => {
          const found = await reader.between(...asked);
          items += found.length;
          return found;
        },
        get: async (key) => {
          items += 1;
          return reader.get(key);
        },
      },
      { sinceMs: OCTOBER, untilMs: OCTOBER + DAY_MS, ...wanted },
    );
    return items;
  }
  const OCTOBER = Date.UTC(2026, 9, 5);

  test('follows the answer for a device and for a user, and not the period’s records', async () => {
    const { begin } = audit();
    for (let n = 0; n < 60; n += 1) {
      const devices = [{ kind: 'ICCID', identifier: `9000${n}` }];
      await begin(record(`crowd ${n}`, { at: OCTOBER + n, devices, user: `user${n % 20}` }));
    }
    await begin(record('wide', { at: OCTOBER + 1, groups: ['AccountName 1'], user: 'user7' }));
    // A pointer and its record; the wide change the same.
    expect(await itemsRead({ devices: ['90007'] })).toBe(4);
    // The caller of the day, three changes of devices and the wide one.
    expect(await itemsRead({ user: 'user7' })).toBe(5);
    expect(await itemsRead({})).toBe(62);
  });
});
