import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { guardedLogIn } from '../../lambda/ledger/guarded-log-in.ts';
import { startProcess } from '../world/fate.ts';
import { announced } from '../world/judge.ts';
import {
  createWorld,
  FIRST_PASSWORD,
  MINUTE_MS,
  SECRET_ARN,
  secretValue,
  USERNAME,
  type World,
} from '../world/world.ts';

/**
 * The shortest bad history of each rule of the protocol ("Why these rules" in docs/design.md).
 * `npm run mutants` takes each rule out of the code and sees these tests fail.
 */

/** A rotation whose answer was sealed and whose process died before anything was stored. */
async function receivedAndKilled(): Promise<{ world: World; token: string }> {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  // The put never arrives, the journal is written meanwhile, then the process dies.
  let puts = 0;
  world.plan.decide = ({ name }) => {
    if (name !== 'PutSecretValue') return 'ok';
    puts += 1;
    return puts === 1 ? 'failed-before' : 'killed-before';
  };
  expect(await world.step('createSecret', token)).toEqual({ outcome: 'killed' });
  expect(world.state().journal.state).toBe('received');
  world.plan.decide = () => 'ok';
  return { world, token };
}

test('never overwrites a newer password that an operator stored with a sealed one', async () => {
  const { world, token } = await receivedAndKilled();
  world.restoreByHand('Reset By Support 1');
  expect((await world.rotate({ token })).rotated).toBe(true);
  expect(world.currentPassword()).toBe('Reset By Support 1');
  expect(world.aws.orphans.size).toBe(1);
  expect(world.truth()).toMatchObject({ failures: 0, getNewPasswords: 1 });
});

test('tries a wrong stored password and the sealed one once each, and the live one becomes current', async () => {
  const { world, token } = await receivedAndKilled();
  world.aws.store(secretValue('A Guess 1').replace('emea', 'apac'));
  expect(await world.step('createSecret', token)).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.aws.currentValue()).toContain('apac');
  expect(world.truth().failures).toBe(1);
  expect(announced(world)).toEqual(['failed-log-in', 'rolled-forward']);
});

test('announces superseded once for each version when ThingSpace refuses both passwords, and sends no more', async () => {
  const { world, token } = await receivedAndKilled();
  world.platform.support.reset(USERNAME, 'Reset By Support 9');
  world.storeByHand('A Guess 1');
  for (let attempt = 0; attempt < 5; attempt += 1) {
    expect(await world.step('createSecret', token)).toMatchObject({
      error: { name: 'SupersededError' },
    });
  }
  expect(world.truth().failures).toBe(2);
  expect(announced(world).filter((event) => event === 'superseded')).toHaveLength(1);
  expect(world.aws.stages.get('AWSPENDING')).toBeUndefined();

  world.storeByHand('Reset By Support 9');
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
});

test('does not try a refused sealed password again in another rotation', async () => {
  const { world } = await receivedAndKilled();
  world.platform.support.reset(USERNAME, 'Reset By Support 9');
  world.storeByHand('A Guess 1');
  for (let day = 0; day < 3; day += 1) {
    expect((await world.rotate()).failures.at(-1)).toMatchObject({ error: { name: 'SupersededError' } });
    world.advance(24 * 60 * MINUTE_MS);
  }
  expect(world.truth().failures).toBe(2);
  world.storeByHand('Reset By Support 9');
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.truth().failures).toBe(2);
});

test('rolls the sealed password forward after one log-in when an operator stores the dead one', async () => {
  const { world, token } = await receivedAndKilled();
  world.storeByHand(FIRST_PASSWORD);
  expect(await world.step('createSecret', token)).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth().failures).toBe(1);
});

test('keeps the replaced password when support has restored it and it logs in', async () => {
  const { world, token } = await receivedAndKilled();
  world.restoreByHand(FIRST_PASSWORD);
  expect(await appLogIn(world, FIRST_PASSWORD)).toBe('done');
  expect(await world.step('createSecret', token)).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth().failures).toBe(0);
});

test('finishes a sealed password by the next rotation, under its own token, without a second exchange', async () => {
  const { world } = await receivedAndKilled();
  const { rotated } = await world.rotate();
  expect(rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth().getNewPasswords).toBe(1);
  expect(announced(world)).toEqual(['rolled-forward']);
});

test('finishes by the recover event alone, and begins no exchange, when Secrets Manager has given up', async () => {
  const { world, token } = await receivedAndKilled();
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.aws.stages.get('AWSCURRENT')).toBe(token);
  expect(world.aws.stages.get('AWSPENDING')).toBe(token);
  expect(world.truth().getNewPasswords).toBe(1);
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.truth().getNewPasswords).toBe(1);
});

test('denies every log-in with the dead password while a sealed one waits', async () => {
  const { world } = await receivedAndKilled();
  await expect(appLogIn(world, FIRST_PASSWORD)).rejects.toMatchObject({ name: 'ReplacedPasswordError' });
  expect(world.truth().failures).toBe(0);
});

test('denies every log-in with a cached old password after a rotation', async () => {
  const world = createWorld();
  const oldVersion = world.aws.stages.get('AWSCURRENT') as string;
  await world.rotate();
  await expect(appLogIn(world, FIRST_PASSWORD, oldVersion)).rejects.toMatchObject({
    name: 'ReplacedPasswordError',
  });
  expect(world.truth().failures).toBe(0);
});

