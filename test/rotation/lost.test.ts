import { expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

/** A loss is not the last word: the log may show a sealed answer late. */

const DAY_MS = 24 * 60 * MINUTE_MS;

/** The process dies with its answer sealed, and the log shows that line late: the loss is announced. */
async function lostFor(delayMs: number, options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = createWorld(options);
  world.aws.logSearch.delayMs = delayMs;
  await world.rotateMeeting('stdout', 'killed-after', { attempts: 2, backoffMs: 25 * MINUTE_MS });
  expect(world.state().journal.state).toBe('lost');
  expect(announced(world)).toContain('password-lost');
  return world;
}

test('A sealed answer that the log shows after the loss was announced is rolled forward by the next check', async () => {
  const world = await lostFor(6 * 60 * MINUTE_MS);
  expect(await world.recover()).toMatchObject({
    // No answer is known: the steps open none.
    error: {
      name: 'CredentialLostError',
      message: expect.stringMatching(/^(?!.*--from-sealed).* -- store --secret/),
    },
  });
  world.advance(DAY_MS);
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(announced(world).slice(-2)).toEqual(['rolled-forward', 'trouble-over']);
  expect(world.truth()).toMatchObject({ getNewPasswords: 1, failures: 1 });
  expect((await world.rotate()).rotated).toBe(true);
});

test('A sealed answer that the log shows months after the loss is rolled forward by the next rotation', async () => {
  const world = await lostFor(80 * DAY_MS);
  for (let check = 0; check < 7; check += 1) {
    world.advance(10 * DAY_MS);
    expect(await world.recover()).toMatchObject({ error: { name: 'CredentialLostError' } });
  }
  world.advance(11 * DAY_MS);
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth().getNewPasswords).toBe(1);
});

test('Searches the log again after a check that could not search it, and reports that failure', async () => {
  const world = await lostFor(40 * MINUTE_MS);
  world.plan.decide = ({ name }) => (name === 'FilterLogEvents' ? 'failed-before' : 'ok');
  world.advance(DAY_MS);
  expect(await world.recover()).toMatchObject({
    error: { name: 'CredentialLostError', message: expect.stringContaining('logs:FilterLogEvents') },
  });
  world.plan.decide = () => 'ok';
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
});

test('Names the key, not a loss, while KMS does not open the answer that the log shows', async () => {
  const world = await lostFor(40 * MINUTE_MS);
  world.plan.decide = ({ name }) => (name === 'Decrypt' ? 'failed-before' : 'ok');
  world.advance(DAY_MS);
  expect(await world.recover()).toMatchObject({ error: { name: 'SealingKeyError' } });
  world.plan.decide = () => 'ok';
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
});

test.each(['FilterLogEvents', 'Decrypt'])(
  'Ends the loss with the password that an operator stored while %s fails',
  async (failing) => {
    const world = await lostFor(40 * MINUTE_MS);
    world.advance(DAY_MS);
    world.restoreByHand('Reset By Support 1');
    world.plan.decide = ({ name }) => (name === failing ? 'failed-before' : 'ok');
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.state().journal.state).toBe('idle');
    expect(world.currentPassword()).toBe('Reset By Support 1');
  },
);

test('Keeps the password that support reset when the log shows the older one later', async () => {
  const world = await lostFor(6 * 60 * MINUTE_MS);
  world.restoreByHand('Reset By Support 1');
  world.advance(DAY_MS);
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe('Reset By Support 1');
  expect(world.truth().failures).toBe(1);
  expect(world.violations).toEqual([]);
});

test('Announces the loss every day while AWSCURRENT is on an older dead version', async () => {
  const world = createWorld();
  await world.rotate();
  await world.rotateMeeting('GetNewPassword', 'killed-after', { attempts: 2, backoffMs: 25 * MINUTE_MS });
  expect(world.state().journal.state).toBe('lost');
  world.aws.moveCurrentTo(world.aws.stages.get('AWSPREVIOUS') as string);
  for (let day = 0; day < 3; day += 1) {
    world.advance(DAY_MS);
    expect(await world.recover()).toMatchObject({ error: { name: 'CredentialLostError' } });
  }
  expect(announced(world).filter((event) => event === 'standing-trouble')).toHaveLength(3);
});

test('Replaces a wrong password that an operator stored after the loss by the late answer', async () => {
  // The unanswered request and the probe count: with the usual budget no log-in is left for the second question.
  const budgets = { limit: 6, budget: 5, rotation: 4 };
  const world = await lostFor(6 * 60 * MINUTE_MS, { budgets });
  world.advance(DAY_MS);
  world.storeByHand('Mistyped 1');
  await world.recover();
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.violations).toEqual([]);
});
