import { expect, it } from 'vitest';
import type { RotationSoon } from '../../lambda/alarms/event.ts';
import { beginPause, resume } from '../../lambda/ledger/pause.ts';
import { startProcess } from '../world/fate.ts';
import { createWorld, SECRET_ARN, USERNAME, type World } from '../world/world.ts';

const DAY_MS = 24 * 60 * 60_000;
const READERS = {
  listed: [{ principal: 'arn:aws:iam::111122223333:role/invoices', lastReadAt: Date.UTC(2025, 10, 5) }],
  more: 0,
  sinceMs: Date.UTC(2025, 9, 7),
};

/** A world that was rotated, and whose next scheduled rotation comes in so many days. */
async function dueIn(days: number): Promise<{ world: World; dueAt: number }> {
  const world = createWorld();
  await world.rotate();
  const dueAt = world.clock.nowMs() + days * DAY_MS;
  world.aws.rotation.next = { nextRotationAt: dueAt, window: '4h' };
  world.aws.trail.readers = READERS;
  return { world, dueAt };
}

const check = (world: World) => world.invoke({ Recover: SECRET_ARN });
const notices = (world: World): RotationSoon[] =>
  world.aws.published.flatMap((event) => (event.event === 'rotation-soon' ? [event] : []));

it('Days before a scheduled rotation one message gives its time and the secret’s readers', async () => {
  const { world, dueAt } = await dueIn(10);
  for (let day = 0; day < 9; day += 1) {
    await check(world);
    expect(notices(world)).toHaveLength(day < 3 ? 0 : 1);
    world.advance(DAY_MS);
  }
  expect(notices(world)).toMatchObject([{ dueAt, window: '4h', readers: READERS, secretArn: SECRET_ARN }]);
  expect(world.violations).toEqual([]);
});

it('The next due date has its own message, and a date that differs by minutes has none', async () => {
  const { world, dueAt } = await dueIn(5);
  await check(world);
  world.aws.rotation.next = { nextRotationAt: dueAt + 3_600_000, window: '4h' };
  await check(world);
  expect(notices(world)).toHaveLength(1);
  world.advance(5 * DAY_MS);
  await world.rotate();
  world.aws.rotation.next = { nextRotationAt: dueAt + 90 * DAY_MS, window: '4h' };
  await check(world);
  world.advance(84 * DAY_MS);
  await check(world);
  expect(notices(world).map((event) => event.dueAt)).toEqual([dueAt, dueAt + 90 * DAY_MS]);
});

it('No message comes where rotation is off, has no date, or is past', async () => {
  const changes: ((world: World) => void)[] = [
    ({ aws }) => {
      aws.rotation.enabled = false;
    },
    ({ aws }) => {
      delete aws.rotation.next;
    },
    ({ aws, clock }) => {
      aws.rotation.next = { nextRotationAt: clock.nowMs() - 1, window: '4h' };
    },
  ];
  for (const change of changes) {
    const { world } = await dueIn(5);
    change(world);
    await check(world);
    expect(notices(world)).toEqual([]);
  }
});

it('A pause over the due date keeps the notice back, until the pause has ended', async () => {
  const { world, dueAt } = await dueIn(5);
  const { ledger } = world.wireUp(startProcess());
  const pause = { until: dueAt + DAY_MS, actor: 'ann', reason: 'CHG-1' };
  await ledger.change(USERNAME, Number.POSITIVE_INFINITY, (state, now) => beginPause(state, pause, now));
  await check(world);
  expect(notices(world)).toEqual([]);
  const about = { username: USERNAME, secretArn: SECRET_ARN };
  await ledger.change(
    USERNAME,
    Number.POSITIVE_INFINITY,
    (state, now) => void resume(state, about, { by: 'ann' }, now),
  );
  await check(world);
  expect(notices(world)).toHaveLength(1);
});

it('No message gives a date that has moved while the readers were listed', async () => {
  const { world, dueAt } = await dueIn(5);
  world.gate.before = async (name) => {
    if (name === 'LookupEvents')
      world.aws.rotation.next = { nextRotationAt: dueAt + 90 * DAY_MS, window: '4h' };
  };
  await check(world);
  expect(notices(world)).toEqual([]);
  world.advance(90 * DAY_MS);
  await check(world);
  expect(notices(world)).toMatchObject([{ dueAt: dueAt + 90 * DAY_MS }]);
});

it('A notice comes without readers where CloudTrail is denied or away', async () => {
  const { world } = await dueIn(5);
  world.plan.decide = ({ name }) => (name === 'LookupEvents' ? 'failed-before' : 'ok');
  expect(await check(world)).toMatchObject({ outcome: 'done' });
  expect(notices(world)).toMatchObject([{ readers: { notListed: 'TimeoutError' } }]);
});

it.each(['killed-before', 'killed-after', 'failed-before', 'request-lost', 'response-lost'] as const)(
  'A notice is published once although %s meets any call of the check',
  async (fate) => {
    const { world: counted } = await dueIn(5);
    const before = counted.calls.length;
    await check(counted);
    const calls = counted.calls.length - before;
    for (let at = 1; at <= calls; at += 1) {
      const { world } = await dueIn(5);
      const from = world.calls.length;
      world.plan.decide = ({ index }) => (index === from + at ? fate : 'ok');
      await check(world);
      world.plan.decide = () => 'ok';
      world.advance(DAY_MS);
      await check(world);
      await check(world);
      expect(new Set(notices(world).map(({ id }) => id)).size, `call ${at}`).toBe(1);
      expect(world.violations).toEqual([]);
    }
  },
);
