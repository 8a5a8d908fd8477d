import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

/** A log-in whose process died is announced by the next daily check, also when nobody logs in until then. */

const DAY_MS = 24 * 60 * MINUTE_MS;

async function diedAt(name: string, fate: 'killed-before' | 'killed-after'): Promise<World> {
  const world = createWorld();
  await world.rotate();
  world.aws.published.length = 0;
  world.plan.decide = (call) => (call.name === name ? fate : 'ok');
  const token = randomUUID();
  world.aws.stage(token);
  await world.step('createSecret', token);
  world.plan.decide = () => 'ok';
  return world;
}

const writes = (world: World, from: number): number =>
  world.calls.slice(from).filter(({ name }) => name === 'PutItem').length;

test('announces at the next daily check a log-in whose process died before it was counted', async () => {
  const world = await diedAt('LogIn', 'killed-after');
  world.advance(25 * 60 * MINUTE_MS);
  await world.recover();
  expect(world.aws.published).toContainEqual(
    expect.objectContaining({ event: 'failed-log-in', certainty: 'unknown', exposure: 1 }),
  );
  expect(world.state()).toMatchObject({ failed: 1, inFlight: {} });

  world.advance(DAY_MS);
  await world.recover();
  expect(announced(world).filter((event) => event === 'failed-log-in')).toHaveLength(1);
  expect(world.violations).toEqual([]);
});

test('writes nothing more into the item when no log-in has expired', async () => {
  const world = await diedAt('LogIn', 'killed-after');
  world.advance(19 * MINUTE_MS);
  const early = world.calls.length;
  await world.recover();
  expect(world.state().inFlight).not.toEqual({});
  const quiet = createWorld();
  await quiet.rotate();
  const from = quiet.calls.length;
  await quiet.recover();
  expect(writes(world, early)).toBe(writes(quiet, from) + 1);
});

test('announces an expired log-in also when the secret cannot be read as a credential', async () => {
  const world = await diedAt('LogIn', 'killed-after');
  world.aws.store('not JSON');
  world.plan.decide = ({ name }) => (name === 'LogIn' ? 'failed-before' : 'ok');
  world.advance(25 * 60 * MINUTE_MS);
  await world.recover();
  expect(announced(world)).toContain('failed-log-in');
});

test('leaves the attempt of an open exchange to the exchange: its answer may be sealed', async () => {
  const world = await diedAt('stdout', 'killed-after');
  world.advance(25 * 60 * MINUTE_MS);
  await world.recover();
  expect(announced(world)).toEqual(['rolled-forward']);
  expect(world.state()).toMatchObject({ failed: 0, inFlight: {} });
  expect(world.violations).toEqual([]);
});
