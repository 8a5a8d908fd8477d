import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { costTable, credentialsPerStack, monthlyBill, prices } from '../../infra/costs.ts';
import { synthesize } from './synthesize.ts';

test('docs/costs.md shows the calculated table and its prices', () => {
  const inDocs = readFileSync(new URL('../../docs/costs.md', import.meta.url), 'utf8');
  expect(inDocs, 'out of date: paste what `node infra/costs.ts` prints').toContain(costTable());
  for (const perMonth of [prices.secretMonth, prices.alarmMonth, prices.keyMonth, prices.dashboardMonth]) {
    expect(inDocs).toContain(`$${perMonth.toFixed(2)}`);
  }
});

test('one credential pays for its secret and the alarms, keys and dashboard of the service', () => {
  const bill = monthlyBill(1, { readsPerMonth: 0 });
  expect(bill).toMatchObject({ secrets: 0.4, keys: 2, dashboards: 3, readers: 0 });
  expect(bill.alarms).toBeCloseTo(1.1);
  const { total, ...items } = bill;
  expect(total).toBeCloseTo(Object.values(items).reduce((sum, item) => sum + item));
});

test('a thousand credentials cost at most 60 cents a month each, also when the keys were rotated twice', () => {
  const { total, keys } = monthlyBill(1_000, { readsPerMonth: 3_000 });
  expect((total + 2 * keys) / 1_000).toBeLessThanOrEqual(0.6);
});

test('counts the alarms that the stack creates', () => {
  const { ofType } = synthesize();
  expect(ofType('AWS::CloudWatch::Alarm')).toHaveLength(6);
  expect(ofType('AWS::CloudWatch::CompositeAlarm')).toHaveLength(1);
  expect(monthlyBill(1, { readsPerMonth: 0 }).alarms).toBeCloseTo(6 * prices.alarmMonth + 0.5);
});

test('counts another stack for one credential more than a stack takes', () => {
  expect(monthlyBill(credentialsPerStack, { readsPerMonth: 0 }).keys).toBe(2);
  expect(monthlyBill(credentialsPerStack + 1, { readsPerMonth: 0 }).keys).toBe(4);
});
