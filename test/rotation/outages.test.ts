import { describe, expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import { createWorld } from '../world/world.ts';

test('SNS out for good never breaks a rotation, and its alarms follow when it is back', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) => (name === 'Publish' ? 'failed-before' : 'ok');
  expect((await world.rotate()).rotated).toBe(true);
  expect(announced(world)).toEqual([]);
  world.plan.decide = () => 'ok';
  await world.recover();
  expect(announced(world)).toEqual(['password-rotated']);
});

describe('DynamoDB is down', () => {
  test('no password is presented, the error says so, and the retry goes on when it is back', async () => {
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
