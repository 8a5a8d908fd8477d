import assert from 'node:assert/strict';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { Fate } from '../world/fate.ts';
import { announced, mustBeLive, mustHold } from '../world/judge.ts';
import { ACTS, type Act, followAdvice, KEY_ACTS, play as playAct, playLater } from '../world/people.ts';
import { createWorld, type Ended, MINUTE_MS, USERNAME, type World } from '../world/world.ts';
import type { History, Suite } from './history.ts';

/** One act of an operator at one call of the second rotation, with or without a fault at the same call. */
type Moment = { transport: Transport; act: Act; index: number; when: When; fate: Fate; silent: Silent };
type When = 'before' | 'after';
/** Where Secrets Manager's documentation is silent: its readings; and whether a process serves many invocations. */
type Silent = {
  pendingFollowsMove: boolean;
  putAbandons: boolean;
  staleForMs: number;
  keepsProcess: boolean;
};

/**
 * The faults and moments that are played at each call, for each reading. Without a fault, an act right after a call is mostly the one
 * right before the next; a process that is killed before a call has met no act there, so the operator acts afterwards.
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

/** Each act of an operator at every call of a rotation, and the judge afterwards (G9, G10). */
export const people: Suite = {
  name: 'people',
  restShare: 24,
  histories: async (transport) =>
    [...ACTS, ...(transport === 'rest' ? KEY_ACTS : [])]
      .flatMap((act) => momentsOf(transport, act))
      .map(historyOf),
};

function momentsOf(transport: Transport, act: Act): Moment[] {
  return PLAYED.flatMap(({ silent, faults }) =>
    faults.flatMap(([fate, ...whens]) =>
      whens.flatMap((when) =>
        Array.from(
          { length: CALLS },
          (_, at): Moment => ({ transport, act, index: at + 1, when, fate, silent }),
        ),
      ),
    ),
  );
}

function historyOf(moment: Moment): History {
  const { transport, act, index, when, fate, silent } = moment;
  const name = describeMoment(moment);
  const kinds = [`${act.name}, ${fate}`, `${act.name}, ${readingOf(silent)}`, `${when} call ${index}`];
  return {
    name,
    kinds: transport === 'soap' ? kinds : [act.name, fate, readingOf(silent)],
    play: () => judge(moment, name),
  };
}

/** The first rotation is healthy; the act comes in the second, which Secrets Manager retries. */
async function play({ transport, act, index, when, fate, silent }: Moment): Promise<World> {
  const { keepsProcess, ...secret } = silent;
  const world = createWorld({ transport, secret, keepsProcess });
  await world.rotate();
  world.advance(90 * 24 * 60 * MINUTE_MS);
  const at = world.calls.length + index;
  world.gate.person = async (call, phase) => {
    if (call !== at || phase !== when) return;
    world.gate.person = undefined;
    await playAct(world, act);
  };
  world.plan.decide = (call) => (call.index === at ? fate : 'ok');
  const { rotated } = await world.rotate();
  world.plan.decide = () => 'ok';
  // The call did not come, or the process died before the person acted: then they act now.
  const late = world.gate.person !== undefined;
  world.gate.person = undefined;
  if (late) await playAct(world, act);
  if (!rotated || late) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  world.advance(60 * MINUTE_MS);
  await playLater(world, act);
  for (let day = 0; day < 2; day += 1) {
    world.advance(24 * 60 * MINUTE_MS);
    await world.recover();
  }
  return world;
}

const describeMoment = ({ act, index, when, fate, silent }: Moment): string =>
  `an operator ${act.name}, ${when} call ${index} (${fate}; ${readingOf(silent)})`;

const readingOf = (silent: Silent): string =>
  Object.entries(silent)
    .filter(([, value]) => value)
    .map(([name, value]) => (value === true ? name : `${name}=${value}`))
    .join(', ') || 'plain reading';

/** G9 and G10: no working password was overwritten, and the next schedule or the message's advice continues. */
async function judge(moment: Moment, name: string): Promise<string> {
  const { act, fate } = moment;
  const world = await play(moment);
  mustHold(world, name);
  if (act.mostFailures !== undefined && !announced(world).includes('password-lost')) {
    const crashed = fate === 'ok' ? 0 : 1;
    const { failures } = world.truth();
    assert(failures <= act.mostFailures + crashed, `${name}: ${failures} failed log-ins`);
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
  assert(rotated, `${name}: nothing went on (${done.join('; ')})\n${world.told.slice(-12).join('\n')}`);
  mustHold(world, name);
  assert(!world.truth().locked, `${name}: ${USERNAME} is locked`);
  mustBeLive(world, name);
  if (act.keeps !== undefined && done.length === 0) {
    assert(world.aws.currentValue()?.includes(act.keeps), `${name}: the edit is gone`);
  }
  const pending = world.aws.stages.get('AWSPENDING');
  if (pending !== undefined) {
    assert.equal(pending, world.aws.stages.get('AWSCURRENT'), `${name}: AWSPENDING`);
  }
  return done.length === 0 ? 'the next rotation went on by itself' : `advice followed: ${done.at(-1)}`;
}

const messageOf = (ended: Ended | undefined): string =>
  ended && 'error' in ended ? ended.error.message : '';
