import { describe, expect, test } from 'vitest';
import { type Calendar, closedBy } from '../../lambda/calendar.ts';
import { openCalendar } from '../../lambda/ledger/closed.ts';
import { beginPause } from '../../lambda/ledger/pause.ts';
import { announced, mustHold } from '../world/judge.ts';
import { createWorld, type Ended, MINUTE_MS, type World } from '../world/world.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const errorOf = (ended: Ended | undefined): Error | undefined =>
  ended && 'error' in ended ? ended.error : undefined;
const contacts = (world: World) => world.truth().logIns + world.truth().getNewPasswords;
const said = (world: World, event: string) => announced(world).filter((one) => one === event).length;

/** The checks run at 11:00. */
const WEEKEND: Calendar = {
  zone: 'UTC',
  window: { days: ['SAT', 'SUN'], from: '10:00', to: '14:00' },
  frozen: [],
};

/** A credential whose next rotation came due on a Monday at 11:00; the calendar opens on Saturday. */
async function due(calendar: Calendar = WEEKEND): Promise<World> {
  let closedUntil: ReturnType<typeof closedBy> = () => undefined;
  const world = createWorld({ closedUntil: (now) => closedUntil(now) });
  await world.rotate();
  world.aws.published.length = 0;
  world.advance(Date.UTC(2026, 3, 6, 11) - world.clock.nowMs());
  closedUntil = closedBy(calendar);
  return world;
}

async function days(world: World, count: number): Promise<void> {
  for (let day = 0; day < count; day += 1) {
    world.advance(DAY_MS);
    await world.recover();
  }
}

const overdue = (world: World) =>
  world.told.flatMap((line) => {
    const [, value] = /^DaysOverdue \S+ (.*)$/.exec(line) ?? [];
    return value === undefined ? [] : [Number(value) > 0];
  });

describe('A rotation while the calendar is closed', () => {
  test('begins no exchange, makes no log-in, and is not announced however often it is tried', async () => {
    const world = await due();
    const before = contacts(world);
    const { failures } = await world.rotate();
    expect(failures.map((ended) => errorOf(ended)?.name)).toEqual(Array(4).fill('RotationClosedError'));
    expect(errorOf(failures[0])?.message).toMatch(/until 2026-04-11T10:00:00\.000Z.*resume --secret/s);
    await days(world, 4);
    expect(contacts(world)).toBe(before);
    expect(announced(world)).toEqual([]);
    expect(world.state().trouble).toBeUndefined();
    expect(overdue(world)).not.toContain(true);
    mustHold(world, 'closed');
  });

  test('is started by the first check after the opening, and by no other', async () => {
    const world = await due();
    await world.rotate();
    await days(world, 5);
    expect(announced(world)).toEqual(['password-rotated']);
    expect(world.calls.filter(({ name }) => name === 'RotateSecret')).toHaveLength(1);
    await days(world, 7);
    expect(announced(world)).toEqual(['password-rotated']);
    expect(world.state().owed).toBeUndefined();
    mustHold(world, 'opened');
  });

  test('is started by the first check after the opening when its process died before it was refused', async () => {
    const world = await due();
    world.plan.decide = ({ name }) => (name === 'DescribeSecret' ? 'killed-after' : 'ok');
    await world.rotate({ attempts: 4 });
    world.plan.decide = () => 'ok';
    expect(world.state().owed).toBeUndefined();
    await days(world, 5);
    expect(announced(world)).toEqual(['password-rotated']);
  });

  test('is started although a change of the schedule has taken its AWSPENDING off', async () => {
    const world = await due();
    await world.rotate();
    world.aws.stage('schedule-test-1-000000000000000000');
    world.aws.unstage('schedule-test-1-000000000000000000');
    await days(world, 5);
    expect(announced(world)).toEqual(['password-rotated']);
  });

  test('keeps no other log-in back', async () => {
    expect(await (await due()).trial()).toBe('done');
  });

  test('waits when its exchange would begin after the closing', async () => {
    let isClosed = false;
    const world = createWorld({ closedUntil: (now) => (isClosed ? now + DAY_MS : undefined) });
    await world.rotate();
    world.advance(90 * DAY_MS);
    const { getNewPasswords } = world.truth();
    world.gate.before = async (name) => {
      if (name === 'LogIn') isClosed = true;
    };
    const { failures } = await world.rotate({ attempts: 1 });
    expect(errorOf(failures[0])?.name).toBe('RotationClosedError');
    expect(world.truth().getNewPasswords).toBe(getNewPasswords);
    expect(world.calls.at(-1)?.name).toBe('LogOut');
    expect(world.state().failed).toBe(0);
  });

  test('is rolled forward when its password was received before', async () => {
    let isClosed = false;
    const world = createWorld({ closedUntil: (now) => (isClosed ? now + 3 * DAY_MS : undefined) });
    await world.rotate();
    world.advance(90 * DAY_MS);
    await world.rotateMeeting('PutSecretValue', 'killed-before');
    isClosed = true;
    world.advance(25 * MINUTE_MS);
    await world.recover();
    expect(world.currentPassword()).toBe(world.truth().password);
    expect(announced(world)).toContain('rolled-forward');
  });

  test('begins for a day after an operator opened the calendar, and not later', async () => {
    const world = await due();
    await world.rotate({ attempts: 1 });
    world.changeByHand((state, now) => openCalendar(state, 'ann', now));
    world.advance(DAY_MS - HOUR_MS);
    expect((await world.rotate()).rotated).toBe(true);
    world.advance(HOUR_MS);
    const { failures } = await world.rotate({ attempts: 1 });
    expect(errorOf(failures[0])?.name).toBe('RotationClosedError');
  });

  test('waits for the opening after a pause that ended while it was closed', async () => {
    const world = await due();
    world.changeByHand((state, now) =>
      beginPause(state, { until: now + 3 * DAY_MS, actor: 'ann', reason: 'CHG-4711' }, now),
    );
    await world.rotate();
    await days(world, 4);
    expect(announced(world)).toEqual(['pause-over']);
    await days(world, 1);
    expect(announced(world)).toEqual(['pause-over', 'password-rotated']);
    expect(overdue(world)).not.toContain(true);
  });
});

