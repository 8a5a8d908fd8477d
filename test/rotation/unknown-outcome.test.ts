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

test('a refusal whose code does not say that the password was at fault proves no loss: it is asked once more', async () => {
  // The unanswered request counts, too: with the usual budget a person's trial is the second question.
  const budgets = { limit: 6, budget: 5, rotation: 4 };
  const { world } = await unanswered('request-lost', { budgets });
  // Somebody outside has locked the username: the code of that is not published.
  for (let attempt = 0; attempt < 5; attempt += 1) world.platform.logIn(USERNAME, 'Somebody Else’s Guess');
  expect(await world.recover()).toMatchObject({ error: { name: 'OutcomeUnknownError' } });
  expect(world.state().journal.state).toBe('unknown');
  expect(announced(world)).not.toContain('password-lost');

  world.platform.support.unlock(USERNAME);
  world.advance(31 * MINUTE_MS);
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.state().journal.state).toBe('idle');
});

test('an old password that is barred for good is proven with the version that a person stored it in anew', async () => {
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

test('a log that could not be searched proves no loss, until it could be', async () => {
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

test('while the owner of an exchange may live, a log that cannot be searched is waited for: the invocation ends in words', async () => {
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

test('our own password that is AWSCURRENT already, and whose seal KMS does not open, ends as ours', async () => {
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

test('a roll forward that died right after the swap is announced by the check that ends it', async () => {
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

test('an answer that KMS does not open now is no loss either: it waits, and is rolled forward', async () => {
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

test('a restored password ends an unknown outcome, whatever the answer was', async () => {
  const { world } = await unanswered('response-lost');
  world.restoreByHand('Reset By Support 1');
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.state().journal.state).toBe('idle');
  expect(world.truth().failures).toBe(0);
});
