import assert from 'node:assert/strict';
import type { Transport } from '../../lambda/thingspace/api.ts';
import type { Fate } from '../world/fate.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';
import type { History, Suite } from './history.ts';

const OUTAGES: readonly Fate[] = ['failed-before', 'request-lost', 'response-lost'];
const DEATHS: readonly Fate[] = ['killed-before', 'killed-after'];
const CALLS = 49;

const ACTS: Readonly<Record<string, (world: World) => void>> = {
  'nobody acts': () => undefined,
  'a wrong password is stored': (world) =>
    void world.aws.store(world.valueWith('Mistyped 1').replace('emea', 'apac')),
};

/** DynamoDB is away in one rotation, and an hour later an operator asks for another: the world wants a new password. */
export const askedAnew: Suite = {
  name: 'asked anew',
  restShare: 12,
  histories: async (transport) => [
    ...OUTAGES.flatMap((fate) => calls().map((from) => afterOutage(transport, fate, from))),
    ...Object.keys(ACTS).flatMap((act) =>
      DEATHS.flatMap((fate) => calls().map((call) => killedAfterOutage(transport, act, fate, call))),
    ),
  ],
};

const calls = (): number[] => Array.from({ length: CALLS }, (_, at) => at + 1);

const isDynamoDb = (name: string) => /^(GetItem|PutItem|Query|BatchWriteItem)/.test(name);

/** The new rotation comes after an outage from any call on. */
function afterOutage(transport: Transport, fate: Fate, from: number): History {
  const name = `DynamoDB out from call ${from} (${fate})`;
  return {
    name,
    kinds: [`out, ${fate}`, ...(transport === 'soap' ? [`out from call ${from}`] : [])],
    async play() {
      const world = createWorld({ transport });
      world.plan.decide = ({ index, name }) => (index >= from && isDynamoDb(name) ? fate : 'ok');
      await world.rotate();
      world.plan.decide = () => 'ok';
      world.advance(60 * MINUTE_MS);
      const { rotated } = await world.rotate();
      assert.deepEqual(world.violations, [], name);
      return rotated ? 'rotated' : 'waits';
    },
  };
}

/** DynamoDB was away from the swap on; the new rotation is killed at any call and retried. */
function killedAfterOutage(transport: Transport, act: string, fate: Fate, call: number): History {
  const name = `DynamoDB out from the swap on, ${act}, the new rotation ${fate} call ${call}`;
  return {
    name,
    kinds: [`${act}, ${fate}`, ...(transport === 'soap' ? [`new rotation, call ${call}`] : [])],
    async play() {
      // Each death may cost a log-in: with the usual budget an operator's trial would be the way on.
      const world = createWorld({ transport, budgets: { limit: 9, budget: 8, rotation: 7 } });
      let away = false;
      world.plan.decide = ({ name }) => {
        away ||= name === 'UpdateSecretVersionStage';
        return away && isDynamoDb(name) ? 'failed-before' : 'ok';
      };
      await world.rotate();
      world.advance(60 * MINUTE_MS);
      ACTS[act]?.(world);
      const at = world.calls.length + call;
      world.plan.decide = ({ index }) => (index === at ? fate : 'ok');
      const { rotated } = await world.rotate({ backoffMs: 25 * MINUTE_MS });
      assert.deepEqual(world.violations, [], name);
      const isLost = world.state().journal.state === 'lost';
      assert(rotated || isLost, `${name}: it did not rotate`);
      return isLost ? 'lost' : 'rotated';
    },
  };
}
