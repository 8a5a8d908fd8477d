import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CODES } from '../../local/thingspace/codes.ts';
import type { Fate } from '../world/fate.ts';
import { announced, judge } from '../world/judge.ts';
import { OTHER_ARN } from '../world/service.ts';
import { createWorld, type Ended, FIRST_PASSWORD, MINUTE_MS, USERNAME, type World } from '../world/world.ts';

/**
 * Open questions of docs/thingspace-api.md, "What is not published": the pessimistic answer to each is played here, or in
 * the test that the page names.
 */
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const start = (options: Parameters<typeof createWorld>[0] = {}) =>
  createWorld({ transport: 'rest', ...options });

const namesOf = (failures: readonly Ended[]): string[] =>
  failures.map((ended) => ('error' in ended ? ended.error.name : 'none'));
const tokenRequests = (world: World): number => world.calls.filter(({ name }) => name === 'GetBearer').length;
/** A version of the secret with other members beside the password. */
const storeWith = (world: World, members: object): string =>
  world.aws.store(JSON.stringify({ ...JSON.parse(world.aws.currentValue() ?? ''), ...members }));

/** Stores so many wrong passwords, each of which an hour of retries may present. */
async function mistype(world: World, times: number): Promise<void> {
  for (let wrong = 1; wrong <= times; wrong += 1) {
    world.storeByHand(`Mistyped ${wrong}`);
    await world.rotate();
    world.advance(HOUR_MS);
  }
}

/** Two usernames of one contact record, each with the same budgets of its own. */
function contactRecord(budgets: { limit: number; budget: number; rotation: number }) {
  const users = [USERNAME, 'Yard-Api'].map((username) => ({ username, password: FIRST_PASSWORD }));
  const first = start({ budgets, platform: { users, locksContactRecord: true } });
  const { clock, platform } = first;
  const second = start({
    ...{ clock, platformOf: platform, budgets, table: first.aws.table },
    ...{ username: 'Yard-Api', secretArn: OTHER_ARN, seed: 2 },
  });
  return [first, second] as const;
}

test('two usernames of one contact record lock it with a budget of three each, and not with two', async () => {
  for (const [budget, locked] of [
    [3, true],
    [2, false],
  ] as const) {
    const worlds = contactRecord({ limit: 5, budget, rotation: budget - 1 });
    for (const world of worlds) await mistype(world, 3);
    expect(worlds.map((world) => world.truth().locked)).toEqual([locked, locked]);
  }
});

test.each([CODES.locked, 'REQUEST_FAILED.UnexpectedError', 'INPUT_INVALID.Username.Invalid'])(
  'a wrong password is presented twice at most when its code is %s',
  async (wrongCredentialsCode) => {
    const world = start({ platform: { wrongCredentialsCode } });
    await world.rotate();
    world.advance(90 * DAY_MS);
    await mistype(world, 1);
    for (let day = 0; day < 3; day += 1) {
      world.advance(DAY_MS);
      await world.recover();
    }
    expect(world.truth().worstConsecutiveFailures).toBeLessThanOrEqual(2);
    expect(announced(world)).toContain('failed-log-in');
    world.storeByHand(world.truth().password);
    expect((await world.rotate()).rotated).toBe(true);
    expect(world.violations).toEqual([]);
  },
);

test('failures over SOAP count over REST, and a password that SOAP refused is not presented again', async () => {
  const world = createWorld({ holdsKey: true });
  await mistype(world, 1);
  expect(world.truth().failures).toBe(1);
  world.switchTo('rest');
  await world.rotate({ attempts: 3, backoffMs: HOUR_MS });
  expect(world.truth().failures).toBe(1);
  await mistype(world, 3);
  world.switchTo('soap');
  await mistype(world, 3);
  expect(world.truth()).toMatchObject({ locked: false });
  expect(world.violations).toEqual([]);
});

