import { describe, expect, test } from 'vitest';
import type { AlarmEvent } from '../../lambda/alarms/event.ts';
import { createDuty } from './duty.ts';
import { startProcess } from './fate.ts';
import { createWorld, MINUTE_MS, SECRET_ARN, USERNAME, type World } from './world.ts';

const DAY_MS = 24 * 60 * MINUTE_MS;

/** Publishes an event that the function did not ask for. */
async function plant(world: World, event: Record<string, unknown>): Promise<void> {
  const about = { id: 'planted', at: world.clock.nowMs(), credential: USERNAME.toLowerCase() };
  const alarms = world.aws.alarms(world.wire, startProcess());
  const planted = { ...about, username: USERNAME, secretArn: SECRET_ARN, ...event } as AlarmEvent;
  await alarms.publish(planted, { timeoutMs: 1_000 });
}

test('finds a planted loss while AWSCURRENT works', async () => {
  const world = createWorld();
  await world.rotate();
  expect(world.violations).toEqual([]);
  await plant(world, { event: 'password-lost', token: 't', sealedAnswer: false });
  expect(world.violations.join('\n')).toMatch(/password-lost claims "lost"/);
  expect(world.violations.join('\n')).toMatch(/password-lost claims "dead"/);
});

test('finds a planted end of a trouble while AWSCURRENT is dead', async () => {
  const world = createWorld();
  await world.rotate();
  world.storeByHand('Mistyped 1');
  world.advance(MINUTE_MS);
  await world.recover();
  await plant(world, {
    event: 'trouble-over',
    trouble: 'stored-password-refused',
    since: world.clock.nowMs(),
  });
  expect(world.violations.join('\n')).toMatch(/trouble-over claims "over"/);
});

test('finds a planted refusal of a password that ThingSpace never refused', async () => {
  const world = createWorld();
  const { token } = await world.rotate();
  await plant(world, {
    event: 'failed-log-in',
    exposure: 1,
    limit: 5,
    budget: 3,
    actor: 'rotation',
    purpose: 'log-in',
    certainty: 'refused',
    versionId: token,
  });
  expect(world.violations.join('\n')).toMatch(/failed-log-in claims "refused"/);
});

test('accepts a message that an operator’s act right before it made untrue', async () => {
  const world = createWorld();
  world.gate.person = (_, when) => {
    const last = world.calls.at(-1);
    if (last?.name !== 'Publish' || when !== 'before') return;
    world.gate.person = undefined;
    world.storeByHand('Mistyped 1');
  };
  await world.rotate();
  expect(world.currentPassword()).toBe('Mistyped 1');
  expect(world.aws.published.map(({ event }) => event)).toEqual(['password-rotated']);
  expect(world.violations).toEqual([]);
});

describe('the duty to announce', () => {
  const failing = async () => {
    const world = createWorld();
    await world.rotate();
    const violations: string[] = [];
    const duty = createDuty(violations);
    const begunAtMs = world.clock.nowMs() + MINUTE_MS;
    duty.rotationFailed('SealingKeyError', begunAtMs, begunAtMs);
    return { world, violations, duty, begunAtMs };
  };

  test('finds a daily check without a message a day after a failed rotation', async () => {
    const { world, violations, duty, begunAtMs } = await failing();
    duty.checked(world.truthNow(), begunAtMs + DAY_MS - 1);
    expect(violations).toEqual([]);
    duty.checked(world.truthNow(), begunAtMs + DAY_MS);
    expect(violations).toEqual([
      'nothing was said for a day although a rotation has failed (SealingKeyError)',
    ]);
  });

  test('counts a message of the same day, and ends with the message of the end', async () => {
    const { world, violations, duty, begunAtMs } = await failing();
    const at = { id: 'x', at: 0, credential: 'c', username: 'c', secretArn: 's' };
    const trouble = 'rotation-failing' as const;
    duty.published({ event: 'standing-trouble', trouble, since: 0, days: 0, ...at }, begunAtMs + DAY_MS);
    duty.checked(world.truthNow(), begunAtMs + DAY_MS);
    expect(violations).toEqual([]);
    duty.checked(world.truthNow(), begunAtMs + 2 * DAY_MS);
    expect(violations).toHaveLength(1);
    duty.published({ event: 'trouble-over', trouble, since: 0, ...at }, begunAtMs + 2 * DAY_MS);
    duty.checked(world.truthNow(), begunAtMs + 3 * DAY_MS);
    expect(violations).toHaveLength(1);
  });

  test('ends when a rotation succeeds, or a password made since is current', async () => {
    const { world, violations, duty, begunAtMs } = await failing();
    world.advance(2 * MINUTE_MS);
    await world.rotate();
    duty.checked(world.truthNow(), begunAtMs + 2 * DAY_MS);
    expect(violations).toEqual([]);
  });

  test('lasts while AWSCURRENT is known to be dead without a message', async () => {
    const { world, violations, duty } = await failing();
    duty.rotated();
    world.storeByHand('Mistyped 1');
    await world.trial();
    duty.checked(world.truthNow(), world.clock.nowMs() + DAY_MS);
    expect(violations).toEqual(['nothing was said for a day although AWSCURRENT is dead']);
  });
});
