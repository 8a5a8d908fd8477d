import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../infra/config.ts';
import { resourceCount } from '../../infra/config-checks.ts';
import { costTable, credentialsPerStack, monthlyBill, prices } from '../../infra/costs.ts';
import { configWith } from './synthesize.ts';

test('docs/costs.md shows the table and the prices that are reckoned', () => {
  const inDocs = readFileSync(new URL('../../docs/costs.md', import.meta.url), 'utf8');
  expect(inDocs, 'out of date: paste what `node infra/costs.ts` prints').toContain(costTable());
  for (const perMonth of [prices.secretMonth, prices.alarmMonth, prices.keyMonth, prices.dashboardMonth]) {
    expect(inDocs).toContain(`$${perMonth.toFixed(2)}`);
  }
});

test('one credential pays for its secret, five alarms of its own and three of the function', () => {
  const bill = monthlyBill(1, { readsPerMonth: 0 });
  expect(bill).toMatchObject({ secrets: 0.4, keys: 2, dashboards: 3, readers: 0 });
  expect(bill.alarms).toBeCloseTo(0.8);
  const { total, ...items } = bill;
  expect(total).toBeCloseTo(Object.values(items).reduce((sum, item) => sum + item));
});

test('the credentials of one stack are as many as its configuration takes, and one more is another stack', () => {
  const named = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `c${i}`, username: `user${i}` }));
  const resources = (count: number) =>
    resourceCount({ ...parseConfig(configWith({})), credentials: parseCredentials(named(count)) });
  expect(resources(credentialsPerStack)).toBeLessThanOrEqual(500);
  expect(resources(credentialsPerStack + 1)).toBeGreaterThan(500);
  expect(monthlyBill(credentialsPerStack, { readsPerMonth: 0 }).keys).toBe(2);
  expect(monthlyBill(credentialsPerStack + 1, { readsPerMonth: 0 }).keys).toBe(4);
});

/** Filled with defaults, and not yet counted. */
const parseCredentials = (named: { name: string; username: string }[]) =>
  named.flatMap((credential) => parseConfig(configWith({ credentials: [credential] })).credentials);
