import assert from 'node:assert/strict';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { Fate } from '../world/fate.ts';
import { judge } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';
import type { History, Suite } from './history.ts';

const FATES: Fate[] = ['killed-before', 'killed-after', 'failed-before', 'response-lost', 'request-lost'];
const BACKOFFS_MIN = [0, 1, 30];
/** How far behind the first fault the second one comes at most, in calls. */
const MAX_GAP = 25;
const PAIRS: readonly [Fate, Fate][] = [
  ['killed-after', 'killed-after'],
  ['killed-before', 'response-lost'],
  ['response-lost', 'killed-before'],
  ['request-lost', 'killed-after'],
];

/** One fault at any remote call of a rotation, then the retries. */
export const oneFault: Suite = {
  name: 'one fault',
  restShare: 4,
  histories: async (transport) => {
    const calls = await recordRotation(transport);
    return FATES.flatMap((fate) =>
      BACKOFFS_MIN.flatMap((backoffMin) =>
        calls.map((call, at) => {
          const isBearer = call === 'GetBearer';
          const kinds =
            transport === 'soap'
              ? [`${fate}, ${call}`, `${fate}, ${backoffMin} min`]
              : [isBearer ? `${fate}, ${call} (${at})` : call, fate];
          return historyOf({ transport, calls, faults: new Map([[at + 1, fate]]), backoffMin }, kinds);
        }),
      ),
    );
  },
};

/** A second fault at any call up to 25 after any first one. */
export const twoFaults: Suite = {
  name: 'two faults',
  restShare: 12,
  histories: async (transport) => {
    const calls = await recordRotation(transport);
    return calls.flatMap((_, at) =>
      Array.from({ length: MAX_GAP }, (_, behind) => {
        const [index, gap] = [at + 1, behind + 1];
        const [first, second] = PAIRS[(index + gap) % PAIRS.length] as [Fate, Fate];
        const faults = new Map([
          [index, first],
          [index + gap, second],
        ]);
        const kinds = [`from call ${index}`, `${gap} calls later`];
        return historyOf({ transport, calls, faults, backoffMin: 1 }, [
          ...(transport === 'soap' ? kinds : []),
          `${first} ${second}`,
        ]);
      }),
    );
  },
};

/** The calls of an undisturbed rotation, as the recorder saw them: the list that every fault is tried on. */
export async function recordRotation(transport: Transport): Promise<string[]> {
  const world = createWorld({ transport, holdsOn: true });
  const { rotated } = await world.rotate();
  assert(rotated, 'an undisturbed rotation fails');
  return world.calls.map(({ name }) => name);
}

type Faults = {
  transport: Transport;
  /** The calls of an undisturbed rotation. */
  calls: readonly string[];
  /** By the number of the call. */
  faults: ReadonlyMap<number, Fate>;
  backoffMin: number;
};

function historyOf(played: Faults, kinds: readonly string[]): History {
  const { calls, faults, backoffMin } = played;
  const places = [...faults].map(([index, fate]) => `${fate} ${calls[index - 1] ?? ''} (call ${index})`);
  const name = `${places.join(', ')}, retries ${backoffMin} min apart`;
  return { name, kinds, play: async () => judge(await play(played), name) };
}

/** Faults at given calls of the first rotation, Secrets Manager's retries, then the recover events. */
async function play({ transport, faults, backoffMin }: Faults): Promise<World> {
  const world = createWorld({ transport, holdsOn: true });
  world.plan.decide = ({ index }) => faults.get(index) ?? 'ok';
  const { rotated } = await world.rotate({ backoffMs: backoffMin * MINUTE_MS });
  for (let recovery = 0; !rotated && recovery < 3; recovery += 1) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  return world;
}
