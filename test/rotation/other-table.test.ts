import { expect, test } from 'vitest';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

/** The table after the loss. */
const TABLES = ['an empty one', 'the copy of yesterday'] as const;

const started = (): World => {
  const world = createWorld();
  world.aws.created.at = 0;
  world.advance(24 * 60 * MINUTE_MS);
  return world;
};

/** A rotation of yesterday has ended; then the table is replaced right before the call with this number. */
async function losesAt(number: number, table: (typeof TABLES)[number], fate: 'ok' | 'killed-after') {
  const world = started();
  await world.rotate({ attempts: 1 });
  const copy = new Map(world.aws.table);
  world.advance(24 * 60 * MINUTE_MS);
  let calls = 0;
  world.plan.decide = () => {
    calls += 1;
    if (calls !== number) return 'ok';
    world.aws.replaceTable(table === 'an empty one' ? undefined : copy);
    return fate;
  };
  await world.rotate({ attempts: 1 });
  world.plan.decide = () => 'ok';
  return { world, met: calls >= number };
}

/** The password in the newest sealed line: `store --from-sealed` stores it where it has replaced AWSCURRENT. */
async function storesSealed(world: World): Promise<void> {
  if (world.currentPassword() === world.truth().password) return;
  expect(world.aws.log.length, 'a received password is in the log').toBe(world.answersReceived());
  world.storeByHand(world.truth().password);
}

test.each(TABLES.flatMap((table) => (['ok', 'killed-after'] as const).map((fate) => [table, fate] as const)))(
  'loses no password, locks nothing and leads on when the table becomes %s at any call (%s)',
  async (table, fate) => {
    let number = 1;
    for (; ; number += 1) {
      const { world, met } = await losesAt(number, table, fate);
      if (!met) break;
      world.advance(21 * MINUTE_MS);
      await world.recover();
      const { consecutiveFailures } = world.truth();
      expect(consecutiveFailures, `before call ${number}`).toBe(0);
      if (world.answersReceived() === world.truth().getNewPasswords) await storesSealed(world);
      else world.restoreByHand('Read Out By Support 1');
      // The guard is closed, or the password has been proven since.
      if (world.state().failed > 0) expect(await world.trial(), `before call ${number}`).toBe('done');
      await world.recover();
      const { rotated } = await world.rotate();
      expect({ rotated, number, told: world.told.slice(-3) }).toMatchObject({ rotated: true });
      expect(world.currentPassword()).toBe(world.truth().password);
    }
    expect(number).toBeGreaterThan(25);
  },
);

/** Items as a rotation left them before each of its calls; then it ends, and `more` rotations after it. */
async function itemsWithin(number: number, more: number) {
  const world = started();
  let calls = 0;
  let copy = new Map<string, string>();
  world.plan.decide = () => {
    calls += 1;
    if (calls === number) copy = new Map(world.aws.table);
    return 'ok';
  };
  for (let rotation = 0; rotation <= more; rotation += 1) {
    await world.rotate({ attempts: 1 });
    world.advance(24 * 60 * MINUTE_MS);
  }
  return { world, copy };
}

test.each([0, 1])(
  'an item of any moment of a rotation, restored after %s more, leads on without a failure',
  async (more) => {
    for (let number = 1; number <= 27; number += 1) {
      const { world, copy } = await itemsWithin(number, more);
      world.aws.replaceTable(copy);
      const password = world.currentPassword();
      world.advance(21 * MINUTE_MS);
      await world.recover();
      expect(await world.trial(), `item before call ${number}`).toBe('done');
      await world.recover();
      expect(world.currentPassword()).toBe(password);
      expect(await world.rotate(), `item before call ${number}`).toMatchObject({ rotated: true });
      expect(world.truth()).toMatchObject({ consecutiveFailures: 0, password: world.currentPassword() });
      expect(world.violations).toEqual([]);
    }
  },
);

test('a restored ledger lets neither rotation nor check log in, after failures that it does not know', async () => {
  const world = started();
  await world.rotate({ attempts: 1 });
  const copy = new Map(world.aws.table);
  world.advance(24 * 60 * MINUTE_MS);
  for (let failure = 0; failure < 3; failure += 1) world.platform.logIn('Fleet-Api', 'of an app');
  world.aws.replaceTable(copy);
  world.advance(MINUTE_MS);
  await world.rotate({ attempts: 3 });
  await world.recover();
  expect(world.truth().consecutiveFailures).toBe(3);
  expect(world.aws.published.map(({ event }) => event)).toContain('guard-closed');
});

test('the daily check announces a restored ledger, though nobody logs in', async () => {
  const world = started();
  await world.rotate({ attempts: 1 });
  const copy = new Map(world.aws.table);
  world.advance(24 * 60 * MINUTE_MS);
  world.aws.replaceTable(copy);
  world.advance(MINUTE_MS);
  await world.recover();
  expect(world.aws.published.at(-1)).toMatchObject({ event: 'guard-closed', countUnknown: true });
});
