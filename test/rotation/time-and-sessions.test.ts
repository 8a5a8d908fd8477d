import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createWorld, MINUTE_MS, USERNAME, type World } from '../world/world.ts';

/** So much time passes before the first call of a name. */
function delay(world: World, name: string, ms: number): void {
  world.gate.before = async (called) => {
    if (called !== name) return;
    world.gate.before = undefined;
    world.advance(ms);
  };
}

test('sends no GetNewPassword, and the retry rotates, when the log-in used up the time', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  delay(world, 'LogIn', 10 * MINUTE_MS);
  const ended = await world.step('createSecret', token);
  expect(ended).toMatchObject({ outcome: 'failed' });
  expect(world.calls.filter(({ name }) => name === 'GetNewPassword')).toEqual([]);
  expect(world.state().journal.state).toBe('idle');
  expect((await world.rotate({ token })).rotated).toBe(true);
});

test('checks the time again, and sends no GetNewPassword, when the reservation used it up', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  // The answer of the last write before the request comes late.
  let logged = false;
  world.gate.around = (name, phase) => {
    if (name === 'LogIn' && phase === 'end') logged = true;
    if (logged && name === 'PutItem' && phase === 'end' && world.state().journal.state === 'exchanging') {
      world.gate.around = () => {};
      world.advance(30_000);
    }
  };
  expect(await world.invoke(world.eventOf('createSecret', token), 40_000)).toMatchObject({
    error: { name: 'NotEnoughTimeError' },
  });
  expect(world.calls.filter(({ name }) => name === 'GetNewPassword')).toEqual([]);
  expect(world.state()).toMatchObject({ journal: { state: 'idle' }, inFlight: {}, failed: 0 });
});

test('sends no GetNewPassword when the process was suspended after its reservation', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  delay(world, 'GetNewPassword', 2 * MINUTE_MS);
  expect(await world.step('createSecret', token)).toMatchObject({
    error: { name: 'ThingSpaceUnreachableError' },
  });
  expect(world.truth().getNewPasswords).toBe(0);
  expect(world.state().journal.state).toBe('idle');
  expect((await world.rotate({ token })).rotated).toBe(true);
});

test.each<[string, (world: World) => Promise<void>]>([
  ['a rotation', async (world) => void (await world.rotate())],
  [
    'an exchange that is refused',
    async (world) => {
      world.link.refuse = 'REQUEST_FAILED.SessionToken.Expired';
      await world.rotate({ attempts: 1 });
    },
  ],
  [
    'an answer that never comes, and the probe after it',
    async (world) => {
      world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'request-lost' : 'ok');
      await world.rotate({ attempts: 1 });
      world.advance(25 * MINUTE_MS);
      await world.recover();
    },
  ],
  [
    'a stored password that is asked',
    async (world) => {
      await world.rotateMeeting('PutSecretValue', 'killed-before');
      world.restoreByHand('Reset By Support 1');
      await world.rotate();
    },
  ],
])('logs out every session that it opened: %s', async (_, play) => {
  const world = createWorld();
  await play(world);
  const happened = world.platform.events.filter(({ username }) => username === USERNAME);
  const opened = happened.filter(({ kind }) => kind === 'logged-in').length;
  // A killed process does not log out; its session ends by itself.
  const killed = world.calls.filter(({ fate }) => fate.startsWith('killed')).length;
  expect(opened).toBeGreaterThan(0);
  expect(happened.filter(({ kind }) => kind === 'logged-out')).toHaveLength(opened - killed);
});
