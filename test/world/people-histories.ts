import { expect } from 'vitest';
import type { Fate } from './fate.ts';
import { announced } from './judge.ts';
import { type Act, followAdvice } from './people.ts';
import { createWorld, type Ended, MINUTE_MS, USERNAME, type World } from './world.ts';

/** One act of a person at one call of the second rotation, with or without a fault at the same call. */
type History = { act: Act; index: number; when: When; fate: Fate; silent: Silent };
type When = 'before' | 'after';
/** Where Secrets Manager's documentation is silent: its readings; and whether a process serves many invocations. */
type Silent = {
  pendingFollowsMove: boolean;
  putAbandons: boolean;
  staleForMs: number;
  keepsProcess: boolean;
};

/**
 * What is played at each call, for each reading. Without a fault, an act right after a call is mostly the one
 * right before the next; whoever is killed before a call has met nobody there: the person acts afterwards.
 */
const PLAYED: readonly { silent: Silent; faults: readonly [Fate, ...When[]][] }[] = [
  {
    silent: { pendingFollowsMove: false, putAbandons: false, staleForMs: 0, keepsProcess: false },
    faults: [
      ['ok', 'before', 'after'],
      ['killed-before', 'before'],
      ['killed-after', 'before', 'after'],
      ['response-lost', 'before', 'after'],
    ],
  },
  {
    silent: { pendingFollowsMove: true, putAbandons: false, staleForMs: 3_000, keepsProcess: false },
    faults: [
      ['ok', 'before'],
      ['killed-before', 'before'],
      ['killed-after', 'before', 'after'],
      ['response-lost', 'after'],
    ],
  },
  {
    silent: { pendingFollowsMove: false, putAbandons: true, staleForMs: 0, keepsProcess: true },
    faults: [
      ['ok', 'before'],
      ['killed-after', 'before', 'after'],
      ['response-lost', 'after'],
    ],
  },
];
/** A rotation makes fewer calls; an act costs some more. */
const CALLS = 34;

/** Plays an act at every call of a rotation, and judges each history. Returns how each went on, counted. */
export async function judgeEverywhere(
  act: Act,
): Promise<{ histories: number; ends: Record<string, number> }> {
  const ends: Record<string, number> = {};
  let histories = 0;
  for (const { silent, faults } of PLAYED) {
    for (const [fate, ...whens] of faults) {
      for (const when of whens) {
        for (let index = 1; index <= CALLS; index += 1) {
          const end = await judge({ act, index, when, fate, silent });
          ends[end] = (ends[end] ?? 0) + 1;
          histories += 1;
        }
      }
    }
  }
  return { histories, ends };
}

/** The first rotation is healthy; the act comes in the second, which Secrets Manager retries. */
async function play({ act, index, when, fate, silent }: History): Promise<World> {
  const { keepsProcess, ...secret } = silent;
  const world = createWorld({ secret, keepsProcess });
  await world.rotate();
  world.advance(90 * 24 * 60 * MINUTE_MS);
  const at = world.calls.length + index;
  world.gate.person = (call, phase) => {
    if (call !== at || phase !== when) return;
    world.gate.person = undefined;
    act.act(world);
  };
  world.plan.decide = (call) => (call.index === at ? fate : 'ok');
  const { rotated } = await world.rotate();
  world.plan.decide = () => 'ok';
  // The call did not come, or the process died before the person acted: then they act now.
  const late = world.gate.person !== undefined;
  world.gate.person = undefined;
  if (late) act.act(world);
  if (!rotated || late) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  world.advance(60 * MINUTE_MS);
  act.later?.(world);
  for (let day = 0; day < 2; day += 1) {
    world.advance(24 * 60 * MINUTE_MS);
    await world.recover();
  }
  return world;
}

const describeHistory = ({ act, index, when, fate, silent }: History): string =>
  `a person ${act.name} ${when} call ${index} (${fate}; ${JSON.stringify(silent)})`;

/** G9 and G10: nothing live was overwritten, and the next schedule, or doing what the message says, goes on. */
async function judge(history: History): Promise<string> {
  const world = await play(history);
  const name = describeHistory(history);
  expect(world.violations, name).toEqual([]);
  if (history.act.mostFailures !== undefined && !announced(world).includes('password-lost')) {
    const crashed = history.fate === 'ok' ? 0 : 1;
    expect(world.truth().failures, `${name}: failed log-ins`).toBeLessThanOrEqual(
      history.act.mostFailures + crashed,
    );
  }
  const done: string[] = [];
  let rotated = false;
  for (let round = 0; round < 6 && !rotated; round += 1) {
    const result = await world.rotate();
    rotated = result.rotated;
    if (rotated) break;
    done.push(await followAdvice(world, messageOf(result.failures.at(-1))));
    world.advance(60 * MINUTE_MS);
  }
  expect(rotated, `${name}: nothing went on (${done.join('; ')})\n${world.told.slice(-12).join('\n')}`).toBe(
    true,
  );
  expect(world.violations, name).toEqual([]);
  if (world.truth().locked) expect.fail(`${name}: ${USERNAME} is locked`);
  expect(world.currentPassword(), name).toBe(world.truth().password);
  if (history.act.keeps !== undefined && done.length === 0) {
    expect(world.aws.currentValue(), `${name}: the edit is gone`).toContain(history.act.keeps);
  }
  const pending = world.aws.stages.get('AWSPENDING');
  if (pending !== undefined) expect(pending, `${name}: AWSPENDING`).toBe(world.aws.stages.get('AWSCURRENT'));
  return done.length === 0 ? 'the next rotation went on by itself' : `advice followed: ${done.at(-1)}`;
}

const messageOf = (ended: Ended | undefined): string =>
  ended && 'error' in ended ? ended.error.message : '';
