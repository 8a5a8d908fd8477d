import type { Transport } from '../../lambda/thingspace/api.ts';
import type { Fate } from '../world/fate.ts';
import { judge } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';
import type { History, Suite } from './history.ts';

const DELAYS_MIN = [0, 5, 25, 360];
const FATES: readonly Fate[] = ['killed-before', 'killed-after'];
const BACKOFFS_MIN = [1, 30];
/** A username's first rotation makes fewer calls; retries cost some more. */
const CALLS = 34;

type Death = { transport: Transport; index: number; fate: Fate; delayMin: number; backoffMin: number };

/** A process dies at any call of a rotation, and the function's log shows its lines late. */
export const lateLogs: Suite = {
  name: 'late logs',
  restShare: 8,
  histories: async (transport) =>
    DELAYS_MIN.flatMap((delayMin) =>
      FATES.flatMap((fate) =>
        BACKOFFS_MIN.flatMap((backoffMin) =>
          Array.from({ length: CALLS }, (_, at) =>
            historyOf({ transport, index: at + 1, fate, delayMin, backoffMin }),
          ),
        ),
      ),
    ),
};

function historyOf(death: Death): History {
  const { transport, index, fate, delayMin, backoffMin } = death;
  const name = `${fate} call ${index}, retries ${backoffMin} min apart, log ${delayMin} min late`;
  return {
    name,
    kinds: [
      ...(transport === 'soap' ? [`call ${index}`] : []),
      `${fate}, log ${delayMin} min late`,
      `log ${delayMin}, retries ${backoffMin} min`,
    ],
    play: async () => judge(await play(death), name),
  };
}

/** The death, the retries, then the daily checks until the log shows everything. */
async function play({ transport, index, fate, delayMin, backoffMin }: Death): Promise<World> {
  const world = createWorld({ transport, holdsOn: true });
  world.aws.logSearch.delayMs = delayMin * MINUTE_MS;
  world.plan.decide = (call) => (call.index === index ? fate : 'ok');
  const { rotated } = await world.rotate({ backoffMs: backoffMin * MINUTE_MS });
  if (rotated) return world;
  world.advance(25 * MINUTE_MS);
  await world.recover();
  for (let day = 0; day < 2; day += 1) {
    world.advance(24 * 60 * MINUTE_MS);
    await world.recover();
  }
  return world;
}
