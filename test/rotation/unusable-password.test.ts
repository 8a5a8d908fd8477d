import { expect, test } from 'vitest';
import { createWorld, MINUTE_MS } from '../world/world.ts';

/** ThingSpace makes a password that its own rules refuse in a request: the secret must not hold it. */
const UNUSABLE = 'It’s <no> good\\';

test('keeps an unusable password sealed, and announces it daily, until support’s password ends it', async () => {
  const made = [UNUSABLE];
  const world = createWorld({ nextPassword: () => made.pop() ?? `Made ${Math.random()}` });
  const { failures } = await world.rotate({ attempts: 1 });
  expect(failures.at(-1)).toMatchObject({
    error: { name: 'UnusablePasswordError', message: expect.not.stringContaining(UNUSABLE) },
  });
  expect(world.state().journal.state).toBe('received');
  for (let day = 0; day < 5; day += 1) {
    world.advance(24 * 60 * MINUTE_MS);
    expect(await world.recover()).toMatchObject({ error: { name: 'UnusablePasswordError' } });
  }
  const said = world.aws.published.filter(({ event }) => event === 'standing-trouble');
  expect(said.length).toBeGreaterThanOrEqual(4);
  expect(said[0]).toMatchObject({ trouble: 'unusable-password', username: 'Fleet-Api' });
  expect([...world.aws.versions.values()].map(({ value }) => value).join()).not.toContain(UNUSABLE);

  world.restoreByHand('Reset By Support 1');
  // The first is the rotation that is still open.
  for (let rotation = 0; rotation < 2; rotation += 1) expect((await world.rotate()).rotated).toBe(true);
  expect(world.aws.orphans.size).toBe(1);
  expect(world.truth()).toMatchObject({ getNewPasswords: 2, failures: 0 });
});
