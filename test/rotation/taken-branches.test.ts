import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { holdsInForce } from '../../lambda/ledger/holds.ts';
import { PLACEHOLDER } from '../../lambda/secret/credential.ts';
import { announced } from '../world/judge.ts';
import { endsUnknown, startService } from '../world/service.ts';
import { createWorld, FIRST_PASSWORD, MINUTE_MS, SECRET_ARN, USERNAME } from '../world/world.ts';

/** A history for each branch of the rotation that could be taken out while all other tests passed. */

describe('The hold', () => {
  test('keeps the hold of one credential when another one recovers', async () => {
    const service = startService();
    await endsUnknown(service);
    expect(await service.second.recover()).toEqual({ outcome: 'done' });
    expect(holdsInForce(service.holds())).toHaveLength(1);
  });

  test.each(['a check', 'a rotation'])(
    'publishes the end of the holds again after SNS failed, by %s',
    async (by) => {
      const service = startService();
      const { first, second } = service;
      await endsUnknown(service);
      await second.rotate({ attempts: 1, backoffMs: 0 });
      first.advance(25 * MINUTE_MS);
      first.plan.decide = ({ name }) => (name === 'Publish' ? 'failed-before' : 'ok');
      await first.recover();
      expect(service.told()).not.toContain('exchanges-resume');
      first.plan.decide = () => 'ok';
      if (by === 'a check') await first.recover();
      else await second.rotate({ attempts: 1 });
      expect(service.told().filter((event) => event === 'exchanges-resume')).toHaveLength(1);
    },
  );
});

describe('Recovery', () => {
  test('begins no exchange while one of the secret’s former username is open', async () => {
    const world = createWorld();
    await world.rotateMeeting('GetNewPassword', 'request-lost');
    world.aws.store(JSON.stringify({ username: 'Another-Api', password: 'Another 1' }));
    const { logIns } = world.truth();
    expect(await world.recover()).toMatchObject({ error: { name: 'UsernameChangedError' } });
    expect((await world.rotate({ attempts: 1 })).failures).toMatchObject([
      { error: { name: 'UsernameChangedError' } },
    ]);
    expect(world.truth().logIns).toBe(logIns);
  });

  test('puts the whole last good version back when the secret holds no credential', async () => {
    const world = createWorld();
    await world.rotate();
    const rotated = world.aws.currentValue();
    world.aws.store('not JSON');
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.aws.currentValue()).toBe(rotated);
    expect(announced(world)).toContain('put-back');
  });

  test('puts the last good password back when the current one was refused for certain', async () => {
    const world = createWorld();
    await world.rotate();
    world.storeByHand('A Guess 1');
    expect((await world.rotate()).rotated).toBe(true);
    expect(announced(world)).toContain('put-back');
    expect(world.truth().failures).toBe(1);
    expect(world.currentPassword()).toBe(world.truth().password);
  });

  test('tries a replaced password that an operator stored again, as support may have restored it', async () => {
    const world = createWorld();
    await world.rotate();
    world.advance(60 * MINUTE_MS);
    world.restoreByHand(FIRST_PASSWORD);
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.currentPassword()).toBe(FIRST_PASSWORD);
    expect(world.truth().failures).toBe(1);
  });
});

/** The new password is current and in the journal, and the process died before it was tested. */
async function committed() {
  const world = createWorld();
  world.plan.decide = ({ name }) => {
    const isTest = name === 'DescribeSecret' && world.state().journal.state === 'committed';
    return isTest ? 'killed-before' : 'ok';
  };
  const { token } = await world.rotate({ attempts: 1 });
  expect(world.state().journal.state).toBe('committed');
  world.plan.decide = () => 'ok';
  return { world, token };
}

describe('A retry of a rotation whose new password is current', () => {
  test('ends with the version that an operator stored meanwhile when that logs in', async () => {
    const { world, token } = await committed();
    world.restoreByHand('Reset By Support 1');
    expect((await world.rotate({ token })).rotated).toBe(true);
    expect(world.currentPassword()).toBe('Reset By Support 1');
    expect(world.state().journal.state).toBe('idle');
    expect(world.truth().failures).toBe(0);
  });

  test('puts the new password back when the version that an operator stored is refused', async () => {
    const { world, token } = await committed();
    world.storeByHand('A Guess 1');
    expect((await world.rotate({ token })).rotated).toBe(true);
    expect(world.currentPassword()).toBe(world.truth().password);
    expect(world.truth().failures).toBe(1);
  });
});

test('stores a sealed password as the version that Secrets Manager has pending, by a check', async () => {
  const world = createWorld();
  await world.rotateMeeting('PutSecretValue', 'killed-before');
  const next = randomUUID();
  world.aws.stage(next);
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.aws.stages.get('AWSCURRENT')).toBe(next);
  expect(world.currentPassword()).toBe(world.truth().password);
});

test('rejects a late step of a finished rotation when an operator has stored another version since', async () => {
  const world = createWorld();
  const { token } = await world.rotate();
  world.storeByHand('Not Asked 1');
  const { logIns } = world.truth();
  expect(await world.step('testSecret', token)).toMatchObject({ error: { name: 'StaleRotationError' } });
  expect(world.truth().logIns).toBe(logIns);
});

test('puts the last good version back when an operator stored the placeholder over it', async () => {
  const world = createWorld();
  await world.rotate();
  const rotated = world.aws.currentValue();
  world.aws.store(JSON.stringify(PLACEHOLDER));
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.aws.currentValue()).toBe(rotated);
});

test('presents a refused password once when the last good version holds the same one', async () => {
  const world = createWorld();
  await world.rotate();
  const password = world.currentPassword() as string;
  world.platform.support.reset(USERNAME, 'Reset By Support 1');
  world.storeByHand(password);
  const { failures } = await world.rotate();
  expect(failures.at(-1)).toMatchObject({ error: { name: 'StoredPasswordRefusedError' } });
  expect(world.truth().failures).toBe(1);
});

describe('The daily check', () => {
  test('spends no log-in without a trouble', async () => {
    const world = createWorld();
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.truth().logIns).toBe(0);
  });

  test('measures the age of the password', async () => {
    const world = createWorld();
    world.advance(3 * 24 * 60 * MINUTE_MS);
    await world.recover();
    expect(world.told).toContain(`PasswordAgeDays ${USERNAME.toLowerCase()} 3`);
  });

  test('leaves AWSPENDING on a version without a value, because a rotation has begun', async () => {
    const world = createWorld();
    const token = randomUUID();
    world.aws.stage(token);
    expect(await world.recover()).toEqual({ outcome: 'done' });
    expect(world.aws.stages.get('AWSPENDING')).toBe(token);
  });
});

test('holds the others as unknown while the owner of an exchange may be dead', async () => {
  const service = startService();
  const { first } = service;
  first.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'killed-after' : 'ok');
  await first.rotate({ attempts: 1 });
  first.plan.decide = ({ name }) => (name === 'FilterLogEvents' ? 'failed-before' : 'ok');
  await first.recover();
  expect(holdsInForce(service.holds())).toMatchObject([{ why: 'unknown', secretArn: SECRET_ARN }]);
});
