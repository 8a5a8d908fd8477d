import assert from 'node:assert/strict';
import { beginPause } from '../../lambda/ledger/pause.ts';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { Fate } from '../world/fate.ts';
import { announced, mustBeLive, mustHold } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';
import type { History, Suite } from './history.ts';

const DAY_MS = 24 * 60 * MINUTE_MS;
const FATES: readonly Fate[] = [
  'killed-before',
  'killed-after',
  'failed-before',
  'request-lost',
  'response-lost',
];

/** The invocations that a fault may meet, and so many calls of each. */
const MET = { 'the paused rotation': 9, 'a check during the pause': 15, 'the check at its end': 18 } as const;
type Met = keyof typeof MET;
/** A deployment between the rotation and the end begins new processes. The new schedule's test takes AWSPENDING off. */
const DEPLOYS = ['no deployment', 'a deployment with another schedule'] as const;
/** The rotations wait for the end that an operator gave, or for the service's calendar to open. */
const WAITS_FOR = ['a pause', 'the calendar'] as const;

type Moment = {
  transport: Transport;
  met: Met;
  index: number;
  fate: Fate;
  deploys: (typeof DEPLOYS)[number];
  waitsFor: (typeof WAITS_FOR)[number];
};

/** A pause across a due rotation, and a fault at each call until its end: one message, nothing overdue, nothing forgotten. */
export const pauses: Suite = {
  name: 'pauses',
  restShare: 8,
  histories: async (transport) =>
    WAITS_FOR.flatMap((waitsFor) =>
      DEPLOYS.flatMap((deploys) =>
        (Object.keys(MET) as Met[]).flatMap((met) =>
          FATES.flatMap((fate) =>
            Array.from({ length: MET[met] }, (_, at) =>
              historyOf({ transport, met, index: at + 1, fate, deploys, waitsFor }),
            ),
          ),
        ),
      ),
    ),
};

function historyOf(moment: Moment): History {
  const { transport, met, index, fate, deploys, waitsFor } = moment;
  const name = `${waitsFor}: ${fate} call ${index} of ${met}, ${deploys}`;
  return {
    name,
    kinds: transport === 'soap' ? [`${met}, ${fate}`, deploys, `${waitsFor}, ${met}`] : [met, fate, waitsFor],
    play: () => play(moment, name),
  };
}

async function play(moment: Moment, name: string): Promise<string> {
  const { transport, met, index, fate, deploys, waitsFor } = moment;
  let opensAt = 0;
  const closedUntil = (now: number) => (now < opensAt ? opensAt : undefined);
  const world = createWorld({ transport, keepsProcess: deploys === 'no deployment', closedUntil });
  await world.rotate();
  world.aws.published.length = 0;
  world.advance(90 * DAY_MS);
  if (waitsFor === 'the calendar') opensAt = world.clock.nowMs() + 3 * DAY_MS;
  else {
    world.changeByHand((state, now) =>
      beginPause(state, { until: now + 3 * DAY_MS, actor: 'ann', reason: 'CHG-4711' }, now),
    );
  }
  const meeting = async (invocation: Met, run: () => Promise<unknown>): Promise<void> => {
    const at = world.calls.length + index;
    world.plan.decide = (call) => (invocation === met && call.index === at ? fate : 'ok');
    await run();
    world.plan.decide = () => 'ok';
  };
  world.advance(60 * MINUTE_MS);
  await meeting('the paused rotation', () => world.rotate({ attempts: 2 }));
  if (deploys === 'a deployment with another schedule') {
    world.aws.stage('schedule-test-1-000000000000000000');
    world.aws.unstage('schedule-test-1-000000000000000000');
  }
  world.advance(DAY_MS);
  await meeting('a check during the pause', () => world.recover());
  world.advance(DAY_MS);
  await world.recover();
  assert.deepEqual(announced(world), [], `${name}: announced during the pause`);
  assert(!isOverdue(world), `${name}: overdue during the pause`);
  world.advance(DAY_MS);
  // A check that dies before it has RotateSecret called leaves that to the next check.
  await meeting('the check at its end', () => world.check());
  const said = announced(world);
  assert(!isOverdue(world), `${name}: overdue on the day of the end`);
  await world.runStarted();
  for (let day = 0; day < 3; day += 1) {
    world.advance(DAY_MS);
    await world.recover();
  }
  return judge(world, name, waitsFor === 'a pause' ? said : undefined);
}

const isOverdue = ({ told }: World): boolean => told.some((line) => /^DaysOverdue \S+ (?!-|0$)/.test(line));

/** @param atEnd the messages of the check at the end of a pause; undefined: a calendar, whose openings are not announced */
function judge(world: World, name: string, atEnd: readonly string[] | undefined): string {
  mustHold(world, name);
  mustBeLive(world, name);
  const { published } = world.aws;
  // A message whose publication was not confirmed comes twice, with the same id.
  const ends = new Set(published.flatMap(({ event, id }) => (event === 'pause-over' ? [id] : [])));
  assert.equal(ends.size, atEnd ? 1 : 0, `${name}: ${announced(world)}`);
  assert.equal(world.truth().passwords.length, 3, `${name}: rotated once after the pause`);
  assert(announced(world).includes('password-rotated'), `${name}: ${announced(world)}`);
  assert.equal(world.state().owed, undefined, name);
  assert.equal(world.state().trouble, undefined, name);
  if (!atEnd) return 'rotated after the opening';
  return atEnd.includes('pause-over') ? 'announced by the check at the end' : 'announced by a later check';
}
