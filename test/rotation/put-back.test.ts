import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import { createWorld, FIRST_PASSWORD, MINUTE_MS, secretValue, USERNAME, type World } from '../world/world.ts';

/** AWSCURRENT is on a dead password although nothing is open: what may be put back, and what must not. */

async function rotated(): Promise<World> {
  const world = createWorld();
  await world.rotate();
  world.advance(90 * 24 * 60 * MINUTE_MS);
  return world;
}

test('puts the newer version back after one log-in when AWSCURRENT was moved back', async () => {
  const world = await rotated();
  const [good, before] = [world.aws.stages.get('AWSCURRENT'), world.aws.stages.get('AWSPREVIOUS') as string];
  world.aws.moveCurrentTo(before);
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.aws.stages.get('AWSCURRENT')).toBe(good);
  expect(world.truth().failures).toBe(0);
  expect(announced(world)).toContain('put-back');
});

test('puts the live password back with the edited member after a stale editor’s save', async () => {
  const world = await rotated();
  world.aws.store(secretValue(FIRST_PASSWORD).replace('emea', 'apac'));
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.aws.currentValue()).toContain('apac');
  expect(world.truth().failures).toBe(0);
});

/** The exchange was written off while its owner had the answer in its hands: the envelope was set aside. */
async function setAside(): Promise<World> {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  // The first put fails; while the second is awaited the journal lets go of the envelope, then the process dies.
  let puts = 0;
  world.plan.decide = ({ name }) => {
    if (name !== 'PutSecretValue') return 'ok';
    puts += 1;
    return puts === 1 ? 'failed-before' : 'killed-before';
  };
  world.gate.before = async (name) => {
    if (name !== 'PutSecretValue') return;
    world.gate.before = undefined;
    world.writeOff();
  };
  await world.step('createSecret', token);
  world.plan.decide = () => 'ok';
  expect(world.state().orphanItems).toHaveLength(1);
  return world;
}

test('adopts an envelope that was set aside when its password logs in', async () => {
  const world = await setAside();
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(world.currentPassword()).toBe(world.truth().password);
  expect(world.truth().passwords).toHaveLength(2);
});

test('never adopts an envelope that was set aside without a log-in', async () => {
  const world = await setAside();
  // Support has reset it to what the secret holds: the sealed one is dead.
  world.platform.support.reset(USERNAME, FIRST_PASSWORD);
  await world.recover();
  expect(world.violations).toEqual([]);
  expect(world.currentPassword()).toBe(FIRST_PASSWORD);
  expect(world.truth().failures).toBe(1);
  expect((await world.rotate()).rotated).toBe(true);
});

test('skips and announces an envelope that does not open', async () => {
  const world = await setAside();
  world.platform.support.reset(USERNAME, FIRST_PASSWORD);
  world.plan.decide = ({ name }) => (name === 'Decrypt' ? 'failed-before' : 'ok');
  expect((await world.rotate()).rotated).toBe(true);
  expect(world.aws.orphans.size).toBe(1);
  expect(world.aws.published).toContainEqual(expect.objectContaining({ trouble: 'unreadable-envelope' }));
});

test('announces a dead password once a day, and tries it no more, when no password can replace it', async () => {
  const world = await rotated();
  world.storeByHand('Mistyped 1');
  world.platform.support.reset(USERNAME, 'Known To Nobody 1');
  expect((await world.rotate()).rotated).toBe(false);
  for (let day = 0; day < 10; day += 1) {
    expect(await world.recover()).toMatchObject({ error: { name: expect.stringMatching(/Refused/) } });
    world.advance(24 * 60 * MINUTE_MS);
  }
  const said = world.aws.published.filter(({ event }) => event === 'standing-trouble');
  expect(said.length).toBeGreaterThanOrEqual(8);
  expect(said.length).toBeLessThanOrEqual(10);
  expect(world.truth().failures).toBeLessThanOrEqual(2);

  world.storeByHand('Known To Nobody 1');
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(announced(world).at(-1)).toBe('trouble-over');
});

test('Leaves AWSPENDING on the version of a rotation that waits, when the daily check puts a password back', async () => {
  const world = createWorld();
  await world.rotate();
  world.aws.store(secretValue(FIRST_PASSWORD).replace('emea', 'apac'));
  const { token } = world.aws.rotate(randomUUID());
  expect(await world.recover()).toEqual({ outcome: 'done' });
  expect(announced(world)).toContain('put-back');
  expect(world.aws.stages.get('AWSPENDING')).toBe(token);
  expect((await world.rotate({ token })).rotated).toBe(true);
});
