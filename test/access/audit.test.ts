import { expect, test } from 'vitest';
import { type AuditRecord, type AuditTable, auditOver, type Item } from '../../lambda/access/audit.ts';
import { withReach } from './with-reach.ts';

const NOON = Date.UTC(2026, 0, 5, 12);

/** A table that only counts its writes. */
function startAudit() {
  const writes: string[] = [];
  const items: Item[] = [];
  const table: AuditTable = {
    put: async (item) => {
      writes.push('put');
      items.push(item);
    },
    create: async (item) => {
      writes.push('create');
      items.push(item);
    },
    complete: async () => void writes.push('complete'),
  };
  const audit = auditOver(table, { retentionDays: 400 }, () => NOON);
  return { audit, writes, items };
}

let requests = 0;
const record = (changes: Partial<AuditRecord>): AuditRecord => {
  requests += 1;
  return withReach({
    requestId: `request-${requests}`,
    at: NOON,
    attempt: `${requests}`,
    caller: 'arn:aws:sts::111122223333:assumed-role/portal/i-0a',
    principal: 'arn:aws:iam::111122223333:role/portal',
    user: 'alice',
    credential: 'fleet',
    service: 'CarrierService',
    operation: 'ChangeDeviceState',
    rule: 'portal',
    devices: [{ kind: 'ICCID', identifier: '8914' }],
    groups: [],
    ...changes,
  });
};
const DONE = { outcome: 'done', sends: 1 } as const;

async function writesOf(changes: Partial<AuditRecord>): Promise<string[]> {
  const { audit, writes } = startAudit();
  await audit.begin(record(changes));
  writes.length = 0;
  const one = record(changes);
  await audit.begin(one);
  await audit.end(one, DONE);
  return writes;
}

test('writes a change of one device three times', async () => {
  expect(await writesOf({})).toEqual(['put', 'create', 'complete']);
});

test('writes a change of a group three times', async () => {
  expect(await writesOf({ devices: [], groups: ['DeviceGroupName East'] })).toEqual([
    'put',
    'create',
    'complete',
  ]);
});

test('writes a request that only reads once', async () => {
  expect(await writesOf({ operation: 'GetDeviceInformation' })).toEqual(['create']);
  expect(await writesOf({ operation: 'GetDeviceList', devices: [], groups: ['AccountName 0342'] })).toEqual([
    'create',
  ]);
});

test('writes the outcome of a request that only reads when its answer is not as it should be', async () => {
  const { audit, writes } = startAudit();
  const one = record({ operation: 'GetDeviceList' });
  await audit.begin(one);
  await audit.end(one, { outcome: 'refused', code: 'X', sends: 1 });
  expect(writes).toEqual(['put', 'create', 'complete']);
});

test('names a caller once a day and process, before the first record', async () => {
  const { audit, items } = startAudit();
  await audit.begin(record({ operation: 'GetDeviceList' }));
  await audit.begin(record({ operation: 'GetDeviceList' }));
  await audit.begin(record({ operation: 'GetDeviceList', at: NOON + 24 * 60 * 60_000 }));
  expect(items.map(({ subject }) => subject.split('#').slice(0, 2).join('#'))).toEqual([
    'callers#2026-01-05',
    'by#2026-01-05',
    'by#2026-01-05',
    'callers#2026-01-06',
    'by#2026-01-06',
  ]);
});

test('keeps the caller of a day as long as the last record of the day', async () => {
  const { audit, items } = startAudit();
  const day = Date.UTC(2026, 0, 5);
  await audit.begin(record({ operation: 'GetDeviceList', at: day }));
  await audit.begin(record({ operation: 'GetDeviceList', at: day + 24 * 60 * 60_000 - 1 }));
  const [caller, , last] = items.map(({ expiresAt }) => Number(expiresAt));
  expect(caller).toBeGreaterThanOrEqual(last ?? Number.NaN);
});

test('names the caller again when the first time failed', async () => {
  const items: Item[] = [];
  const table = { fail: true };
  const failing = auditOver(
    {
      put: async (item) => {
        if (table.fail) throw new Error('throttled');
        items.push(item);
      },
      create: async (item) => void items.push(item),
      complete: async () => undefined,
    },
    { retentionDays: 400 },
  );
  await expect(failing.begin(record({ operation: 'GetDeviceList' }))).rejects.toThrow();
  table.fail = false;
  await failing.begin(record({ operation: 'GetDeviceList' }));
  expect(items.map(({ subject }) => subject.split('#')[0])).toEqual(['callers', 'by']);
});

test('writes no pointer to a denied change of a group, and one for each device that it keeps', async () => {
  const { audit, items } = startAudit();
  await audit.conclude(record({ groups: ['AccountName 0342'] }), { outcome: 'denied', sends: 0 });
  expect(items.map(({ subject }) => subject.split('#')[0])).toEqual(['callers', 'device', 'by']);
});
