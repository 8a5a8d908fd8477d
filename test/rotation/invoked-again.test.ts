import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { announced } from '../world/judge.ts';
import { createWorld, type Ended, type World } from '../world/world.ts';

/** An SDK that waits 60 s for an invocation invokes once more: two createSecret of one token at once. */

/** More than createSecret makes. */
const CALLS = 26;

type Overlap = {
  world: World;
  /** The invocation that was first, and the one that came while the first was under way. */
  ended: Ended[];
  token: string;
};

/** The first waits before its call no. `index`; the second begins, and runs until it ends or waits for time to pass. */
async function overlapAt(
  index: number,
  laterMs: number,
  again: 'createSecret' | 'the daily check',
): Promise<Overlap> {
  const secondRests = Promise.withResolvers<void>();
  let resting = () => {};
  let nowMs = Date.UTC(2026, 0, 5);
  const clock = {
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      const wakeMs = nowMs + ms;
      resting();
      await new Promise(setImmediate);
      nowMs = Math.max(nowMs, wakeMs);
    },
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
  const world = createWorld({ clock });
  const token = randomUUID();
  world.aws.stage(token);
  const reached = Promise.withResolvers<void>();
  let calls = 0;
  world.gate.before = async () => {
    calls += 1;
    if (calls !== index) return;
    reached.resolve();
    await secondRests.promise;
  };
  const first = world.step('createSecret', token);
  await Promise.race([reached.promise, first]);
  // Only the first is held.
  calls = CALLS + 1;
  world.advance(laterMs);
  resting = secondRests.resolve;
  const second = again === 'createSecret' ? world.step('createSecret', token) : world.recover();
  await Promise.race([second, secondRests.promise]);
  secondRests.resolve();
  return { world, ended: await Promise.all([first, second]), token };
}

/** Errors that say: not now, and nothing is wrong. */
const NOT_NOW = /^(ExchangeInProgressError|ThingSpaceUnreachableError|ReservationExpiredError)$/;

const inWords = (ended: Ended): string =>
  'error' in ended ? `${ended.error.name}: ${ended.error.message}` : ended.outcome;

/** The faults in the end state, once the rotation has been finished. */
async function judge({ world, ended, token }: Overlap): Promise<string[]> {
  const wrong = ended.flatMap((one) =>
    'error' in one && !NOT_NOW.test(one.error.name) ? [inWords(one)] : [],
  );
  if (ended.every(({ outcome }) => outcome !== 'done')) wrong.push('neither ends well');
  const { trouble } = world.state();
  // A first invocation that was held for a minute no longer sends: its failure is not announced.
  if (trouble && (trouble.kind !== 'rotation-failing' || trouble.saidAt > 0))
    wrong.push(`the trouble ${trouble.kind} is noted`);
  world.gate.before = undefined;
  const { rotated } = await world.rotate({ token });
  if (!rotated) wrong.push('the rotation does not end');
  if (world.truth().getNewPasswords !== 1) wrong.push(`${world.truth().getNewPasswords} passwords were made`);
  if (world.currentPassword() !== world.truth().password) wrong.push('AWSCURRENT is dead');
  // A log-in that was reserved before the exchange and arrived after it counts, so it is announced.
  const refused = Array.from({ length: world.truth().failures }, () => 'failed-log-in').join();
  const messages = announced(world).toSorted().join();
  const good = ['rolled-forward', 'password-rotated'].map((end) => [refused, end].filter(Boolean).join());
  if (!good.includes(messages)) wrong.push(`announced: ${messages}`);
  return [...wrong, ...world.violations];
}

/** A first invocation that is held for a minute no longer sends: the daily check announces its failure. */
test.each([
  ['createSecret', 0],
  ['createSecret', 60_000],
  ['the daily check', 0],
  ['the daily check', 30_000],
] as const)(
  'Makes one password and reports no refusal when %s begins %i ms later, at any call of createSecret',
  async (again, laterMs) => {
    const wrong: string[] = [];
    for (let index = 1; index <= CALLS; index += 1) {
      const overlap = await overlapAt(index, laterMs, again);
      for (const what of await judge(overlap)) wrong.push(`at call ${index}: ${what}`);
    }
    expect(wrong).toEqual([]);
  },
);
