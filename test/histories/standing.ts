import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import { type Cause, causes } from '../world/standing-causes.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';
import type { History, Suite } from './history.ts';
import { messagesOf, PAGE, rowFor, type Said } from './standing-page.ts';

const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const QUARTER_DAYS = 90;
const WEEK_DAYS = 7;
const MOST_TRIES = 6;

/**
 * Each cause left in place, with so many tries a rotation: for a week, and for four quarters. A cause that both APIs know
 * stands for a week over REST.
 */
export const standing: Suite = {
  name: 'standing causes',
  restShare: 3,
  histories: async (transport) =>
    causes
      .filter(({ only = transport }) => only === transport)
      .flatMap((cause) => rowsOf(cause, transport))
      .flatMap(({ week, year, isOnPage }) => (isOnPage ? [week, year] : [week])),
};

/** The rows of the page. */
export const rows = causes.flatMap((cause) => rowsOf(cause, cause.only ?? 'soap'));

/** A row for each number of tries, with its two histories. */
function rowsOf(cause: Cause, transport: Transport) {
  return Array.from({ length: MOST_TRIES }, (_, at) => {
    const tries = at + 1;
    const name = `${cause.name}, ${tries} tries`;
    const sayForAYear = () => sayOf(transport, cause, tries, 4 * QUARTER_DAYS);
    const week: History = {
      name: `${name}, a week`,
      kinds: transport === 'soap' ? [cause.name, `${tries} tries`] : [cause.name],
      play: async () => messagesOf(await sayOf(transport, cause, tries, WEEK_DAYS)),
    };
    const year: History = {
      name: `${name}, four quarters`,
      kinds: transport === 'soap' ? [`${tries} tries, four quarters`] : [],
      async play() {
        const messages = messagesOf(await sayForAYear());
        const written = rowFor(readFileSync(PAGE, 'utf8'), cause.name, tries);
        assert.equal(messages, written, `${name}: the page says something else; write it anew`);
        return messages;
      },
    };
    const isOnPage = transport === (cause.only ?? 'soap');
    return { cause: cause.name, tries, week, year, isOnPage, sayForAYear };
  });
}

const kindOf = (event: AlarmEvent): string =>
  event.event === 'standing-trouble' ? event.trouble : event.event;

/** @returns what was announced on each day; the days, and what follows the repair, are judged */
async function sayOf(transport: Transport, cause: Cause, tries: number, days: number): Promise<Said> {
  const history = `${cause.name}, ${tries} tries, ${days} days`;
  const world = await placed(transport, cause);
  const said = await stands(world, cause, tries, days, history);
  judgeDays(cause, said, history);
  await judgeEnd(cause, world, history);
  return said;
}

async function placed(transport: Transport, cause: Cause): Promise<World> {
  const world = cause.world?.(transport) ?? createWorld({ transport });
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

/** A rotation comes on the first day of each quarter, an hour before that day's check. */
async function stands(
  world: World,
  cause: Cause,
  attempts: number,
  days: number,
  history: string,
): Promise<Said> {
  const said: Said = [];
  let from = 0;
  for (let day = 0; day < days; day += 1) {
    if (day % QUARTER_DAYS === 0) {
      assert(!(await rotate(world, cause, attempts)), `${history}: rotated although the cause stands`);
    }
    world.advance(HOUR_MS);
    await world.recover();
    said.push(world.aws.published.slice(from).map(kindOf));
    from = world.aws.published.length;
    world.advance(23 * HOUR_MS);
  }
  return said;
}

/** Asserts that each day's messages name the standing cause, no other, and do not call it over. */
function judgeDays({ says, from = 1 }: Cause, said: Said, history: string): void {
  for (const [index, kinds] of said.entries()) {
    const day = `${history}, day ${index + 1}: ${kinds.join(', ') || 'nothing'}`;
    for (const kind of kinds) assert(says.includes(kind), `${day}, which is not so`);
    if (index + 1 >= from) assert(kinds.length > 0, `${day}, although the cause stands`);
    if (index % QUARTER_DAYS > 1) assert.equal(kinds.length, 1, `${day}, on a day with its check only`);
  }
}

/** Asserts that after the repair the next rotation succeeds, the end is announced once, and silence follows. */
async function judgeEnd(cause: Cause, world: World, history: string): Promise<void> {
  await cause.end(world);
  const { published } = world.aws;
  const from = published.length;
  await world.recover();
  const { rotated } = await world.rotate();
  assert(rotated, `${history}: the rotation after the repair\n${world.told.slice(-4).join('\n')}`);
  world.advance(DAY_MS);
  await world.recover();
  const said = published.slice(from).map(kindOf);
  const over = said.filter((kind) => kind === 'trouble-over').length;
  assert(over === 1 || (over === 0 && said.includes('rolled-forward')), `${history}: its end: ${said}`);
  for (let day = 0; day < 2; day += 1) {
    world.advance(DAY_MS);
    await world.recover();
  }
  assert.deepEqual(published.slice(from).map(kindOf), said, `${history}: after its end`);
  assert.equal(world.state().trouble, undefined, history);
  assert.equal(world.currentPassword(), world.truth().password, history);
  if (!cause.lockedByOthers) assert.deepEqual(world.violations, [], history);
}
