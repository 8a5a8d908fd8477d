import assert from 'node:assert/strict';
import { meaningOf } from '../../lambda/thingspace/codes.ts';
import { readNewPassword } from '../../lambda/thingspace/read-new-password.ts';
import { ODD_ANSWERS, type OddAnswer } from '../../local/thingspace/rest/odd-answers.ts';
import { mustBeLive, mustHold } from '../world/judge.ts';
import type { RestOperation } from '../world/memory-rest.ts';
import { followAdvice } from '../world/people.ts';
import { createWorld, type Ended, MINUTE_MS, type World } from '../world/world.ts';
import type { History, Suite } from './history.ts';

type Odd = { operation: RestOperation; when: 'before' | 'after'; answer: OddAnswer };

const OPERATIONS: readonly RestOperation[] = ['LogIn', 'GetNewPassword', 'LogOut', 'GetBearer'];

/** Each odd answer of the REST API at each operation of a rotation, before and after the effect; then all is well. */
export const oddAnswers: Suite = {
  name: 'odd answers',
  playsOnce: true,
  restShare: 8,
  histories: async () =>
    OPERATIONS.flatMap((operation) =>
      (['before', 'after'] as const).flatMap((when) =>
        ODD_ANSWERS.map((answer) => ({ operation, when, answer }))
          .filter(isPossible)
          .map(historyOf),
      ),
    ),
};

/** Leaves out answers that contradict what they prove: no reader can tell such a lie from the truth. */
function isPossible({ operation, when, answer }: Odd): boolean {
  if (operation === 'LogOut' || operation === 'GetBearer') return true;
  const member = operation === 'LogIn' ? 'sessionToken' : 'newPassword';
  const bytes = answer.bytes({
    member: 'newPassword',
    value: 'x',
    bearer: '',
    apiKey: '',
    password: '',
    path: member,
  });
  const read = readNewPassword({
    transport: 'rest',
    body: Buffer.from(bytes.body),
    httpStatus: bytes.status,
    contentType: bytes.headers['content-type'],
    contentEncoding: bytes.headers['content-encoding'],
  });
  if (read.outcome === 'done') return when === 'after';
  if (read.outcome !== 'refused') return true;
  const { exchangeChangedNothing, certainlyCredentials, logInCounts } = meaningOf(read.code, 'rest');
  if (operation === 'LogIn') return !certainlyCredentials && (when === 'before' || logInCounts);
  return when === 'before' || exchangeChangedNothing !== 'proven';
}

function historyOf(odd: Odd): History {
  const { operation, when, answer } = odd;
  const name = `${answer.name}, ${when} ${operation}`;
  return {
    name,
    kinds: [`${operation}, ${when}`, answer.shape ?? `fits: ${answer.fits}`],
    play: () => judge(odd, name),
  };
}

async function play(odd: Odd): Promise<World> {
  const world = createWorld({ transport: 'rest' });
  await world.rotate();
  world.advance(90 * 24 * 60 * MINUTE_MS);
  world.restLink.odd = odd;
  const { rotated } = await world.rotate();
  for (let recovery = 0; !rotated && recovery < 2; recovery += 1) {
    world.advance(25 * MINUTE_MS);
    await world.recover();
  }
  world.endOdd();
  world.advance(24 * 60 * MINUTE_MS);
  await world.recover();
  return world;
}

/** The next rotations, or the advice of their messages, lead to a password that works. */
async function judge(odd: Odd, name: string): Promise<string> {
  const world = await play(odd);
  mustHold(world, name);
  const { getNewPasswords } = world.truth();
  assert(getNewPasswords <= 2, `${name}: ${getNewPasswords - 1} resets`);
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
  assert(!world.truth().locked, `${name}: locked`);
  mustBeLive(world, name);
  return done.length === 0 ? 'rotated by itself' : `advice followed: ${done.at(-1)}`;
}

const messageOf = (ended: Ended | undefined): string =>
  ended && 'error' in ended ? ended.error.message : '';
