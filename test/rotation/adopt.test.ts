import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { adopt } from '../../lambda/ledger/journal.ts';
import { startProcess } from '../world/fate.ts';
import { createWorld, FIRST_PASSWORD, MINUTE_MS, secretValue, USERNAME, type World } from '../world/world.ts';

/**
 * A username's secret was deleted and created anew, or the username was moved to another secret: the ledger
 * knows the old ARN, and `adopt` is the one command that helps.
 */
const ANOTHER_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:fleet-QrStUv';

/** Changes the ledger as `npm run cli -- adopt` does. */
function adoptByHand(world: World): Promise<boolean> {
  const { ledger } = world.wireUp(startProcess());
  return ledger.change(USERNAME, world.clock.nowMs() + MINUTE_MS, (state, now) =>
    adopt(state, ANOTHER_ARN, now),
  );
}

test('rejects a recreated secret with the command that adopts it, and rotates after that', async () => {
  const world = createWorld();
  await world.rotate();
  world.aws.recreate(ANOTHER_ARN, world.aws.currentValue() ?? '');
  const { logIns } = world.truth();

  const { failures } = await world.rotate();
  expect(failures.at(-1)).toMatchObject({
    error: { name: 'SharedUsernameError', message: expect.stringContaining('npm run cli -- adopt') },
  });
  expect(world.truth().logIns).toBe(logIns);

  expect(await adoptByHand(world)).toBe(true);
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth()).toMatchObject({ getNewPasswords: 2, failures: 0 });
  expect(world.state().secretArn).toBe(ANOTHER_ARN);
});

test('makes a password that was sealed for the old secret current in the adopting one', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  world.plan.decide = ({ name }) => (name === 'PutSecretValue' ? 'killed-before' : 'ok');
  await world.step('createSecret', token);
  world.plan.decide = () => 'ok';
  world.advance(25 * MINUTE_MS);
  // The operator knows only the password before.
  world.aws.recreate(ANOTHER_ARN, secretValue(FIRST_PASSWORD));
  expect((await world.rotate()).failures.at(-1)).toMatchObject({ error: { name: 'SharedUsernameError' } });
  expect(await adoptByHand(world)).toBe(true);
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth().getNewPasswords).toBe(1);
  expect(world.violations).toEqual([]);
});
