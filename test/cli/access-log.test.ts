import { expect, test } from 'vitest';
import { accessLog } from '../../cli/access-log.ts';
import type { AccessReader } from '../../cli/access-records.ts';
import { UsageError } from '../../cli/errors.ts';
import { type AuditRecord, keyOf } from '../../lambda/access/audit.ts';
import { startDesk } from './desk.ts';

const NOON = Date.UTC(2026, 0, 5, 12);

const record = (requestId: string, changes: object): AuditRecord & { outcome?: string } => ({
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

/** A table in memory, by its keys. */
function deskWith(records: AuditRecord[]) {
  const asked: string[] = [];
  const reader: AccessReader = {
    between: async (subject, from, to) => {
      asked.push(subject);
      const items = records.map((one) => ({ ...one, ...keyOf(one) }));
      const found = subject.startsWith('day#')
        ? items.filter((one) => one.subject === subject)
        : items.filter(({ devices }) => devices.some(({ identifier }) => subject === `device#${identifier}`));
      return found.filter(({ item }) => item >= from && item <= to);
    },
    get: async ({ item }) =>
      records.map((one) => ({ ...one, ...keyOf(one) })).find((one) => one.item === item),
  };
  const { desk, terminal } = startDesk();
  const tables: string[] = [];
  const accessRecords = (table: string) => {
    tables.push(table);
    return reader;
  };
  return { desk: { ...desk, accessRecords }, terminal, tables, asked };
}

test('prints a line for each request, and unknown for a record without outcome', async () => {
  const { desk, terminal, tables } = deskWith([
    record('a', { user: 'alice@example.com', outcome: 'done' }),
    record('b', { at: NOON + 1_000 }),
    record('c', { at: NOON + 2_000, outcome: 'refused', code: 'REQUEST_FAILED.UnexpectedError' }),
  ]);
  await accessLog(desk, { device: '8914', accessTable: 'ours-access' }, NOON + 60_000);
  const lines = String(terminal.said[0]).split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(
    /alice@example\.com +assumed-role\/portal\/i-0a1b2c3d +fleet\/ChangeDeviceState +ICCID 8914 +done +portal$/,
  );
  expect(lines[2]).toMatch(/ unknown +portal$/);
  expect(lines[3]).toContain('refused (REQUEST_FAILED.UnexpectedError)');
  expect(tables).toEqual(['ours-access']);
});

test('lists changes of whole groups below, since the device may be in one', async () => {
  const group = record('g', { devices: [], groups: ['DeviceGroupName All'], outcome: 'done' });
  const { desk, terminal } = deskWith([group]);
  await accessLog(desk, { device: '8914', accessTable: 't' }, NOON + 60_000);
  expect(terminal.said[0]).toMatch(/^There is no such request\.\n\nChanges that name an account or a group/);
  expect(terminal.said[0]).toContain('DeviceGroupName All');
});

test('lists for a device the callers that were given the session, once each', async () => {
  const shop = 'arn:aws:sts::111122223333:assumed-role/shop/i-1';
  const about = { caller: shop, service: '/session', devices: [], groups: [] };
  const { desk, terminal } = deskWith([
    record('a', { outcome: 'done' }),
    record('s1', { ...about, operation: 'GetSession', outcome: 'handed-out', generation: 7 }),
    record('s2', {
      ...about,
      operation: 'GetSession',
      outcome: 'handed-out',
      generation: 8,
      at: NOON + 1_000,
    }),
    record('denied', { ...about, operation: 'GetSession', outcome: 'denied' }),
    record('gone', { ...about, operation: 'SessionGone', outcome: 'dropped', generation: 7 }),
  ]);
  await accessLog(desk, { device: '8914', accessTable: 't' }, NOON + 60_000);
  const [, below = ''] = String(terminal.said[0]).split('\n\n');
  expect(below.split('\n')).toEqual([
    expect.stringMatching(/^Callers that were given the session; .* not in this audit:$/),
    expect.stringContaining('TIMES'),
    expect.stringMatching(
      /^assumed-role\/shop\/i-1 +- +fleet +2 +2026-01-05T12:00:00.000Z +2026-01-05T12:00:01.000Z$/,
    ),
  ]);
  await accessLog(desk, { accessTable: 't' }, NOON + 60_000);
  expect(terminal.said[1]).toMatch(/fleet\/GetSession +- +handed-out \(session 7\)/);
});

test('prints every recorded member as JSON', async () => {
  const { desk, terminal } = deskWith([record('a', { outcome: 'done' })]);
  await accessLog(desk, { operation: 'Change*', accessTable: 't', json: true }, NOON + 60_000);
  expect(JSON.parse(terminal.said[0] ?? '')).toMatchObject({
    records: [{ requestId: 'a', outcome: 'done' }],
    wide: [],
  });
});

test('finds the table by the name of the service', async () => {
  const { desk, tables } = deskWith([]);
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
  const { desk } = deskWith([]);
  const { function: _, ...settings } = desk.settings;
  const failure = await accessLog(
    { ...desk, settings: { ...settings, function: undefined } },
    options,
    NOON,
  ).catch((error) => error);
  expect(failure).toBeInstanceOf(UsageError);
  expect(failure.message).toContain(words);
});
