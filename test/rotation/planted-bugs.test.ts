import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { holdsInForce } from '../../lambda/ledger/holds.ts';
import { credentialKey, newState } from '../../lambda/ledger/state.ts';
import { announced } from '../world/judge.ts';
import { startService } from '../world/service.ts';
import { createWorld, MINUTE_MS, SECRET_ARN, USERNAME, type World } from '../world/world.ts';

/** Histories for bugs that were planted and that no other test noticed; each has its mutant. */

/** Another client has locked the username while the nth log-in from now arrives, and support unlocks it after that. */
function lockedDuringLogIn(world: World, which: number): void {
  let logIns = 0;
  world.plan.decide = ({ name }) => {
    if (name !== 'LogIn') return 'ok';
    logIns += 1;
    world.platform.support.unlock(USERNAME);
    for (let guess = 0; logIns === which && guess < 5; guess += 1) {
      world.platform.logIn(USERNAME, 'Somebody Else’s Guess');
    }
    return 'ok';
  };
}

test('keeps an exchange unknown when the version of an operator was refused only uncertainly', async () => {
  const world = createWorld({ budgets: { limit: 6, budget: 5, rotation: 4 } });
  world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'response-lost' : 'ok');
  await world.rotate({ attempts: 1 });
  world.advance(25 * MINUTE_MS);
  world.restoreByHand('Reset By Support 1');

  // The code of a locked username proves nothing; the old password would be refused for certain.
  lockedDuringLogIn(world, 1);
  expect(await world.recover()).toMatchObject({ error: { name: 'OutcomeUnknownError' } });
  expect(world.state().journal.state).toBe('unknown');
  expect(announced(world)).not.toContain('password-lost');

  world.plan.decide = () => 'ok';
  world.platform.support.unlock(USERNAME);
  world.advance(31 * MINUTE_MS);
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.state().journal.state).toBe('idle');
  expect(world.currentPassword()).toBe('Reset By Support 1');
});

test('ends the hold of an open exchange when its secret has another username', async () => {
  const service = startService();
  const { first, second } = service;
  const exchange = {
    token: randomUUID(),
    attempt: 'of-former',
    secretArn: SECRET_ARN,
    oldVersion: 'v',
    oldHash: 'h',
    startedAt: first.clock.nowMs(),
  };
  const former = { ...newState(credentialKey('Former')), journal: { state: 'unknown', ...exchange } };
  first.aws.table.set(credentialKey('Former'), JSON.stringify(former));
  service.holdBy({ username: 'Former', secretArn: SECRET_ARN, attempt: 'of-former', why: 'unknown' });
  const held = await second.rotate({ attempts: 1 });
  expect(held.failures).toMatchObject([{ error: { name: 'ExchangesHeldError' } }]);

  expect(await first.recover()).toEqual({ outcome: 'done' });
  expect(holdsInForce(service.holds())).toEqual([]);
  expect((await second.rotate()).rotated).toBe(true);
});

test('does not end a trouble when the log-in that asks AWSCURRENT is refused', async () => {
  const world = createWorld();
  world.platform.support.reset(USERNAME, 'Reset By Support 1');
  await world.rotate({ attempts: 1 });
  expect(world.state().trouble?.kind).toBe('stored-password-refused');

  world.storeByHand('A Guess 1');
  expect(await world.recover()).toMatchObject({ error: { name: 'PasswordRefusedError' } });
  expect(world.state().trouble?.kind).toBe('stored-password-refused');
  expect(announced(world)).not.toContain('trouble-over');

  world.storeByHand('Reset By Support 1');
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(announced(world)).toContain('trouble-over');
});
