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

/** The verdict of the operator's tool; `wellness` as in `status --json`. `waits`: its first advice is to wait. */
export type Said = { wellness: 'well' | 'goes-on' | 'act'; finding: string; waits: boolean };

/** `goesOn`: not solved yet, and nothing is left for the operator to do until it is. */
export type Judgement = { solved: boolean; goesOn: boolean; lines: string[] };

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

/**
 * Solved: the credential works, the tool says that all is well, and nothing was broken on the way.
 * @param section the section of the runbook that leads out of it
 */
export function judge(
  { best }: Situation,
  section: string,
  works: boolean,
  said: Said,
  seen: Observed,
): Judgement {
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
  const solved = missing.length === 0;
  const mayWait = said.wellness === 'goes-on' || said.waits;
  const goesOn = !solved && mayWait && !seen.locked && better.length === 0;
  return {
    solved,
    goesOn,
    lines: [
      ...(goesOn ? GOES_ON : [solved ? 'SOLVED.' : 'NOT SOLVED YET.', ...missing]),
      spent,
      ...(solved && better.length === 0 ? ['No other way is better.'] : better),
      `The way out: ${section}`,
    ],
  };
}

const GOES_ON = [
  'RIGHT SO FAR: it goes on by itself, and you need do nothing now. `status` says until when.',
  '`forward <minutes>` lets the time pass, and `check` plays the daily check; then `done` again.',
];

const PLURALS = {
  'failed log-in': 'failed log-ins',
  'call to support': 'calls to support',
  'new password': 'new passwords',
} as const;

const count = (number: number, what: keyof typeof PLURALS): string =>
  `${number} ${number === 1 ? what : PLURALS[what]}`;

const more = (spent: number, least: number, what: keyof typeof PLURALS): string[] =>
  spent > least ? [`Better: ${count(least, what)} would have been enough, and it took ${spent}.`] : [];
