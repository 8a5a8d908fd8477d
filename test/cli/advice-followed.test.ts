import { describe, expect, it } from 'vitest';
import { adopt } from '../../cli/adopt.ts';
import type { Desk } from '../../cli/desk.ts';
import { resume } from '../../cli/pause.ts';
import { recover } from '../../cli/recover.ts';
import { rotate } from '../../cli/rotate.ts';
import { look } from '../../cli/sight.ts';
import { reportOn } from '../../cli/status-report.ts';
import { store } from '../../cli/store.ts';
import { trial } from '../../cli/trial.ts';
import { unlocked } from '../../cli/unlocked.ts';
import { type Next, verdictOn } from '../../cli/verdict.ts';
import { sampled } from '../thorough.ts';
import type { Fate } from '../world/fate.ts';
import { ACTS, type Act, makeRoom, play as playAct, playLater } from '../world/people.ts';
import { createWorld, MINUTE_MS, SECRET_ARN, USERNAME, type World } from '../world/world.ts';
import { deskIn, fakeTerminal } from './desk.ts';

const FATES: readonly Fate[] = ['ok', 'killed-before', 'killed-after', 'response-lost'];
/** Every third call: the explorers of test/rotation play them all. */
const CALLS = Array.from({ length: 12 }, (_, index) => 1 + index * 3);
const MAX_STEPS = 12;
const secret = SECRET_ARN;

/** As test/histories/people.ts: the act comes at one call of the second rotation, and one day passes. */
async function play(act: Act, index: number, fate: Fate): Promise<World> {
  const world = createWorld();
  await world.rotate();
  world.advance(90 * 24 * 60 * MINUTE_MS);
  const at = world.calls.length + index;
  world.gate.person = async (call, phase) => {
    if (call !== at || phase !== 'before') return;
    world.gate.person = undefined;
    await playAct(world, act);
  };
  world.plan.decide = (call) => (call.index === at ? fate : 'ok');
  await world.rotate();
  world.plan.decide = () => 'ok';
  const late = world.gate.person !== undefined;
  world.gate.person = undefined;
  if (late) await playAct(world, act);
  world.advance(60 * MINUTE_MS);
  await playLater(world, act);
  return world;
}

let resets = 0;

/** Does what the advice tells an operator to do. */
async function follow(world: World, next: Next): Promise<void> {
  resets += 1;
  const password = `Reset As Advised ${resets}`;
  const desk: Desk = deskIn(world, fakeTerminal({ secret: password }));
  switch (next.do) {
    case 'nothing':
      return;
    case 'wait':
      return world.advance((next.until ?? 0) - world.clock.nowMs() + MINUTE_MS);
    case 'rotate':
      return rotate(desk, { actor: 'ann', secret, yes: true });
    case 'recover':
      return recover(desk, { actor: 'ann', secret, yes: true });
    case 'trial':
      return trial(desk, { secret, actor: 'ann', yes: true });
    case 'resume':
      return resume(desk, { secret, actor: 'ann', yes: true });
    case 'adopt':
      return adopt(desk, { secret, actor: 'ann', yes: true });
    case 'store':
      world.platform.support.reset(USERNAME, password);
      return store(desk, { secret, actor: 'ann', yes: true, setUsername: USERNAME });
    case 'store-username':
      world.platform.support.reset(USERNAME, password);
      return store(desk, { secret, actor: 'ann', yes: true, setUsername: USERNAME });
    case 'unlocked': {
      world.platform.support.reset(USERNAME, password);
      await store(desk, { secret, actor: 'ann', yes: true });
      world.advance(1);
      const at = new Date(world.clock.nowMs()).toISOString();
      return unlocked(desk, { secret, actor: 'ann', yes: true, at });
    }
    case 'open':
      return store(desk, { secret, actor: 'ann', yes: true, fromSealed: true });
    case 'repair':
      // The sentence or the last error names the cause: rotation is turned off, or the secret has no room.
      world.aws.rotation.enabled = true;
      makeRoom(world, reportOn(await look(desk, { secret })).current?.remark ?? '');
      makeRoom(world, world.told.findLast((line) => line.startsWith('SecretTooLargeError')) ?? '');
      return;
  }
}

/** Follows `status` to the letter. The next advice comes after one that brought nothing, and after the last the first again. */
async function judge(world: World, name: string): Promise<void> {
  const done: string[] = [];
  const tried = new Map<string, number>();
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const { finding, next } = verdictOn(await look(deskIn(world, fakeTerminal()), { secret }));
    if (finding === 'well') return;
    const key = `${finding} ${next.map((one) => one.do).join()}`;
    const turn = tried.get(key) ?? 0;
    tried.set(key, turn + 1);
    const doing = next[turn % next.length] as Next;
    const ended = await follow(world, doing).then(
      () => 'done',
      (failure: Error) => {
        // The command's own error may say what is in its way: then it is tried again.
        if (makeRoom(world, failure.message)) tried.delete(key);
        return failure.name;
      },
    );
    done.push(`${finding}: ${doing.do} (${ended})`);
    // "Repair what is named …, and look again": from the first step on.
    if (doing.do === 'repair') tried.delete(key);
    expect(world.truth().locked, `${name}: locked after ${done.join('; ')}`).toBe(false);
    world.advance(MINUTE_MS);
  }
  throw new Error(`${name}: not well after ${done.join('; ')}\n${world.told.slice(-6).join('\n')}`);
}

describe('Following the advice of status', () => {
  for (const act of ACTS) {
    it(`ends well, and so does the next rotation, when an operator ${act.name}`, async () => {
      for (const index of sampled(CALLS, 4)) {
        for (const fate of FATES) {
          const name = `${act.name} at call ${index} (${fate})`;
          const world = await play(act, index, fate);
          await judge(world, name);
          expect(world.currentPassword(), name).toBe(world.truth().password);
          await rotate(deskIn(world, fakeTerminal()), { actor: 'ann', secret, yes: true });
          expect(world.currentPassword(), name).toBe(world.truth().password);
        }
      }
    });
  }
});
