import { describe, expect, test } from 'vitest';
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

describe('DynamoDB is down', () => {
  test('makes no log-in attempt, and the retry continues when DynamoDB is back', async () => {
    const world = createWorld();
    world.plan.decide = ({ name }) => (/Item/.test(name) ? 'failed-before' : 'ok');
    const { failures, token } = await world.rotate({ attempts: 2 });
    expect(world.truth().logIns).toBe(0);
    expect(failures.map((ended) => 'error' in ended && ended.error.name)).toEqual([
      'LedgerUnavailableError',
      'LedgerUnavailableError',
    ]);
    world.plan.decide = () => 'ok';
    expect((await world.rotate({ token })).rotated).toBe(true);
  });
});