test('a key of another account costs two log-ins, and the right key ends it', async () => {
  const world = start();
  const { apiKey, apiSecret } = JSON.parse(world.aws.currentValue() ?? '');
  world.rest.bearers.add({ apiKey: 'key-of-another-account', apiSecret: 'its secret', username: 'Another' });
  storeWith(world, { apiKey: 'key-of-another-account', apiSecret: 'its secret' });
  const { failures, token } = await world.rotate({ attempts: 4, backoffMs: HOUR_MS });
  expect(failures[0]).toMatchObject({ error: { message: expect.stringContaining('store --api-key') } });
  expect(world.truth()).toMatchObject({ consecutiveFailures: 2, locked: false });
  storeWith(world, { apiKey, apiSecret });
  expect((await world.rotate({ token })).rotated).toBe(true);
  expect(world.truth().locked).toBe(false);
});

test('a key that the token service refuses is asked for three times, and then by an operator’s trial alone', async () => {
  const world = start();
  const { apiSecret } = JSON.parse(world.aws.currentValue() ?? '');
  storeWith(world, { apiSecret: 'a typing error' });
  const { failures } = await world.rotate({ attempts: 5, backoffMs: 20 * MINUTE_MS });
  expect(new Set(namesOf(failures))).toEqual(new Set(['NoBearerError']));
  expect(tokenRequests(world)).toBe(2);
  for (let day = 0; day < 7; day += 1) {
    world.advance(DAY_MS);
    await world.rotate({ attempts: 5, backoffMs: HOUR_MS });
  }
  expect(tokenRequests(world)).toBe(3);
  expect(world.truth().logIns).toBe(0);
  // The key is not locked, so the right secret ends it at once.
  storeWith(world, { apiSecret });
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.violations).toEqual([]);
});

test('a key that an operator has activated again is tried by a trial, and then by every log-in', async () => {
  const world = start();
  const { apiKey } = world.rest.applications[0] as { apiKey: string };
  world.rest.bearers.setActive(apiKey, false);
  for (let day = 0; day < 4; day += 1) {
    await world.rotate({ attempts: 2, backoffMs: HOUR_MS });
    world.advance(DAY_MS);
  }
  expect(tokenRequests(world)).toBe(3);
  world.rest.bearers.setActive(apiKey, true);
  const { failures } = await world.rotate({ attempts: 1 });
  expect(failures[0]).toMatchObject({
    error: { message: expect.stringMatching(/was not asked again.*`trial`/) },
  });
  expect(await world.trial()).toBe('done');
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.violations).toEqual([]);
});

/** SOAP takes no call from the given one on: it is the n-th of its name, and has this fate. */
const ENDS: readonly [name: string, nth: number, fate: Fate][] = [
  'LogIn',
  'GetNewPassword',
  'LogOut',
  'LogIn',
].flatMap((name, at) =>
  (['failed-before', 'response-lost'] as const).map((fate): [string, number, Fate] => [
    name,
    at === 3 ? 2 : 1,
    fate,
  ]),
);

test.each(ENDS)(
  'SOAP ends for good at %s no. %i (%s), and REST finishes the rotation',
  async (name, nth, fate) => {
    const world = createWorld({ holdsKey: true });
    let met = 0;
    world.plan.decide = (call) => {
      if (!['LogIn', 'GetNewPassword', 'LogOut'].includes(call.name)) return 'ok';
      if (met < nth && call.name === name) met += 1;
      if (met < nth) return 'ok';
      met += 1;
      return met === nth + 1 ? fate : 'failed-before';
    };
    await world.rotate({ attempts: 3, backoffMs: 31 * MINUTE_MS });
    world.switchTo('rest');
    world.plan.decide = () => 'ok';
    world.advance(HOUR_MS);
    await world.recover();
    const isLost = name === 'GetNewPassword' && fate === 'response-lost';
    expect(await judge(world, 'SOAP has ended')).toBe(isLost ? 'lost and announced' : 'rotated');
  },
);

test('no code makes or uses an inactive password: how one becomes active is not published', () => {
  const files = readdirSync('lambda', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const texts = files.map((file) => readFileSync(path.join('lambda', file), 'utf8'));
  expect(texts.filter((text) => /inactivepassword/i.test(text))).toEqual([]);
});
