import { describe, expect, test } from 'vitest';
import { beginPause, resume } from '../../lambda/ledger/pause.ts';
import { startProcess } from '../world/fate.ts';
import { announced, mustHold } from '../world/judge.ts';
import { createWorld, type Ended, MINUTE_MS, SECRET_ARN, USERNAME, type World } from '../world/world.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const errorOf = (ended: Ended | undefined): Error | undefined =>
  ended && 'error' in ended ? ended.error : undefined;
const contacts = (world: World) => world.truth().logIns + world.truth().getNewPasswords;
const said = (world: World, event: string) => announced(world).filter((one) => one === event).length;

const pause = (world: World, days = 3) =>
  world.changeByHand((state, now) =>
    beginPause(state, { until: now + days * DAY_MS, actor: 'ann', reason: 'CHG-4711' }, now),
  );

/** A credential whose next rotation is due in an hour, and that is paused for three days. */
async function beforeDue(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const world = createWorld(options);
  await world.rotate();
  world.aws.published.length = 0;
  world.advance(90 * DAY_MS);
  pause(world);
  world.advance(HOUR_MS);
  return world;
}

async function days(world: World, count: number): Promise<void> {
  for (let day = 0; day < count; day += 1) {
    world.advance(DAY_MS);
    await world.recover();
  }
}

describe('A paused rotation', () => {
  test('begins no exchange, makes no log-in, and is not announced however often it is tried', async () => {
    const world = await beforeDue();
    const before = contacts(world);
    const { failures } = await world.rotate();
    expect(failures.map((ended) => errorOf(ended)?.name)).toEqual(Array(4).fill('RotationPausedError'));
    await days(world, 2);
    expect(contacts(world)).toBe(before);
    expect(announced(world)).toEqual([]);
    expect(world.state().trouble).toBeUndefined();
    expect(world.state().owed).toBeDefined();
    mustHold(world, 'paused');
  });

  test('keeps no other log-in back', async () => {
    const world = await beforeDue();
    expect(await world.trial()).toBe('done');
    expect(world.state().owed).toBeUndefined();
  });

  test('is not announced when one of its tries failed for another reason', async () => {
    const world = await beforeDue();
    await world.rotateMeeting('GenerateDataKey', 'failed-before', { attempts: 2 });
    expect(world.state().trouble?.kind).toBe('rotation-failing');
    await days(world, 4);
    expect(announced(world)).toEqual(['pause-over', 'password-rotated']);
    mustHold(world, 'a try failed');
  });

  test('leaves the messages of a rotation that had failed before the pause', async () => {
    const world = createWorld();
    await world.rotate();
    world.advance(90 * DAY_MS);
    await world.rotateMeeting('LogIn', 'failed-before', { attempts: 4 });
    await days(world, 2);
    const before = said(world, 'standing-trouble');
    expect(before).toBeGreaterThan(0);
    pause(world);
    await days(world, 2);
    expect(said(world, 'standing-trouble')).toBe(before + 2);
    await days(world, 2);
    expect(said(world, 'trouble-over')).toBe(1);
  });

  test('is started by the first check after the end, with one message of the end', async () => {
    const world = await beforeDue();
    await world.rotate();
    await days(world, 4);
    expect(announced(world)).toEqual(['pause-over', 'password-rotated']);
    expect(world.aws.published[0]).toMatchObject({ owed: true, reason: 'CHG-4711' });
    expect(world.state().owed).toBeUndefined();
    await days(world, 3);
    expect(announced(world)).toEqual(['pause-over', 'password-rotated']);
    mustHold(world, 'after a pause');
  });

  test('counts as overdue a day after the end of the pause, and not before', async () => {
    const world = await beforeDue();
    await world.rotate();
    world.plan.decide = ({ name }) => (name === 'RotateSecret' ? 'failed-before' : 'ok');
    await days(world, 6);
    const overdue = world.told.flatMap((line) => {
      const [, value] = /^DaysOverdue \S+ (.*)$/.exec(line) ?? [];
      return value === undefined ? [] : [Number(value) > 0];
    });
    expect(overdue).toEqual([false, false, false, true, true, true]);
  });

  test('waits when its exchange would begin, after a log-in that was under way at the pause', async () => {
    const world = createWorld();
    await world.rotate();
    world.advance(90 * DAY_MS);
    const { getNewPasswords } = world.truth();
    world.gate.before = async (name) => {
      if (name !== 'LogIn') return;
      world.gate.before = undefined;
      pause(world);
    };
    const { failures } = await world.rotate({ attempts: 1 });
    expect(errorOf(failures[0])?.name).toBe('RotationPausedError');
    expect(world.truth().getNewPasswords).toBe(getNewPasswords);
    expect(world.calls.at(-1)?.name).toBe('LogOut');
    expect(world.state().failed).toBe(0);
  });

  test('finishes when its exchange was under way at the pause', async () => {
    const world = createWorld();
    await world.rotate();
    world.advance(90 * DAY_MS);
    world.gate.before = async (name) => {
      if (name !== 'GetNewPassword') return;
      world.gate.before = undefined;
      pause(world);
    };
    expect((await world.rotate()).rotated).toBe(true);
    expect(world.state().owed).toBeUndefined();
  });

  test('is rolled forward during the pause when its password was received', async () => {
    const world = createWorld();
    await world.rotate();
    world.advance(90 * DAY_MS);
    await world.rotateMeeting('PutSecretValue', 'killed-before');
    pause(world);
    world.advance(25 * MINUTE_MS);
    await world.recover();
    expect(world.currentPassword()).toBe(world.truth().password);
    expect(announced(world)).toContain('rolled-forward');
  });

  test('is rotated at once when an operator ends the pause', async () => {
    const world = await beforeDue();
    await world.rotate();
    world.changeByHand((state, now) =>
      resume(state, { username: USERNAME, secretArn: SECRET_ARN }, { by: 'ben' }, now),
    );
    expect((await world.rotate()).rotated).toBe(true);
    await days(world, 4);
    expect(announced(world).sort()).toEqual(['password-rotated', 'pause-over']);
  });

  test('keeps its pause when the secret gets another username', async () => {
    const world = await beforeDue();
    world.aws.store(world.valueWith('Another 1', 'Somebody-Else'));
    const { failures } = await world.rotate({ attempts: 1 });
    expect(errorOf(failures[0])?.name).toBe('RotationPausedError');
  });

  test('keeps its pause when the other username had one that is over', async () => {
    const world = await beforeDue();
    const { ledger } = world.wireUp(startProcess());
    await ledger.change('Somebody-Else', Number.POSITIVE_INFINITY, (state, now) => {
      beginPause(state, { until: now - DAY_MS, actor: 'ben', reason: 'of last month' }, now - 2 * DAY_MS);
    });
    world.aws.store(world.valueWith('Another 1', 'Somebody-Else'));
    const { failures } = await world.rotate({ attempts: 1 });
    expect(errorOf(failures[0])?.name).toBe('RotationPausedError');
  });

  test.each(['before a check', 'after a check'] as const)(
    'is started after the end when the secret gets another username %s, and no rotation comes then',
    async (when) => {
      const world = await beforeDue();
      await world.rotate();
      // A new schedule has its test take AWSPENDING off.
      world.aws.stage('schedule-test-1-000000000000000000');
      world.aws.unstage('schedule-test-1-000000000000000000');
      if (when === 'after a check') await days(world, 1);
      world.aws.store(world.valueWith('Another 1', 'Somebody-Else'));
      await days(world, 4);
      expect(announced(world)).toContain('pause-over');
      expect(world.aws.published.find(({ event }) => event === 'pause-over')).toMatchObject({ owed: true });
      expect(world.calls.some(({ name }) => name === 'RotateSecret')).toBe(true);
      expect(world.state().pause, 'of the former username').toBeUndefined();
      expect(world.state().owed).toBeUndefined();
    },
  );
});

