import { describe, expect, test } from 'vitest';
import type { AlarmEvent, StandingTrouble } from '../../lambda/alarms/event.ts';
import type { Plan } from '../world/fate.ts';
import { lockedByOthers } from '../world/standing-causes.ts';
import { createWorld, MINUTE_MS, USERNAME, type World } from '../world/world.ts';

const DAY_MS = 24 * 60 * MINUTE_MS;

/** A day passes, and its check comes. Returns what was announced in it. */
async function nextDay(world: World): Promise<AlarmEvent[]> {
  const before = world.aws.published.length;
  world.advance(DAY_MS);
  await world.recover();
  return world.aws.published.slice(before);
}

const kindsIn = (events: readonly AlarmEvent[]): string[] =>
  events.map((event) => ('trouble' in event ? `${event.event} ${event.trouble}` : event.event));

/** One healthy rotation, so that the password has worked before. */
async function wellRotated(): Promise<World> {
  const world = createWorld();
  await world.rotate();
  world.advance(90 * DAY_MS);
  return world;
}

const failingAt =
  (call: string, fate: 'failed-before' | 'request-lost'): Plan =>
  ({ name }) =>
    name === call ? fate : 'ok';

/** A rotation of so many tries that fails, then a check a day. Returns the kinds of each day. */
async function failThenCheck(world: World, tries: number, days: number): Promise<string[][]> {
  await world.rotate({ attempts: tries });
  const said: string[][] = [];
  for (let day = 0; day < days; day += 1) said.push(kindsIn(await nextDay(world)));
  return said;
}

describe('A trouble that lasts', () => {
  test('is not ended by the daily check while two unanswered log-ins keep the guard closed', async () => {
    const world = await wellRotated();
    world.plan.decide = failingAt('LogIn', 'request-lost');
    await world.rotate({ attempts: 2, backoffMs: 2 * MINUTE_MS });
    world.plan.decide = () => 'ok';
    for (let quarter = 0; quarter < 4; quarter += 1) {
      world.advance(DAY_MS);
      await world.rotate({ attempts: 1 });
      for (let day = 0; day < 3; day += 1) {
        expect(kindsIn(await nextDay(world)), `quarter ${quarter}, day ${day}`).toEqual([
          'standing-trouble guard-closed',
        ]);
      }
    }
    expect(world.violations).toEqual([]);
  });

  test('is not ended while a username is locked and the refusal has no listed code', async () => {
    const world = await wellRotated();
    lockedByOthers(world);
    const days = await failThenCheck(world, 4, 5);
    expect(new Set(days.flat())).toEqual(
      new Set(['failed-log-in', 'standing-trouble stored-password-refused']),
    );
    for (const day of days) expect(day.at(-1)).toBe('standing-trouble stored-password-refused');
  });

  test('is announced when the rotation failed because the secret could not be read', async () => {
    const world = await wellRotated();
    await world.rotateMeeting('GetSecretValue', 'failed-before');
    for (let day = 0; day < 3; day += 1) {
      expect(kindsIn(await nextDay(world))).toEqual(['standing-trouble rotation-failing']);
    }
    expect((await world.rotate()).rotated).toBe(true);
    expect(kindsIn(world.aws.published.slice(-2))).toEqual([
      'trouble-over rotation-failing',
      'password-rotated',
    ]);
  });

  test('is announced when every invocation of a rotation was killed, from the second check on', async () => {
    const world = await wellRotated();
    world.plan.decide = ({ name }) => (name === 'GenerateDataKey' ? 'killed-before' : 'ok');
    const days = await failThenCheck(world, 2, 3);
    expect(days).toEqual([[], ['standing-trouble rotation-failing'], ['standing-trouble rotation-failing']]);
  });
});

describe('The end of a trouble', () => {
  test('is announced by the rotation that finishes after others have failed', async () => {
    const world = await wellRotated();
    world.plan.decide = failingAt('LogIn', 'failed-before');
    await failThenCheck(world, 1, 1);
    world.plan.decide = () => 'ok';
    const before = world.aws.published.length;
    expect((await world.rotate()).rotated).toBe(true);
    expect(kindsIn(world.aws.published.slice(before))).toEqual([
      'trouble-over rotation-failing',
      'password-rotated',
    ]);
    expect(await nextDay(world)).toEqual([]);
  });

  test('needs a log-in that was reserved after the trouble was last met', async () => {
    const world = await wellRotated();
    lockedByOthers(world);
    await failThenCheck(world, 1, 1);
    world.platform.support.unlock(USERNAME);
    const logIns = world.truth().logIns;
    expect(kindsIn(await nextDay(world))).toEqual(['standing-trouble stored-password-refused']);
    expect(world.truth().logIns).toBe(logIns);
    expect(await world.trial()).toBe('done');
    expect(kindsIn(await nextDay(world))).toEqual(['trouble-over stored-password-refused']);
  });

  test('is followed by a new announcement when the same trouble begins again', async () => {
    const world = await wellRotated();
    for (const round of [1, 2]) {
      world.plan.decide = failingAt('LogIn', 'request-lost');
      await world.rotate({ attempts: 2, backoffMs: 2 * MINUTE_MS });
      world.plan.decide = () => 'ok';
      world.advance(DAY_MS);
      const before = world.aws.published.length;
      await world.rotate({ attempts: 1 });
      expect(kindsIn(world.aws.published.slice(before)), `round ${round}`).toEqual(['guard-closed']);
      expect(await world.trial()).toBe('done');
      expect(kindsIn(await nextDay(world))).toEqual(['trouble-over guard-closed']);
    }
  });

  test('is not announced for a check that failed once', async () => {
    const world = await wellRotated();
    world.plan.decide = failingAt('DescribeSecret', 'failed-before');
    await nextDay(world);
    world.plan.decide = () => 'ok';
    expect(await nextDay(world)).toEqual([]);
    expect(world.state().trouble).toBeUndefined();
  });
});

test('The message names the error of the last step and since when', async () => {
  const world = await wellRotated();
  world.plan.decide = failingAt('LogIn', 'failed-before');
  const since = world.clock.nowMs();
  await world.rotate({ attempts: 1 });
  const [told] = (await nextDay(world)) as StandingTrouble[];
  expect(told).toMatchObject({ errorName: 'ThingSpaceUnreachableError', days: 1 });
  expect(told?.since).toBeGreaterThanOrEqual(since);
});
