import { describe, expect, test } from 'vitest';
import { sampleOf } from './history.ts';
import { schedules } from './schedules.ts';
import { historiesOver, suites } from './suites.ts';

/** `npm run verify` plays the other histories. */
describe.each(['soap', 'rest'] as const)('over %s', (transport) => {
  const played = suites.filter((one) => one !== schedules && (transport === 'soap' || !one.playsOnce));
  for (const suite of played) {
    test(`holds in a sample of the histories of “${suite.name}”, with each kind among them`, async () => {
      const histories = await historiesOver(suite, transport);
      expect(new Set(histories.map(({ name }) => name)).size).toBe(histories.length);
      for (const { play } of sampleOf(histories)) await play();
    });
  }
});
