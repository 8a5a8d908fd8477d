import { expect, test } from 'vitest';
import { accessLog } from '../../cli/access-log.ts';
import type { AccessReader } from '../../cli/access-reader.ts';
import { UsageError } from '../../cli/errors.ts';
import { type AuditRecord, auditOver, type Item } from '../../lambda/access/audit.ts';
import { withReach } from '../access/with-reach.ts';
import { startDesk } from './desk.ts';

const NOON = Date.UTC(2026, 0, 5, 12);

const record = (requestId: string, changes: object): AuditRecord & { outcome?: string } =>
  withReach({
    requestId,
    at: NOON,
    attempt: requestId,
    caller: 'arn:aws:sts::111122223333:assumed-role/portal/i-0a1b2c3d',
    principal: 'arn:aws:iam::111122223333:role/portal',
    credential: 'fleet',
    service: 'CarrierService',
    operation: 'ChangeDeviceState',
    rule: 'portal',
    devices: [{ kind: 'ICCID', identifier: '8914' }],
    groups: [],
    ...changes,
  });

/** A table in memory with these records, as the function writes them. */
async function deskWith(records: AuditRecord[]) {
  const items: Item[] = [];
  const add = async (item: Item) => void items.push(item);
  const table = { put: add, create: add, complete: async () => undefined };
  const audit = auditOver(table, { retentionDays: 400 });
  for (const one of records) await audit.begin(one);
  const reader: AccessReader = {
    between: async (subject, from, to) =>
      items.filter((one) => one.subject === subject && from <= one.item && one.item <= to),
    get: async ({ subject, item }) => items.find((one) => one.subject === subject && one.item === item),
  };
  const { desk, terminal } = startDesk();
  const tables: string[] = [];
  const accessRecords = (table: string) => {
    tables.push(table);
    return reader;
  };
  return { desk: { ...desk, accessRecords }, terminal, tables, audit };
}

test('prints a line for each request, and unknown for a record without outcome', async () => {
  const { desk, terminal, tables } = await deskWith([
    record('a', { user: 'alice@example.com', outcome: 'done' }),
    record('b', { at: NOON + 1_000 }),
    record('c', { at: NOON + 2_000, outcome: 'refused', code: 'REQUEST_FAILED.UnexpectedError' }),
  ]);
  await accessLog(desk, { device: ['8914'], accessTable: 'ours-access' }, NOON + 60_000);
  const lines = String(terminal.said[0]).split('\n');
  expect(lines.slice(4)).toEqual([
    '',
    'A device has several names (ICCID, IMEI, MDN, …), and a request is found by those that it used.',
    'Give every name of the device: --device <ICCID> <IMEI> <MDN>.',
    'Requests that only read are not listed by device: leave --device out to see them.',
  ]);
  expect(lines[1]).toMatch(
    /alice@example\.com +assumed-role\/portal\/i-0a1b2c3d +fleet\/ChangeDeviceState +ICCID 8914 +done +portal$/,
  );
  expect(lines[2]).toMatch(/ unknown +portal$/);
  expect(lines[3]).toContain('refused (REQUEST_FAILED.UnexpectedError)');
  expect(tables).toEqual(['ours-access']);
});

test('lists changes of whole groups below, since the device may be in one', async () => {
  const group = record('g', { devices: [], groups: ['DeviceGroupName All'], outcome: 'done' });
  const { desk, terminal } = await deskWith([group]);
  await accessLog(desk, { device: ['8914'], accessTable: 't' }, NOON + 60_000);
  expect(terminal.said[0]).toMatch(
    /^There is no such request\.\n\nChanges that select devices by account, group or filter/,
  );
  expect(terminal.said[0]).toContain('DeviceGroupName All');
});

test('lists for a device the callers that were given the session, once each', async () => {
  const shop = 'arn:aws:sts::111122223333:assumed-role/shop/i-1';
  const about = { caller: shop, service: '/session', devices: [], groups: [], operation: 'GetSession' };
  const handedOut = { outcome: 'handed-out', generation: 7, sends: 0 } as const;
  const { desk, terminal, audit } = await deskWith([record('a', { outcome: 'done' })]);
  await audit.conclude(record('s1', about), handedOut);
  await audit.conclude(record('s2', { ...about, at: NOON + 1_000 }), handedOut);
  await audit.conclude(record('s3', { ...about, at: NOON + 24 * 60 * 60_000 }), handedOut);
  await audit.conclude(record('denied', { ...about, caller: 'arn:a:b:c:d:denied' }), {
    outcome: 'denied',
    sends: 0,
  });
  await accessLog(desk, { device: ['8914'], accessTable: 't' }, NOON + 48 * 60 * 60_000);
  const [, below = ''] = String(terminal.said[0]).split('\n\n');
  expect(below.split('\n')).toEqual([
    expect.stringMatching(/^Callers that were given the session; .* not in this audit:$/),
    expect.stringContaining('DAYS'),
    expect.stringMatching(/^assumed-role\/shop\/i-1 +- +fleet +2 +2026-01-05 +2026-01-06$/),
  ]);
  await accessLog(desk, { accessTable: 't' }, NOON + 60_000);
  expect(terminal.said[1]).toMatch(/fleet\/GetSession +- +handed-out \(session 7\)/);
});

