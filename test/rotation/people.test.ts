import { describe, expect, test } from 'vitest';
import type { Fate } from '../world/fate.ts';
import { announced } from '../world/judge.ts';
import { ACTS, type Act, followAdvice } from '../world/people.ts';
import { createWorld, type Ended, MINUTE_MS, USERNAME, type World } from '../world/world.ts';

/** One act of a person at one call of the second rotation, with or without a fault at the same call. */
type History = { act: Act; index: number; when: 'before' | 'after'; fate: Fate; silent: Silent };
/** Where Secrets Manager's documentation is silent: both readings; and how stale its reads are. */
type Silent = { pendingFollowsMove: boolean; staleForMs: number };
const SILENT: readonly Silent[] = [
  { pendingFollowsMove: false, staleForMs: 0 },
  { pendingFollowsMove: true, staleForMs: 3_000 },
];
const FATES: readonly Fate[] = ['ok', 'killed-before', 'killed-after', 'response-lost'];
/** A rotation makes fewer calls; an act costs some more. */
const CALLS = 34;

const counts: Record<string, number> = {};
const count = (what: string) => {
  counts[what] = (counts[what] ?? 0) + 1;
};

/** The first rotation is healthy; the act comes in the second, which Secrets Manager retries. */
async function play({
  act,
  index,
  when,
  fate,
  silent,
}: History): Promise<{ world: World; ended: Ended | undefined }> {
  const world = createWorld({ secret: silent });
  await world.rotate();
  world.advance(90 * 24 * 60 * MINUTE_MS);
  const at = world.calls.length + index;
  world.gate.person = (call, phase) => {
    if (call !== at || phase !== when) return;
    world.gate.person = undefined;
    act.act(world);
  };
  world.plan.decide = (call) => (call.index === at ? fate : 'ok');
  const { rotated, failures } = await world.rotate();
  world.plan.decide = () => 'ok';
  // The call did not come, or the process died before the person acted: then they act now.
  const late = world.gate.person !== undefined;
  world.gate.person = undefined;
  if (late) act.act(world);
  let ended = rotated ? undefined : failures.at(-1);
  if (!rotated || late) {
    world.advance(25 * MINUTE_MS);
    ended = await world.recover();
  }
  world.advance(60 * MINUTE_MS);
  act.later?.(world);
  for (let day = 0; day < 2; day += 1) {
    world.advance(24 * 60 * MINUTE_MS);
    ended = await world.recover();
  }
  return { world, ended };
}

const describeHistory = ({ act, index, when, fate, silent }: History): string =>
  `a person ${act.name} ${when} call ${index} (${fate}; stale ${silent.staleForMs} ms, AWSPENDING ${silent.pendingFollowsMove ? 'follows' : 'stays'})`;

/** G9 and G10: nothing live was overwritten, and the next schedule, or doing what the message says, goes on. */
async function judge(history: History): Promise<void> {
  const { world } = await play(history);
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
    const last = result.failures.at(-1);
    if (rotated || last === undefined) break;
    done.push(
      `${'error' in last ? last.error.name : last.outcome}: ${await followAdvice(world, 'error' in last ? last.error.message : '')}`,
    );
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
  count(
    done.length === 0
      ? 'the next rotation went on by itself'
      : `advice followed: ${done.at(-1)?.split(': ')[1]}`,
  );
}

describe('a person acts while a rotation runs, before and after each remote call', () => {
  for (const act of ACTS) {
    test(`who ${act.name}: nothing live is overwritten, and the next rotation or the advice goes on`, async () => {
      for (const silent of SILENT) {
        for (let index = 1; index <= CALLS; index += 1) {
          for (const when of ['before', 'after'] as const) {
            for (const fate of FATES) await judge({ act, index, when, fate, silent });
          }
        }
      }
      console.log(`${act.name}:`, JSON.stringify(counts));
    });
  }
});
