import { expect, test } from 'vitest';
import type { Plan } from '../world/fate.ts';
import { createWorld, type Ended, MINUTE_MS, secretValue } from '../world/world.ts';

/** Shortest histories in which a message, an error, or `status` said what was not so. The world's judge reads them. */

const SECRETS_MANAGER = /^(DescribeSecret|GetSecretValue|PutSecretValue|UpdateSecretVersionStage)$/;

const messageOf = (ended: Ended | undefined): string =>
  ended && 'error' in ended ? ended.error.message : '';

/** Every answer of a service is lost, from a call of that name on. */
function lostFrom(service: RegExp, name: string, nth = 1): Plan {
  let seen = 0;
  return (call) => {
    if (call.name === name) seen += 1;
    return seen >= nth && service.test(call.name) ? 'response-lost' : 'ok';
  };
}

test('no longer calls AWSCURRENT dead when only the answer of the swap was lost', async () => {
  const world = createWorld();
  world.plan.decide = lostFrom(SECRETS_MANAGER, 'UpdateSecretVersionStage');
  expect((await world.rotate()).rotated).toBe(false);
  expect(world.currentPassword()).toBe(world.truth().password);
  world.plan.decide = () => 'ok';
  world.advance(25 * MINUTE_MS);
  await world.recover();
  expect(world.violations).toEqual([]);
});

test('calls only its own request not sent when the guard stops it', async () => {
  const world = createWorld();
  await world.rotate();
  // Killed before the exchange, and a wrong password stored: the retry asks that one, then the budget is spent.
  let killed = false;
  world.plan.decide = ({ name }) => {
    if (name !== 'GetNewPassword' || killed) return 'ok';
    killed = true;
    world.storeByHand('Mistyped 1');
    return 'killed-before';
  };
  const { failures } = await world.rotate();
  expect(failures.map(messageOf).join()).toMatch(/The request was not sent to ThingSpace/);
  expect(world.violations).toEqual([]);
});

test('does not call an answer safe that never arrived when the username changes', async () => {
  const world = createWorld();
  await world.rotateMeeting('GetNewPassword', 'response-lost');
  world.aws.store(secretValue('Typed By Hand 1', 'Somebody-Else'));
  const { failures } = await world.rotate({ attempts: 1 });
  expect(messageOf(failures[0])).toMatch(/what is sealed stays kept/);
  expect(world.violations).toEqual([]);
});

test('calls only the request for a new password not sent', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'failed-before' : 'ok');
  const { failures } = await world.rotate({ attempts: 1 });
  expect(messageOf(failures[0])).toMatch(/the request was not sent/);
  expect(world.violations).toEqual([]);
});