test('shows what selects devices beside a device, and what a state change does', async () => {
  const groups = ['AccountNameFilter 0342-1', 'DeviceServicePlanFilter 5MB'];
  const { desk, terminal } = await deskWith([record('a', { groups, kind: 'Deactivate', outcome: 'done' })]);
  await accessLog(desk, { accessTable: 't' }, NOON + 60_000);
  expect(terminal.said[0]).toMatch(
    / fleet\/ChangeDeviceState\/Deactivate +ICCID 8914; AccountNameFilter 0342-1 and 1 more +done /,
  );
});

test('takes several names of a device, and does not ask for more', async () => {
  const { desk, terminal } = await deskWith([
    record('a', { devices: [{ kind: 'IMEI', identifier: '3500' }] }),
    record('b', { at: NOON + 1_000 }),
  ]);
  await accessLog(desk, { device: ['8914', '3500'], accessTable: 't' }, NOON + 60_000);
  expect(terminal.said[0]).toMatch(/ IMEI 3500 [\s\S]* ICCID 8914 /);
  expect(terminal.said[0]).not.toContain('several names');
});

test('prints every recorded member as JSON', async () => {
  const { desk, terminal } = await deskWith([record('a', { outcome: 'done' })]);
  await accessLog(desk, { operation: 'Change*', accessTable: 't', json: true }, NOON + 60_000);
  expect(JSON.parse(terminal.said[0] ?? '')).toMatchObject({
    records: [{ requestId: 'a', outcome: 'done' }],
    wide: [],
  });
});

test('finds the table by the name of the service', async () => {
  const { desk, tables } = await deskWith([]);
  const facts = { ...desk.function, environment: { SERVICE_NAME: 'Ours' } };
  const settings = { ...desk.settings, function: facts } as typeof desk.settings;
  await accessLog({ ...desk, settings }, { user: 'alice' }, NOON);
  expect(tables).toEqual(['Ours-access']);
});

test.each([
  [{ since: 'yesterday', accessTable: 't' }, '--since wants a time'],
  [{ since: '2026-01-06T00:00:00Z', accessTable: 't' }, '--since wants a time before --until'],
  [{}, '--access-table'],
])('rejects %j in one sentence', async (options, words) => {
  const { desk } = await deskWith([]);
  const { function: _, ...settings } = desk.settings;
  const failure = await accessLog(
    { ...desk, settings: { ...settings, function: undefined } },
    options,
    NOON,
  ).catch((error) => error);
  expect(failure).toBeInstanceOf(UsageError);
  expect(failure.message).toContain(words);
});

test('finds a person by the name of the session, also where the person spoke for a user', async () => {
  const ops = 'AWSReservedSSO_Ops_0123456789abcdef';
  const principal = `arn:aws:iam::111122223333:role/${ops}`;
  const ann = { person: 'ann@example.com', principal, caller: session(ops, 'ann@example.com') };
  const { desk, terminal } = await deskWith([
    record('own', { ...ann, outcome: 'done' }),
    record('read', { ...ann, at: NOON + 1_000, operation: 'GetDeviceList' }),
    record('for', { ...ann, at: NOON + 2_000, user: 'zoe' }),
    record('ben', { principal, person: 'ben@example.com', caller: session(ops, 'ben@example.com') }),
    record('named', { caller: session('portal', 'ann@example.com') }),
    record('user', { at: NOON + 3_000, user: 'ann@example.com' }),
  ]);
  await accessLog(desk, { user: 'Ann@example.com', accessTable: 't', json: true }, NOON + 60_000);
  const { records } = JSON.parse(String(terminal.said[0])) as { records: AuditRecord[] };
  expect(records.map(({ requestId }) => requestId)).toEqual(['own', 'read', 'for', 'user']);
  await accessLog(desk, { user: 'ann@example.com', accessTable: 't' }, NOON + 60_000);
  const lines = String(terminal.said[1]).split('\n');
  expect(lines[1]).toMatch(/ann@example\.com +assumed-role\/AWSReservedSSO_Ops_\w+\/ann@example\.com +fleet/);
  expect(lines[3]).toMatch(/zoe +assumed-role\/AWSReservedSSO_Ops_\w+\/ann@example\.com +fleet/);
});

const session = (role: string, name: string) => `arn:aws:sts::111122223333:assumed-role/${role}/${name}`;