describe('The end of a pause', () => {
  test('tells of a rotation whose process died while no check ran', async () => {
    const world = await beforeDue();
    world.plan.decide = () => 'killed-before';
    await world.rotate({ attempts: 1 });
    world.plan.decide = () => 'ok';
    world.advance(4 * DAY_MS);
    await world.recover();
    expect(announced(world)).toEqual(['pause-over', 'password-rotated']);
    expect(world.aws.published[0]).toMatchObject({ owed: true });
  });

  test('is announced when SNS is there again', async () => {
    const world = await beforeDue();
    world.plan.decide = ({ name }) => (name === 'Publish' ? 'failed-before' : 'ok');
    await days(world, 4);
    expect(announced(world)).toEqual([]);
    world.plan.decide = () => 'ok';
    await days(world, 1);
    expect(announced(world)).toEqual(['pause-over']);
  });

  test('starts a rotation whose AWSPENDING a change of the schedule has taken off', async () => {
    const world = await beforeDue();
    await world.rotate();
    world.aws.stage('schedule-test-1-000000000000000000');
    world.aws.unstage('schedule-test-1-000000000000000000');
    await days(world, 4);
    expect(announced(world)).toEqual(['pause-over', 'password-rotated']);
  });

  test('starts no rotation while the rotation is off', async () => {
    const world = await beforeDue();
    await world.rotate();
    world.aws.rotation.enabled = false;
    await days(world, 5);
    expect(world.calls.filter(({ name }) => name === 'RotateSecret')).toEqual([]);
    world.aws.rotation.enabled = true;
    await days(world, 1);
    expect(said(world, 'password-rotated')).toBe(1);
  });

  test('is followed by the messages of a failed rotation when the rotation fails then', async () => {
    const world = await beforeDue();
    await world.rotate();
    await days(world, 2);
    world.plan.decide = ({ name }) => (name === 'LogIn' ? 'failed-before' : 'ok');
    await days(world, 3);
    expect(world.state().trouble?.kind).toBe('rotation-failing');
    expect(said(world, 'standing-trouble')).toBeGreaterThanOrEqual(2);
    world.plan.decide = () => 'ok';
    await days(world, 1);
    expect(said(world, 'password-rotated')).toBe(1);
    expect(said(world, 'trouble-over')).toBe(1);
  });
});
