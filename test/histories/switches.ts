import assert from 'node:assert/strict';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { Fate } from '../world/fate.ts';
import { judge } from '../world/judge.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';
import { recordRotation } from './boundaries.ts';
import type { History, Suite } from './history.ts';

type Switch = { from: Transport; index: number; fate: Fate; backoffMin: number };

const OTHER: Record<Transport, Transport> = { soap: 'rest', rest: 'soap' };
const FATES: readonly Fate[] = ['ok', 'killed-before', 'killed-after', 'failed-before', 'response-lost'];
const BACKOFFS_MIN = [1, 30];

/** The transport is changed at each call of a rotation, with and without a crash there: the next invocation speaks the other. */
export const switches: Suite = {
  name: 'transport switched',
  playsOnce: true,
  histories: async () => {
    const lists = (['soap', 'rest'] as const).map(async (from) => {
      const calls = await recordRotation(from);
      return FATES.flatMap((fate) =>
        BACKOFFS_MIN.flatMap((backoffMin) =>
          calls.map((call, at) => historyOf({ from, index: at + 1, fate, backoffMin }, call)),
        ),
      );
    });
    return (await Promise.all(lists)).flat();
  },
};

function historyOf(played: Switch, call: string): History {
  const { from, index, fate, backoffMin } = played;
  const name = `from ${from} to ${OTHER[from]} at ${call} (call ${index}, ${fate}), retries ${backoffMin} min apart`;
  return {
    name,
    kinds: [`${from}, ${call}`, `${from}, ${fate}`],
    async play() {
      const world = await play(played);
      const received = world.answersReceived() > 0;
      const end = await judge(world, name);
      // The sealed answer of one API is read by the function that speaks the other.
      assert(!received || end === 'rotated', `${name}: ${end}`);
      return end;
    },
  };
}

async function play({ from, index, fate, backoffMin }: Switch): Promise<World> {
  const world = createWorld({ transport: from, holdsKey: true, holdsOn: true });
  world.plan.decide = (call) => {
    if (call.index !== index) return 'ok';
    world.switchTo(OTHER[from]);
    return fate;
  };
  const { rotated } = await world.rotate({ backoffMs: backoffMin * MINUTE_MS });
  for (let recovery = 0; !rotated && recovery < 3; recovery += 1) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  return world;
}