test('denies every other exchange and log-in while the invocation of an exchange may live', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'killed-before' : 'ok');
  await world.step('createSecret', token);
  world.plan.decide = () => 'ok';
  world.advance(20 * MINUTE_MS - 1_000);
  await expect(appLogIn(world, FIRST_PASSWORD)).rejects.toMatchObject({ name: 'ExchangeInProgressError' });
  world.advance(1_000);
  expect(await appLogIn(world, FIRST_PASSWORD)).toBe('done');
});

test('probes only after 20 minutes, when ThingSpace can no longer execute the last request', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'request-lost' : 'ok');
  expect(await world.step('createSecret', token)).toMatchObject({ error: { name: 'OutcomeUnknownError' } });
  world.plan.decide = () => 'ok';
  const logIns = world.truth().logIns;
  expect(await world.step('createSecret', token)).toMatchObject({ error: { name: 'OutcomeUnknownError' } });
  expect(world.truth().logIns).toBe(logIns);
  // The second attempt has waited 14 of the 20 minutes, as long as it may live; the third waits the rest.
  expect(await world.step('createSecret', token)).toEqual({ outcome: 'done' });
  expect(world.truth()).toMatchObject({ getNewPasswords: 1, failures: 0 });
  expect(world.currentPassword()).toBe(world.truth().password);
});

test('finds the password stored, not lost, when a process died before the journal’s write', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  let sealed = false;
  world.plan.decide = ({ name }) => {
    if (name === 'stdout') sealed = true;
    if (name === 'UpdateSecretVersionStage') return 'killed-after';
    return sealed && name === 'PutItem' ? 'failed-before' : 'ok';
  };
  await world.step('createSecret', token);
  world.plan.decide = () => 'ok';
  expect(world.state().journal.state).toBe('exchanging');
  world.advance(21 * MINUTE_MS);
  const oldVersion = world.aws.stages.get('AWSPREVIOUS') as string;
  expect(await appLogIn(world, FIRST_PASSWORD, oldVersion)).toBe('refused');
  expect(world.state().journal.state).toBe('exchanging');
  // Without the log, too: the function need not be allowed to read it.
  world.plan.decide = ({ name }) => (name === 'FilterLogEvents' ? 'failed-before' : 'ok');
  expect((await world.rotate({ token })).rotated).toBe(true);
  expect(world.state().journal.state).toBe('idle');
  expect(world.truth().getNewPasswords).toBe(1);
});

test('sends no request for a lost password until an operator restores the credential', async () => {
  const world = createWorld();
  await world.rotateMeeting('GetNewPassword', 'killed-after', { attempts: 2, backoffMs: 25 * MINUTE_MS });
  expect(world.state().journal.state).toBe('lost');
  expect(announced(world).filter((event) => event === 'password-lost')).toHaveLength(1);
  const before = world.truth();
  for (let day = 0; day < 10; day += 1) {
    world.advance(24 * 60 * MINUTE_MS);
    expect(await world.recover()).toMatchObject({ error: { name: 'CredentialLostError' } });
    await world.rotate();
  }
  expect(world.truth()).toEqual(before);

  world.restoreByHand('Reset By Support 2');
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
});

test('keeps an overtaken envelope, and adopts it while the password it replaced is current', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  // Its owner hangs with the received answer until another invocation has written the exchange off.
  const [reached, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  world.gate.before = async (name) => {
    if (name !== 'PutSecretValue') return;
    reached.resolve();
    await letGo.promise;
  };
  world.plan.decide = ({ name }) => (name === 'PutSecretValue' ? 'failed-before' : 'ok');
  const slow = world.step('createSecret', token);
  await reached.promise;
  const attempt = world.writeOff();
  world.gate.before = undefined;
  letGo.resolve();
  await slow;
  expect([...world.aws.orphans.keys()]).toEqual([`fleet-api ${attempt}`]);

  world.plan.decide = () => 'ok';
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
});

test('asks for no exchange with too little time left, and the error says so', async () => {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  const event = world.eventOf('createSecret', token);
  expect(await world.invoke(event, 12_000)).toMatchObject({ error: { name: 'NotEnoughTimeError' } });
  expect(world.truth().logIns).toBe(0);
});

test('tries the sealing key before ThingSpace, so an unusable key costs no log-in', async () => {
  const world = createWorld();
  world.plan.decide = ({ name }) => (name === 'GenerateDataKey' ? 'failed-before' : 'ok');
  await world.rotate({ attempts: 1 });
  expect(world.truth().logIns).toBe(0);
});

test('makes two AWS calls, without a log-in or the journal between them, from receipt to AWSCURRENT', async () => {
  const world = createWorld();
  await world.rotate();
  const names = world.calls.map(({ name }) => name);
  const received = names.indexOf('GetNewPassword');
  expect(names.slice(received, received + 5)).toEqual([
    'GetNewPassword',
    'stdout',
    'PutSecretValue',
    'PutItem', // the journal, at the same time
    'UpdateSecretVersionStage',
  ]);
});

async function appLogIn(world: World, password: string, versionId?: string): Promise<string> {
  const current = versionId ?? (world.aws.stages.get('AWSCURRENT') as string);
  const outcome = await guardedLogIn(
    world.wireUp(startProcess()),
    { secretArn: SECRET_ARN, versionId: current, username: USERNAME, password },
    { actor: 'an app', purpose: 'log-in', share: 'app' },
    world.clock.nowMs() + MINUTE_MS,
  );
  return outcome.outcome;
}
