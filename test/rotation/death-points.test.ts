import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Fate } from '../world/fate.ts';
import { createWorld, MINUTE_MS, type World } from '../world/world.ts';

/** The table at the head of lambda/rotation/change-password.ts, held true row by row. */
const source = readFileSync(new URL('../../lambda/rotation/change-password.ts', import.meta.url), 'utf8');
const rows = new Map(
  [...source.matchAll(/^ \* {3}(\d) (.+?) {2,}(.+?) {2,}(.+)$/gm)].map(([, number, dies, found, then]) => [
    Number(number),
    { dies, found, then },
  ]),
);

type Died = {
  /** The table's text for this point. */
  found: string;
  /** Decides the fates until the process is dead. */
  fates: (names: string[], name: string) => Fate;
  /** The journal that the next invocation finds. */
  journal: string;
  /** Whether the token's version has a value then, and whether AWSCURRENT is on it. */
  tokenHasValue: boolean;
  tokenIsCurrent: boolean;
  failedLogIns: number;
};

const seen = (names: string[], name: string) => names.includes(name);

const DEATHS: Record<number, Died> = {
  1: {
    found: 'idle; it counts as a failure',
    fates: (_, name) => (name === 'LogIn' ? 'killed-before' : 'ok'),
    journal: 'idle',
    tokenHasValue: false,
    tokenIsCurrent: false,
    failedLogIns: 0,
  },
  2: {
    found: 'exchanging, nothing sealed',
    fates: (_, name) => (name === 'GetNewPassword' ? 'killed-before' : 'ok'),
    journal: 'exchanging',
    tokenHasValue: false,
    tokenIsCurrent: false,
    failedLogIns: 0,
  },
  3: {
    found: 'exchanging, line in the log',
    fates: (_, name) => (name === 'stdout' ? 'killed-after' : 'ok'),
    journal: 'exchanging',
    tokenHasValue: false,
    tokenIsCurrent: false,
    failedLogIns: 0,
  },
  4: {
    found: 'received',
    fates: (names, name) => {
      if (name !== 'PutSecretValue') return 'ok';
      return seen(names, 'PutSecretValue') ? 'killed-before' : 'failed-before';
    },
    journal: 'received',
    tokenHasValue: false,
    tokenIsCurrent: false,
    failedLogIns: 0,
  },
  5: {
    found: 'received, the token has a value',
    fates: (_, name) => (name === 'UpdateSecretVersionStage' ? 'killed-before' : 'ok'),
    journal: 'received',
    tokenHasValue: true,
    tokenIsCurrent: false,
    failedLogIns: 0,
  },
  6: {
    found: 'AWSCURRENT holds the sealed value',
    fates: (names, name) =>
      name === 'PutItem' && seen(names, 'UpdateSecretVersionStage') ? 'killed-before' : 'ok',
    journal: 'received',
    tokenHasValue: true,
    tokenIsCurrent: true,
    failedLogIns: 0,
  },
};

async function die({ fates }: Died): Promise<{ world: World; token: string }> {
  const world = createWorld();
  const token = randomUUID();
  world.aws.stage(token);
  const names: string[] = [];
  world.plan.decide = ({ name }) => {
    const fate = fates(names, name);
    names.push(name);
    return fate;
  };
  expect(await world.step('createSecret', token)).toEqual({ outcome: 'killed' });
  world.plan.decide = () => 'ok';
  return { world, token };
}

test('the table has exactly the death points that are played here', () => {
  expect([...rows.keys()]).toEqual(Object.keys(DEATHS).map(Number));
  for (const [number, { found }] of rows) expect(found, `row ${number}`).toBe(DEATHS[number]?.found);
  for (const number of rows.keys())
    expect(source, `the line of point ${number}`).toMatch(new RegExp(`// .*\\b${number}\\b`));
});

describe('a death leaves the state of the table, and the next attempts finish the rotation', () => {
  for (const [number, { dies, found }] of rows) {
    test(`${number} ${dies}: ${found}`, async () => {
      const expected = DEATHS[number] as Died;
      const { world, token } = await die(expected);
      expect(world.state().journal.state).toBe(expected.journal);
      expect(world.aws.versions.get(token)?.value !== undefined).toBe(expected.tokenHasValue);
      expect(world.aws.stages.get('AWSCURRENT') === token).toBe(expected.tokenIsCurrent);

      world.advance(21 * MINUTE_MS);
      const { rotated } = await world.rotate({ token, backoffMs: 25 * MINUTE_MS });
      expect(rotated).toBe(true);
      expect(world.currentPassword()).toBe(world.truth().password);
      expect(world.truth()).toMatchObject({ getNewPasswords: 1, failures: expected.failedLogIns });
      expect(world.violations).toEqual([]);
    });
  }
});
