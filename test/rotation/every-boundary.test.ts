import { describe, expect, test } from 'vitest';
import { BudgetSpentError } from '../../lambda/ledger/errors.ts';
import type { Fate } from '../world/fate.ts';
import { createWorld, type Ended, MINUTE_MS, type World } from '../world/world.ts';

/** The calls of an undisturbed rotation, as the recorder saw them: the list that every fault is tried on. */
async function recordRotation(): Promise<string[]> {
  const world = createWorld();
  const { rotated } = await world.rotate();
  expect(rotated).toBe(true);
  return world.calls.map(({ name }) => name);
}

/** Faults at given calls of the first rotation, Secrets Manager's retries, then the recover events. */
async function play(faults: Map<number, Fate>, backoffMs: number): Promise<World> {
  const world = createWorld();
  world.plan.decide = ({ index }) => faults.get(index) ?? 'ok';
  const { rotated } = await world.rotate({ backoffMs });
  for (let recovery = 0; !rotated && recovery < 3; recovery += 1) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  return world;
}

/** The promise of the product: never wrong without saying so, and always a way on. */
async function judge(world: World, history: string): Promise<void> {
  expect(world.violations, history).toEqual([]);
  if (world.state().journal.state === 'unknown') await helpToProbe(world, history);
  const { journal } = world.state();
  if (journal.state === 'lost') {
    expect(world.answersSealed(), `${history}: lost although the answer was sealed`).toBe(0);
    expect(announced(world), history).toContain('password-lost');
    const contacts = world.truth().logIns + world.truth().getNewPasswords;
    await world.rotate();
    expect(world.truth().logIns + world.truth().getNewPasswords, `${history}: contact after the loss`).toBe(
      contacts,
    );
    world.restoreByHand('Restored By Support 7');
  } else {
    expect(world.currentPassword(), history).toBe(world.truth().password);
    expect(world.truth().getNewPasswords, history).toBeLessThanOrEqual(1);
  }
  world.advance(60 * MINUTE_MS);
  world.plan.decide = () => 'ok';
  let next = await world.rotate();
  if (!next.rotated && next.failures.every(isBudgetSpent)) {
    // Two invocations died with a log-in in their hands: nobody knows that they cost nothing.
    expect(announced(world), history).toContain('guard-closed');
    expect(await world.trial(), history).toBe('done');
    next = await world.rotate();
  }
  expect(next.rotated, `${history}: the next rotation`).toBe(true);
  expect(world.currentPassword(), history).toBe(world.truth().password);
  expect(world.violations, history).toEqual([]);
}

/** Where earlier deaths have used up rotation's share, a person's one log-in is the probe. */
async function helpToProbe(world: World, history: string): Promise<void> {
  expect(announced(world), history).toEqual(expect.arrayContaining(['password-unknown', 'guard-closed']));
  await world.trial();
  await world.recover();
}

const isBudgetSpent = (ended: Ended): boolean => 'error' in ended && ended.error instanceof BudgetSpentError;
const announced = (world: World): string[] => world.aws.published.map(({ event }) => event);
const describeFaults = (calls: string[], faults: Map<number, Fate>): string =>
  [...faults].map(([index, fate]) => `${fate} ${calls[index - 1] ?? ''} (call ${index})`).join(', ');

const FATES: Fate[] = ['killed-before', 'killed-after', 'failed-before', 'failed-after', 'vanished'];

describe('one fault at any remote call of a rotation, then the retries', () => {
  for (const backoffMs of [0, MINUTE_MS, 30 * MINUTE_MS]) {
    for (const fate of FATES) {
      test(`${fate}, retries ${backoffMs / MINUTE_MS} min apart: the live password is current, or its loss is announced`, async () => {
        const calls = await recordRotation();
        expect(calls.length).toBeGreaterThan(30);
        for (let index = 1; index <= calls.length; index += 1) {
          const faults = new Map([[index, fate]]);
          await judge(await play(faults, backoffMs), describeFaults(calls, faults));
        }
      });
    }
  }
});

describe('two faults in one rotation', () => {
  test('a second fault at any call up to 25 after any first one loses nothing either', async () => {
    const calls = await recordRotation();
    const pairs: [Fate, Fate][] = [
      ['killed-after', 'killed-after'],
      ['killed-before', 'failed-after'],
      ['failed-after', 'killed-before'],
      ['vanished', 'killed-after'],
    ];
    for (let index = 1; index <= calls.length; index += 1) {
      for (let gap = 1; gap <= 25; gap += 1) {
        const [first, second] = pairs[(index + gap) % pairs.length] as [Fate, Fate];
        const faults = new Map([
          [index, first],
          [index + gap, second],
        ]);
        await judge(await play(faults, MINUTE_MS), describeFaults(calls, faults));
      }
    }
  });
});
