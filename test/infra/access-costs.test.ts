import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { accessBill, accessCostTable, type Kind, perRequest } from '../../infra/access-costs.ts';
import { admissionOver } from '../../lambda/access/admission.ts';
import { type AuditRecord, auditOver, type Item } from '../../lambda/access/audit.ts';
import { withReach } from '../access/with-reach.ts';

test('docs/access.md shows the calculated table', () => {
  const inDocs = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8');
  expect(inDocs, 'out of date: paste what `node infra/access-costs.ts` prints').toContain(accessCostTable());
});

test('a bill grows with the requests, and its total is the sum of its items', () => {
  const { total, ...items } = accessBill(1, 'change');
  expect(total).toBeCloseTo(Object.values(items).reduce((sum, item) => sum + item));
  expect(accessBill(100, 'change').total).toBeCloseTo(100 * total);
});

/** Long names, as Identity Center gives them. */
const record = (n: number, operation: string): AuditRecord =>
  withReach({
    requestId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    at: Date.UTC(2026, 0, 5, 12) + n * 500,
    attempt: `00000000-0000-4000-8000-${String(n).padStart(12, '1')}`,
    caller: 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Fleet_0123456789abcdef/ann@example.com',
    principal: 'arn:aws:iam::111122223333:role/AWSReservedSSO_Fleet_0123456789abcdef',
    credential: 'fleet',
    service: 'CarrierService',
    operation,
    rule: 'operations',
    devices: [{ kind: 'ICCID', identifier: '89148000000800139708' }],
    groups: [],
  });

/** An item's size by DynamoDB's documentation: names and values in UTF-8, a byte for each digit or so of a number. */
const bytesOf = (item: object): number =>
  Buffer.byteLength(JSON.stringify(item).replace(/[{}[\],:"]/g, '')) + 20;

test.each<[Kind, string]>([
  ['change', 'ChangeDeviceCustomFields'],
  ['read', 'GetDeviceInformation'],
])(
  'a minute of two requests a second costs no more writes and bytes than counted: %s',
  async (kind, operation) => {
    const items: Item[] = [];
    let [nowMs, writes] = [0, 0];
    const add = async (item: Item) => {
      writes += Math.ceil(bytesOf(item) / 1024);
      items.push(item);
    };
    const audit = auditOver(
      {
        put: add,
        create: add,
        complete: async () => {
          writes += 1;
        },
      },
      { retentionDays: 400 },
      () => nowMs,
    );
    const count = async () => {
      writes += 1;
      return true;
    };
    const admit = admissionOver(count, 600, () => nowMs);
    const requests = 600;
    for (let n = 0; n < requests; n += 1) {
      nowMs = n * 500;
      const one = record(n, operation);
      await admit(one.principal);
      await audit.begin(one);
      await audit.end(one, { outcome: 'done', sends: 1 });
    }
    expect(writes / requests).toBeLessThanOrEqual(perRequest[kind].writes + 0.1);
    const bytes = items.reduce((sum, item) => sum + bytesOf(item), 0);
    expect(bytes / requests / 1000).toBeLessThanOrEqual(perRequest[kind].storedKilobytes);
  },
);
