import type { World } from '../world.ts';
import type { Situation } from './situation.ts';

/** The costs and losses since the operator met the situation. */
export type Observed = {
  /** Log-ins that ThingSpace refused. */
  failures: number;
  /** Calls to support. */
  calls: number;
  /** Passwords that ThingSpace made. */
  made: number;
  locked: boolean;
  /** Writes that put a password which does not work in the place of one that does. */
  overwritten: number;
};

/** The verdict of the operator's tool; `wellness` as in `status --json`. */
export type Said = { wellness: 'well' | 'goes-on' | 'act'; finding: string };

export type Judgement = { solved: boolean; lines: string[] };

/** Watches a world from now on. Source of each number: the simulator, which the product cannot see. */
export function observe(world: World): () => Observed {
  const { platform, username, gateway } = world;
  const before = platform.truth(username);
  const eventsBefore = platform.events.length;
  let overwritten = 0;
  let works = isRight(world);
  gateway.subscribe(({ service }, phase) => {
    if (phase !== 'end') return;
    const now = isRight(world);
    if (service === 'secretsmanager' && works && !now) overwritten += 1;
    works = now;
  });
  return () => {
    const truth = platform.truth(username);
    const since = platform.events.slice(eventsBefore);
    return {
      failures: truth.failures - before.failures,
      calls: since.filter(({ kind }) => kind === 'reset' || kind === 'unlocked').length,
      made: truth.getNewPasswords - before.getNewPasswords,
      locked: truth.locked,
      overwritten,
    };
  };
}

/** Reports whether AWSCURRENT holds the live password. A value that is not JSON does not. */
export function isRight({ platform, username, storedPassword }: World): boolean {
  try {
    return storedPassword() === platform.truth(username).password;
  } catch {
    return false;
  }
}

/** Solved: the credential works, the tool says that all is well, and nothing was broken on the way. */
export function judge(situation: Situation, works: boolean, said: Said, seen: Observed): Judgement {
  const { best, section } = situation;
  const missing = [
    ...(works ? [] : ['AWSCURRENT does not hold the password that works.']),
    ...(seen.locked ? ['The username is locked: apps cannot log in until support unlocks it.'] : []),
    ...(said.wellness === 'well' ? [] : [`\`status\` does not say that all is well: ${said.finding}.`]),
  ];
  const better = [
    ...more(seen.failures, best.failures, 'failed log-in'),
    ...more(seen.calls, best.calls, 'call to support'),
    ...(seen.overwritten > 0 ? ['A password that worked was overwritten by one that does not.'] : []),
  ];
  const spent =
    `Spent: ${count(seen.failures, 'failed log-in')}, ${count(seen.calls, 'call to support')}; ` +
    `${count(seen.made, 'new password')} made; overwritten: ${seen.overwritten}.`;
  return {
    solved: missing.length === 0,
    lines: [
      missing.length === 0 ? 'SOLVED.' : 'NOT SOLVED YET.',
      ...missing,
      spent,
      ...(missing.length === 0 && better.length === 0 ? ['No other way is better.'] : better),
      `The way that the messages lead: docs/runbook.md#${section}`,
    ],
  };
}

const PLURALS = {
  'failed log-in': 'failed log-ins',
  'call to support': 'calls to support',
  'new password': 'new passwords',
} as const;

const count = (number: number, what: keyof typeof PLURALS): string =>
  `${number} ${number === 1 ? what : PLURALS[what]}`;

const more = (spent: number, least: number, what: keyof typeof PLURALS): string[] =>
  spent > least ? [`Better: ${count(least, what)} would have been enough, and it took ${spent}.`] : [];
