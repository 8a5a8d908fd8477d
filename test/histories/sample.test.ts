import { expect, test } from 'vitest';
import { sampleOf } from './history.ts';
import { schedules } from './schedules.ts';
import { suites } from './suites.ts';

/** `npm run verify` plays the other histories. */
for (const suite of suites.filter((one) => one !== schedules)) {
  test(`holds in a sample of the histories of “${suite.name}”, with each kind among them`, async () => {
    const histories = await suite.histories();
    expect(new Set(histories.map(({ name }) => name)).size).toBe(histories.length);
    for (const { play } of sampleOf(histories)) await play();
  });
}
