import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { page, picture, widgets } from '../../infra/dashboard-page.ts';

const all = widgets();
const inDocs = (file: string) =>
  readFileSync(new URL(`../../docs/reference/${file}`, import.meta.url), 'utf8');

test('shows the deployed dashboard in the page and the picture in docs/', () => {
  const hint = 'out of date: run `npm run docs:dashboard`';
  expect(inDocs('dashboard.md'), hint).toBe(page(all));
  expect(inDocs('dashboard.svg'), hint).toBe(picture(all));
});

const drawn = all.flatMap(({ properties }) => (properties.metrics ?? []).map((metric) => metric.slice(0, 6)));
const service = ['Service', 'ThingSpaceRotation'];

test('draws the state of each credential, and the events of all credentials together', () => {
  for (const name of ['LockoutExposure', 'PasswordAgeDays', 'TroubleStands']) {
    for (const credential of ['fleet', 'metering']) {
      expect(drawn).toContainEqual(['ThingSpaceRotation', name, 'Credential', credential, ...service]);
    }
  }
  for (const name of [
    'RotationSucceeded',
    'FailedLogIns',
    'StaleWindowMs',
    'PasswordLost',
    'AlarmPublishFailed',
  ]) {
    expect(drawn.map((metric) => metric.slice(0, 4))).toContainEqual([
      'ThingSpaceRotation',
      name,
      ...service,
    ]);
  }
});

test('shows every alarm that sends a message or shows a state', () => {
  const shown = all.find(({ type }) => type === 'alarm')?.properties.alarms;
  expect(shown).toHaveLength(5);
});
