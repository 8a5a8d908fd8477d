import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createWorld, FIRST_PASSWORD, secretValue } from '../world/world.ts';

/** With `RotateImmediately: false` Secrets Manager runs testSecret alone; what its version holds is not published. */
test.each([
  ['no value', undefined],
  ['what AWSCURRENT holds', secretValue(FIRST_PASSWORD)],
])('announces and sends nothing by testSecret on a version with %s', async (_, value) => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token, value);
  expect(await world.step('testSecret', token)).toEqual({ outcome: 'done' });
  expect(world.truth().logIns).toBe(0);
  expect(world.aws.published).toEqual([]);
});

test('fails testSecret on a version with another value as a late step, and removes AWSPENDING', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token, secretValue('Another 1'));
  expect(await world.step('testSecret', token)).toMatchObject({ error: { name: 'StaleRotationError' } });
  expect(world.aws.stages.get('AWSPENDING')).toBeUndefined();
  expect(world.truth().logIns).toBe(0);
});