describe('A rotation that fails while the calendar is open', () => {
  test('is announced on the next day, and started again at the next opening', async () => {
    const world = await due();
    await world.rotate();
    world.plan.decide = ({ name }) => (name === 'LogIn' ? 'failed-before' : 'ok');
    await days(world, 5);
    world.plan.decide = () => 'ok';
    world.advance(DAY_MS);
    await world.check();
    expect(said(world, 'standing-trouble')).toBeGreaterThan(0);
    await world.runStarted();
    expect(said(world, 'password-rotated')).toBe(1);
  });

  test('is announced also when the calendar closes before the next check', async () => {
    const world = await due({ ...WEEKEND, window: { days: ['MON'], from: '10:00', to: '14:00' } });
    await world.rotateMeeting('LogIn', 'failed-before', { attempts: 4 });
    await days(world, 2);
    expect(said(world, 'standing-trouble')).toBe(2);
    await days(world, 5);
    expect(said(world, 'password-rotated')).toBe(1);
    expect(said(world, 'trouble-over')).toBe(1);
  });

  test('counts as overdue from the day after the first opening since it was due', async () => {
    const world = await due();
    await world.rotate();
    world.plan.decide = ({ name }) => (name === 'RotateSecret' ? 'failed-before' : 'ok');
    await days(world, 8);
    expect(overdue(world)).toEqual([false, false, false, false, false, true, true, true]);
  });
});

test('The notice of a rotation that comes due while the calendar is closed says when it opens', async () => {
  const world = createWorld({ closedUntil: closedBy(WEEKEND) });
  world.changeByHand((state, now) => openCalendar(state, 'ann', now));
  await world.rotate();
  world.aws.published.length = 0;
  world.aws.rotation.next = { nextRotationAt: Date.UTC(2026, 0, 15, 4), window: '4h' };
  world.advance(4 * DAY_MS);
  await world.recover();
  expect(world.aws.published).toMatchObject([{ event: 'rotation-soon', opensAt: Date.UTC(2026, 0, 17, 10) }]);
});
