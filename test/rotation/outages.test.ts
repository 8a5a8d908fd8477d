import { expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import { createWorld } from '../world/world.ts';

test('rotates while SNS is down, and publishes the alarms when it is back', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) => (name === 'Publish' ? 'failed-before' : 'ok');
  expect((await world.rotate()).rotated).toBe(true);
  expect(announced(world)).toEqual([]);
  world.plan.decide = () => 'ok';
  await world.recover();
  expect(announced(world)).toEqual(['password-rotated']);
});
