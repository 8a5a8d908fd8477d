import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { page, picture, widgets } from '../../infra/dashboard-page.ts';

const all = widgets();
const inDocs = (file: string) => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');

test('the page and the picture in docs/ show the dashboard that is deployed', () => {
  const hint = 'out of date: run `node infra/dashboard-page.ts`';
  expect(inDocs('dashboard.md'), hint).toBe(page(all));
  expect(inDocs('dashboard.svg'), hint).toBe(picture(all));
});

test('every metric of the function is on the dashboard, for every credential', () => {
  const drawn = all.flatMap(({ properties }) =>
    (properties.metrics ?? []).map((metric) => metric.slice(0, 4)),
  );
  for (const name of [
    'LockoutExposure',
    'PasswordAgeDays',
    'RotationSucceeded',
    'FailedLogIns',
    'StaleWindowMs',
    'PasswordLost',
    'AlarmPublishFailed',
  ]) {
    for (const credential of ['fleet', 'metering']) {
      expect(drawn).toContainEqual(['ThingSpaceRotation', name, 'Credential', credential]);
    }
  }
});

test('every alarm of the stack stands on the dashboard', () => {
  expect(all.find(({ type }) => type === 'alarm')?.properties.alarms).toHaveLength(13);
});
