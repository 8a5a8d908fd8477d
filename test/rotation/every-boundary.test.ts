import { describe, expect, test } from 'vitest';
import type { Fate } from '../world/fate.ts';
import { judge } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

/** The calls of an undisturbed rotation, as the recorder saw them: the list that every fault is tried on. */
async function recordRotation(): Promise<string[]> {
  const world = createWorld({ exchangeBrake: true });
  const { rotated } = await world.rotate();
  expect(rotated).toBe(true);
  return world.calls.map(({ name }) => name);
}

/** Faults at given calls of the first rotation, Secrets Manager's retries, then the recover events. */
async function play(faults: Map<number, Fate>, backoffMs: number): Promise<World> {
  const world = createWorld({ exchangeBrake: true });
  world.plan.decide = ({ index }) => faults.get(index) ?? 'ok';
  const { rotated } = await world.rotate({ backoffMs });
  for (let recovery = 0; !rotated && recovery < 3; recovery += 1) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  return world;
}

const describeFaults = (calls: string[], faults: Map<number, Fate>): string =>
  [...faults].map(([index, fate]) => `${fate} ${calls[index - 1] ?? ''} (call ${index})`).join(', ');

const FATES: Fate[] = ['killed-before', 'killed-after', 'failed-before', 'response-lost', 'request-lost'];

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
      ['killed-before', 'response-lost'],
      ['response-lost', 'killed-before'],
      ['request-lost', 'killed-after'],
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
