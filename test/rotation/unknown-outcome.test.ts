import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import { createWorld, MINUTE_MS, USERNAME, type World } from '../world/world.ts';

/** The proofs of a loss, and the signs that are not a proof. */

/** ThingSpace may have changed the password, and its answer did not arrive. */
async function unanswered(
  fate: 'response-lost' | 'request-lost',
  options: Parameters<typeof createWorld>[0] = {},
): Promise<{ world: World; token: string }> {
  const world = createWorld(options);
  const token = randomUUID();
  world.aws.stage(token);
  world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? fate : 'ok');
  expect(await world.step('createSecret', token)).toMatchObject({ error: { name: 'OutcomeUnknownError' } });
  world.plan.decide = () => 'ok';
  world.advance(25 * MINUTE_MS);
  return { world, token };
}

test('proves no loss by a refusal whose code does not name the password, and tries once more', async () => {
  // The unanswered request counts, too: with the usual budget an operator's trial is the second log-in.
  const budgets = { limit: 6, budget: 5, rotation: 4 };
  const { world } = await unanswered('request-lost', { budgets });
  // Another client has locked the username: the code of that is not published.
  for (let attempt = 0; attempt < 5; attempt += 1) world.platform.logIn(USERNAME, 'Somebody Else’s Guess');
  expect(await world.recover()).toMatchObject({ error: { name: 'OutcomeUnknownError' } });
  expect(world.state().journal.state).toBe('unknown');
  expect(announced(world)).not.toContain('password-lost');

  world.platform.support.unlock(USERNAME);
  world.advance(31 * MINUTE_MS);
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.state().journal.state).toBe('idle');
});

test('proves a barred old password by the version in which an operator stored it again', async () => {
  const budgets = { limit: 6, budget: 5, rotation: 4 };
  const { world } = await unanswered('request-lost', { budgets });
  // Twice the username is locked from outside when it is asked: the code proves nothing, and a third time it is not asked.
  for (let question = 0; question < 2; question += 1) {
    for (let attempt = 0; attempt < 5; attempt += 1) world.platform.logIn(USERNAME, 'Somebody Else’s Guess');
    expect(await world.recover()).toMatchObject({ error: { name: 'OutcomeUnknownError' } });
    world.platform.support.unlock(USERNAME);
    world.advance(31 * MINUTE_MS);
  }
  const before = world.truth().logIns;
  expect(await world.recover()).toMatchObject({ error: { name: 'OutcomeUnknownError' } });
  expect(world.truth().logIns).toBe(before);

  world.storeByHand(world.truth().password);
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.state().journal.state).toBe('idle');
  expect((await world.rotate()).rotated).toBe(true);
});

test('proves no loss by a log that could not be searched, until it can be', async () => {
  const { world } = await unanswered('response-lost');
  world.plan.decide = ({ name }) => (name === 'FilterLogEvents' ? 'failed-before' : 'ok');
  for (let attempt = 0; attempt < 3; attempt += 1) {
    expect(await world.recover()).toMatchObject({
      error: { name: 'OutcomeUnknownError', message: expect.stringContaining('logs:FilterLogEvents') },
    });
  }
  expect(world.state().journal.state).toBe('unknown');
  expect(world.truth().failures).toBe(1);
  world.plan.decide = () => 'ok';
  expect(await world.recover()).toMatchObject({ error: { name: 'CredentialLostError' } });
});

test('ends in an error, without a loop, when the log cannot be searched while the owner may live', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'killed-after' : 'ok');
  await world.rotate({ attempts: 1 });
  expect(world.state().journal.state).toBe('exchanging');
  let searches = 0;
  world.plan.decide = ({ name }) => {
    if (name !== 'FilterLogEvents') return 'ok';
    searches += 1;
    // Without a pause it would be asked for ever.
    return searches > 1_000 ? 'killed-before' : 'failed-before';
  };
  expect(await world.recover()).toMatchObject({ error: { name: 'ExchangeInProgressError' } });
  expect(searches).toBeLessThan(1_000);
});

test('ends with its own password when that is AWSCURRENT and KMS does not open its envelope', async () => {
  const world = createWorld();
  let swapped = false;
  world.plan.decide = ({ name }) => {
    const dies = swapped && name === 'PutItem';
    swapped ||= name === 'UpdateSecretVersionStage';
    return dies ? 'killed-before' : 'ok';
  };
  const { token } = await world.rotate({ attempts: 1 });
  expect(world.state().journal.state).toBe('received');
  expect(world.currentPassword()).toBe(world.truth().password);
  world.plan.decide = ({ name }) => (name === 'Decrypt' ? 'failed-before' : 'ok');
  expect((await world.rotate({ token })).rotated).toBe(true);
  expect(announced(world)).toEqual(['password-rotated']);
});

test('announces by the check a roll forward that died right after the swap', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) => (name === 'stdout' ? 'killed-after' : 'ok');
  await world.rotate({ attempts: 1 });
  let swapped = false;
  world.plan.decide = ({ name }) => {
    const dies = swapped && name === 'PutItem';
    swapped ||= name === 'UpdateSecretVersionStage';
    return dies ? 'killed-before' : 'ok';
  };
  await world.recover();
  expect(world.currentPassword()).toBe(world.truth().password);
  world.plan.decide = () => 'ok';
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(announced(world)).toContain('rolled-forward');
});

test('proves no loss by an answer that KMS does not open now, and rolls it forward later', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) => (name === 'stdout' ? 'killed-after' : 'ok');
  const { token } = await world.rotate({ attempts: 1 });
  world.advance(25 * MINUTE_MS);
  world.plan.decide = ({ name }) => (name === 'Decrypt' ? 'failed-before' : 'ok');
  expect(await world.recover()).toMatchObject({ outcome: 'failed' });
  expect(world.truth().logIns).toBe(1);
  world.plan.decide = () => 'ok';
  expect((await world.rotate({ token })).rotated).toBe(true);
  expect(world.truth().getNewPasswords).toBe(1);
});

test('ends an unknown outcome by a restored password, whatever the answer was', async () => {
  const { world } = await unanswered('response-lost');
  world.restoreByHand('Reset By Support 1');
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.state().journal.state).toBe('idle');
  expect(world.truth().failures).toBe(0);
});
