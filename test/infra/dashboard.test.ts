import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { page, widgets } from '../../infra/dashboard-page.ts';
import { picture } from '../../infra/dashboard-picture.ts';
import { healthy, lost } from '../../infra/dashboard-scenes.ts';

const all = widgets();
const inDocs = (file: string) =>
  readFileSync(new URL(`../../docs/reference/${file}`, import.meta.url), 'utf8');

test('shows the deployed dashboard in the page and the pictures in docs/reference/', () => {
  const hint = 'out of date: run `npm run docs:dashboard`';
  expect(inDocs('dashboard.md'), hint).toBe(page(all));
  expect(inDocs('dashboard-healthy.svg'), hint).toBe(picture(all, healthy));
  expect(inDocs('dashboard-lost.svg'), hint).toBe(picture(all, lost));
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
