import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import { createWorld, type Ended, MINUTE_MS, USERNAME, type World } from '../world/world.ts';

/** A refusal whose code does not name the password proves nothing, however often it is asked. */

/** A rotation whose answer was sealed, and an operator who stores something else before it is current. */
async function sealedAndOverwritten(): Promise<{ world: World; token: string }> {
  // With the usual budget no log-in would be left for the questions.
  const world = createWorld({ budgets: { limit: 9, budget: 8, rotation: 7 } });
  const token = randomUUID();
  world.aws.stage(token);
  world.plan.decide = ({ name }) => (name === 'stdout' ? 'killed-after' : 'ok');
  expect(await world.step('createSecret', token)).toEqual({ outcome: 'killed' });
  world.plan.decide = () => 'ok';
  world.advance(25 * MINUTE_MS);
  world.storeByHand('Mistyped 1');
  return { world, token };
}

/** Another client locks the username: the code of a refusal is not published then. */
function lock(world: World): void {
  while (!world.truth().locked) world.platform.logIn(USERNAME, 'Somebody Else’s Guess');
}

const nameOf = (ended: Ended): string => ('error' in ended ? ended.error.name : ended.outcome);

test('Does not call a sealed password refused when its uncertain refusal is retried too early', async () => {
  const { world } = await sealedAndOverwritten();
  lock(world);
  for (let retry = 0; retry < 4; retry += 1) {
    expect(nameOf(await world.recover())).toBe('SealedPasswordUnprovenError');
    world.advance(5 * MINUTE_MS);
  }
  expect(announced(world)).not.toContain('superseded');
  expect(world.aws.stages.get('AWSPENDING')).toBeUndefined();

  world.platform.support.unlock(USERNAME);
  world.advance(31 * MINUTE_MS);
  expect(nameOf(await world.recover())).toBe('done');
  expect(world.currentPassword()).toBe(world.truth().password);
});

test('Leaves the choice to an operator, without a claim of proof, when both answers stay uncertain', async () => {
  const { world } = await sealedAndOverwritten();
  lock(world);
  await world.recover();
  world.advance(31 * MINUTE_MS);
  await world.recover();
  world.advance(31 * MINUTE_MS);
  const logIns = world.truth().logIns;
  const ended = await world.recover();
  expect(nameOf(ended)).toBe('SupersededError');
  expect((ended as { error: Error }).error.message).toContain('either may be live');
  expect((ended as { error: Error }).error.message).not.toContain('refuses both');
  expect(world.truth().logIns).toBe(logIns);
  expect(announced(world).filter((event) => event === 'superseded')).toHaveLength(1);

  // The operator opens the sealed one and stores it.
  world.platform.support.unlock(USERNAME);
  world.storeByHand(world.truth().password);
  expect(nameOf(await world.recover())).toBe('done');
  expect((await world.rotate()).rotated).toBe(true);
});

test('Does not call the stored password refused when only the sealed one was refused for certain', async () => {
  const { world } = await sealedAndOverwritten();
  world.platform.support.reset(USERNAME, 'Reset By Support 1');
  world.storeByHand('Reset By Support 1');
  lock(world);
  let logIns = 0;
  world.gate.before = async (name) => {
    if (name === 'LogIn') logIns += 1;
    if (logIns === 2) world.platform.support.unlock(USERNAME);
  };
  expect(nameOf(await world.recover())).toBe('SealedPasswordUnprovenError');
  expect(logIns).toBe(2);
  world.advance(31 * MINUTE_MS);
  expect(nameOf(await world.recover())).toBe('done');
  expect(world.currentPassword()).toBe('Reset By Support 1');
});
