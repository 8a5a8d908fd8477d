import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { dayShards, keyOf, keyOfItem } from '../../lambda/access/audit.ts';

const NOON = Date.UTC(2026, 0, 5, 12);

test('spreads the records of a day over its keys, and finds each by its pointer', () => {
  const keys = Array.from({ length: 1_000 }, () => keyOf({ at: NOON, requestId: randomUUID() }));
  expect(new Set(keys.map(({ subject }) => subject))).toEqual(new Set(dayShards(NOON)));
  expect(dayShards(NOON)).toHaveLength(8);
  for (const key of keys) expect(keyOfItem(key.item)).toEqual(key);
});
