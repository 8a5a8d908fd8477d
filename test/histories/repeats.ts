import assert from 'node:assert/strict';
import type { Fate } from '../world/fate.ts';
import { announced, helpToProbe, judge, mustHold, mustRotate } from '../world/judge.ts';
import type { RestOperation } from '../world/memory-rest.ts';
import { createWorld, FIRST_PASSWORD, MINUTE_MS, type World } from '../world/world.ts';
import { recordRotation } from './boundaries.ts';
import type { History, Suite } from './history.ts';

type Repeated = { operation: RestOperation; fate: Fate; index: number; endsSessions: boolean };

const OPERATIONS: readonly RestOperation[] = ['GetNewPassword', 'LogIn', 'LogOut', 'GetBearer'];
const FATES: readonly Fate[] = ['killed-before', 'killed-after', 'response-lost'];

/**
 * A gateway that sends each request of an operation twice, and returns the second answer, with a fault at each call. The
 * first answer to a reset is lost then: nobody can bring the password back, and the messages must say so.
 */
export const repeats: Suite = {
  name: 'gateway repeats',
  playsOnce: true,
  restShare: 4,
  histories: async () => {
    const calls = await recordRotation('rest');
    return OPERATIONS.flatMap((operation) =>
      (operation === 'GetNewPassword' ? [false, true] : [false]).flatMap((endsSessions) => [
        historyOf({ operation, endsSessions, fate: 'ok', index: 1 }, 'no call'),
        ...FATES.flatMap((fate) =>
          calls.map((call, at) => historyOf({ operation, endsSessions, fate, index: at + 1 }, call)),
        ),
      ]),
    );
  },
};

function historyOf(played: Repeated, call: string): History {
  const { operation, fate, index, endsSessions } = played;
  const ends = endsSessions ? ', and a new password ends the sessions' : '';
  const name = `the gateway repeats ${operation}${ends}; ${fate} ${call} (call ${index})`;
  return {
    name,
    kinds: [`${operation}${ends}`, fate],
    async play() {
      const world = await play(played);
      const isChanged = world.truth().password !== FIRST_PASSWORD;
      return operation === 'GetNewPassword' && isChanged ? judgeLoss(world, name) : judge(world, name);
    },
  };
}

async function play({ operation, fate, index, endsSessions }: Repeated): Promise<World> {
  const platform = { newPasswordEndsSessions: endsSessions };
  const world = createWorld({ transport: 'rest', holdsOn: true, platform });
  world.restLink.repeated = operation;
  world.plan.decide = (call) => (call.index === index ? fate : 'ok');
  const { rotated } = await world.rotate();
  for (let recovery = 0; !rotated && recovery < 3; recovery += 1) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  world.restLink.repeated = undefined;
  return world;
}

/** The password was changed and its answer is gone: announced as lost, and never as a wrong stored password. */
async function judgeLoss(world: World, name: string): Promise<string> {
  mustHold(world, name);
  if (world.state().journal.state === 'unknown') await helpToProbe(world, name);
  const { journal } = world.state();
  assert.equal(journal.state, 'lost', name);
  assert(announced(world).includes('password-lost'), `${name}: ${announced(world).join(', ')}`);
  const troubles = world.aws.published.map((event) => ('trouble' in event ? event.trouble : event.event));
  assert(!troubles.includes('stored-password-refused'), `${name}: ${troubles.join(', ')}`);
  const { failures, getNewPasswords } = world.truth();
  assert(failures <= 3 && getNewPasswords <= 2, `${name}: ${failures} failures, ${getNewPasswords} resets`);
  world.restoreByHand('Restored By Support 7');
  world.advance(60 * MINUTE_MS);
  await mustRotate(world, name);
  mustHold(world, name);
  return 'lost and announced';
}
