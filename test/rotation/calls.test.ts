import { expect, test } from 'vitest';
import { createWorld } from '../world/world.ts';

/** Every remote call is a place to die: each that stays is there for a reason. */
test('makes at most 28 remote calls in a healthy rotation', async () => {
  const world = createWorld();
  await world.rotate();
  // The first rotation of a username also writes which secret it belongs to.
  const first = world.calls.length;
  await world.rotate();
  const calls = world.calls.slice(first).map(({ name }) => name);
  const remote = calls.filter((name) => name !== 'stdout');
  console.log(`${remote.length} remote calls: ${remote.join(', ')}`);
  expect(remote.length).toBeLessThanOrEqual(28);
  expect(remote.filter((name) => name === 'LogIn')).toHaveLength(2);
  expect(remote.filter((name) => name === 'LogOut')).toHaveLength(2);
  expect(remote.filter((name) => name === 'GetNewPassword')).toHaveLength(1);
});

test('makes two calls more over REST, each for a bearer', async () => {
  const [soap, rest] = [createWorld(), createWorld({ transport: 'rest' })];
  for (const world of [soap, rest]) await world.rotate();
  const names = rest.calls.map(({ name }) => name);
  expect(names.filter((name) => name !== 'GetBearer')).toHaveLength(soap.calls.length);
  expect(names.filter((name) => name === 'GetBearer')).toHaveLength(2);
});

test('makes one call more in a service with several credentials, for the hold', async () => {
  const [alone, oneOfSeveral] = [createWorld(), createWorld({ holdsOn: true })];
  for (const world of [alone, oneOfSeveral]) await world.rotate();
  expect(oneOfSeveral.calls.length - alone.calls.length).toBe(1);
});
