import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { LedgerUnavailableError, LockoutGuardError } from '../../lambda/ledger/errors.ts';
import { guardedLogIn } from '../../lambda/ledger/guarded-log-in.ts';
import type { Services } from '../../lambda/rotation/context.ts';
import { PasswordRefusedError } from '../../lambda/rotation/errors.ts';
import { perform } from '../../lambda/rotation/steps.ts';
import { createWire, startProcess } from '../world/fate.ts';
import { createAws } from '../world/memory-aws.ts';
import { createSecret } from '../world/memory-secrets.ts';
import {
  createWorld,
  type Ended,
  FIRST_PASSWORD,
  MINUTE_MS,
  SECRET_ARN,
  USERNAME,
  type World,
} from '../world/world.ts';

const errorOf = (ended: Ended): Error => {
  if (ended.outcome !== 'failed') throw new Error(`it ended ${ended.outcome}`);
  return ended.error;
};
const announced = (world: World) => world.aws.published.map(({ event }) => event);

/** An app that logs in with the given version. */
function appLogIn(
  world: World,
  versionId: string,
  password: string,
  username = USERNAME,
  secretArn = SECRET_ARN,
) {
  return guardedLogIn(
    world.wireUp(startProcess()),
    { secretArn, versionId, username, password },
    { actor: 'an app', purpose: 'log-in', share: 'app' },
    world.clock.nowMs() + MINUTE_MS,
  );
}

test('costs one failed log-in, one alarm, and a daily reminder for a wrong stored password', async () => {
  const world = createWorld();
  world.storeByHand('Mistyped 1');
  const failures: Error[] = [];
  for (let rotation = 0; rotation < 10; rotation += 1) {
    const { rotated, failures: ended } = await world.rotate({ backoffMs: rotation * 10 * MINUTE_MS });
    expect(rotated).toBe(false);
    failures.push(...ended.map(errorOf));
  }
  expect(world.truth()).toMatchObject({ logIns: 1, failures: 1, getNewPasswords: 0, consecutiveFailures: 1 });
  // Ten rotations take more than a day: an operator's task is announced again, but no log-in is tried again.
  expect(announced(world)).toEqual(['failed-log-in', 'standing-trouble']);
  expect(failures).toHaveLength(40);
  expect(failures[0]).toBeInstanceOf(PasswordRefusedError);
  for (const failure of failures.slice(1)) {
    expect(failure).toMatchObject({ name: 'StoredPasswordRefusedError' });
    expect(failure.message).toMatch(/does not work.*Store a working password.*npm run cli -- store/);
  }
  expect(world.violations).toEqual([]);

  world.storeByHand(FIRST_PASSWORD);
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.state().failed).toBe(0);
});

test.each(['GetItem', 'PutItem'])(
  'makes no log-in attempt with DynamoDB down (%s), and the retry continues when it is back',
  async (down) => {
    const world = createWorld();
    const token = randomUUID();
    world.plan.decide = ({ name }) => (name === down ? 'failed-before' : 'ok');
    const { failures } = await world.rotate({ token });
    for (const failure of failures.map(errorOf)) {
      expect(failure).toBeInstanceOf(LedgerUnavailableError);
      expect(failure.message).toMatch(/DynamoDB\).*no password is presented.*retry continues/s);
    }
    expect(world.truth()).toMatchObject({ logIns: 0, getNewPasswords: 0 });
    world.plan.decide = () => 'ok';
    expect((await world.rotate({ token })).rotated).toBe(true);
  },
);

test('makes the received password current when DynamoDB goes down after the exchange began', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) =>
    world.truth().getNewPasswords > 0 && /^(GetItem|PutItem)/.test(name) ? 'failed-before' : 'ok';
  const { rotated } = await world.rotate({ attempts: 1 });
  expect(rotated).toBe(false);
  expect(world.currentPassword()).toBe(world.truth().password);
  world.plan.decide = () => 'ok';
  world.advance(MINUTE_MS);
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.violations).toEqual([]);
});

/** The same function for a second secret, whose value spells the username in capitals. */
function secondSecret(world: World, password: string) {
  const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:fleet-second-XyZuVw';
  const aws = createAws(world.clock.nowMs, createSecret({ nowMs: world.clock.nowMs, secretArn: arn }));
  const wire = createWire({ decide: () => 'ok' }, {}, () => {});
  const versionId = aws.store(JSON.stringify({ username: USERNAME.toUpperCase(), password }));
  const step = async (Step: string, token: string) => {
    aws.stage(token);
    const process = startProcess();
    const services: Services = { ...world.wireUp(process), store: aws.api(wire, process) };
    const event = { Step, SecretId: arn, ClientRequestToken: token };
    return perform(services, event, 15 * MINUTE_MS).catch((error: Error) => error);
  };
  return { arn, versionId, step };
}

test('shares the budget between two secrets whose usernames differ in letter case only', async () => {
  const world = createWorld();
  const second = secondSecret(world, 'Wrong 2');
  await appLogIn(world, 'v-a', 'Wrong 1');
  await appLogIn(world, second.versionId, 'Wrong 2', USERNAME.toUpperCase(), second.arn);
  expect(world.state().failed).toBe(2);
  expect(world.truth().consecutiveFailures).toBe(2);
  await appLogIn(world, 'v-b', 'Wrong 3');
  await expect(appLogIn(world, 'v-c', 'Wrong 4', USERNAME.toUpperCase(), second.arn)).rejects.toThrow(
    LockoutGuardError,
  );
  expect(world.truth()).toMatchObject({ consecutiveFailures: 3, locked: false });
});

test('rotates a username by its first secret only, and advises the other one', async () => {
  const world = createWorld();
  expect((await world.rotate()).rotated).toBe(true);
  const second = secondSecret(world, world.truth().password);
  const failure = await second.step('createSecret', randomUUID());
  expect(failure).toMatchObject({ name: 'SharedUsernameError' });
  expect((failure as Error).message).toMatch(/rotated by the secret .*fleet-AbCdEf; .*Turn rotation off/s);
  expect(world.truth().getNewPasswords).toBe(1);
  expect((await world.rotate()).rotated).toBe(true);
});

test('frees the budget by a success, but counts a failure that ended after it', async () => {
  const world = createWorld();
  const current = world.aws.stages.get('AWSCURRENT') as string;
  await appLogIn(world, 'v-a', 'Wrong 1');
  expect(world.state().failed).toBe(1);

  const reached = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  world.gate.before = async (name) => {
    if (name !== 'LogIn') return;
    delete world.gate.before;
    reached.resolve();
    await letGo.promise;
  };
  const slow = appLogIn(world, 'v-b', 'Wrong 2');
  await reached.promise;
  expect((await appLogIn(world, current, FIRST_PASSWORD)).outcome).toBe('done');
  expect(world.state().failed).toBe(0);
  letGo.resolve();
  expect((await slow).outcome).toBe('refused');
  expect(world.state()).toMatchObject({ failed: 1, inFlight: {} });
  expect(world.truth().consecutiveFailures).toBe(1);
  expect(world.violations).toEqual([]);
});
