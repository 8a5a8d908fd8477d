import { describe, expect, test } from 'vitest';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import { type Cause, causes } from '../world/standing-causes.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';
import { pageOf, type Row } from './standing-page.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const QUARTER_DAYS = 90;
const TRIES = [1, 2, 3, 4, 5, 6];

/** By day, from 1: the kinds of what was announced. A rotation comes an hour before the day's check. */
type Days = string[][];

const kindOf = (event: AlarmEvent): string =>
  event.event === 'standing-trouble' ? event.trouble : event.event;

async function placed(cause: Cause): Promise<World> {
  const world = (await cause.world?.()) ?? createWorld();
  await world.rotate();
  world.aws.published.length = 0;
  world.advance(QUARTER_DAYS * DAY_MS);
  await cause.begin?.(world);
  return world;
}

async function rotate(world: World, { duringRotation }: Cause, attempts: number): Promise<boolean> {
  if (!duringRotation) return (await world.rotate({ attempts })).rotated;
  duringRotation(world);
  const { rotated } = await world.rotate({ attempts });
  world.plan.decide = () => 'ok';
  return rotated;
}

/** The cause stands for so many days; a rotation of so many tries comes on the first day of each quarter. */
async function stands(cause: Cause, attempts: number, days: number): Promise<{ world: World; said: Days }> {
  const world = await placed(cause);
  const said: Days = [];
  let from = 0;
  for (let day = 0; day < days; day += 1) {
    if (day % QUARTER_DAYS === 0) {
      expect(await rotate(world, cause, attempts), 'rotated although the cause stands').toBe(false);
    }
    world.advance(HOUR_MS);
    await world.recover();
    said.push(world.aws.published.slice(from).map(kindOf));
    from = world.aws.published.length;
    world.advance(23 * HOUR_MS);
  }
  return { world, said };
}

/** What is said of a cause that stands: nothing else than what it is, every day, and not that it is over. */
function judge(cause: Cause, said: Days, history: string): void {
  const { says, from = 1 } = cause;
  for (const [index, kinds] of said.entries()) {
    const day = `${history}, day ${index + 1}: ${kinds.join(', ') || 'nothing'}`;
    expect(says, day).toEqual(expect.arrayContaining(kinds));
    if (index + 1 >= from) expect(kinds.length, day).toBeGreaterThan(0);
    if (index % QUARTER_DAYS > 1) expect(kinds, day).toHaveLength(1);
  }
}

/** The repair is seen: the next rotation goes on, the end is announced once, and then nothing more. */
async function judgeEnd(cause: Cause, world: World, history: string): Promise<void> {
  await cause.end(world);
  const from = world.aws.published.length;
  const days: Days = [];
  await world.recover();
  const { rotated } = await world.rotate();
  expect(rotated, `${history}: the rotation after the repair\n${world.told.slice(-4).join('\n')}`).toBe(true);
  for (let day = 0; day < 3; day += 1) {
    world.advance(DAY_MS);
    const before = world.aws.published.length;
    await world.recover();
    days.push(world.aws.published.slice(before).map(kindOf));
  }
  const said = world.aws.published.slice(from).map(kindOf);
  expect(said.filter((kind) => kind === 'trouble-over').length, history).toBeLessThanOrEqual(1);
  expect(
    said.some((kind) => kind === 'trouble-over' || kind === 'rolled-forward'),
    history,
  ).toBe(true);
  expect(days.slice(1).flat(), history).toEqual([]);
  expect(world.state().trouble, history).toBeUndefined();
  expect(world.currentPassword(), history).toBe(world.truth().password);
  if (!cause.lockedByOthers) expect(world.violations, history).toEqual([]);
}

const rows: Row[] = [];

describe.each(causes)('While $name', (cause) => {
  test.each(TRIES)(
    'every day of a week and of four quarters says so and nothing else (%i tries)',
    async (tries) => {
      for (const days of [7, 4 * QUARTER_DAYS]) {
        const history = `${cause.name}, ${tries} tries, ${days} days`;
        const { world, said } = await stands(cause, tries, days);
        if (days > QUARTER_DAYS) rows.push({ cause: cause.name, tries, said });
        judge(cause, said, history);
        await judgeEnd(cause, world, history);
      }
    },
  );
});

test('the page tells what these runs have said', async () => {
  await expect(pageOf(rows)).toMatchFileSnapshot('../../docs/standing-troubles.md');
});
