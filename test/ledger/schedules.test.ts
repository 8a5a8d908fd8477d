import { expect, test } from 'vitest';
import { seededRandom } from '../../local/thingspace/random.ts';
import { aftermath } from './schedules/aftermath.ts';
import { play, type Tally } from './schedules/play.ts';
import { drawSchedule, type Step, shorten } from './schedules/step.ts';

const SCHEDULES = Number(process.env.SCHEDULES ?? 100_000);
const BASE_SEED = Number(process.env.SCHEDULE_SEED ?? 20_260_105);
const BUDGETS = { limit: 5, budget: 3, rotation: 2 };

/** What is wrong with a schedule, while it is played or afterwards. */
function fault(steps: Step[], tally: Tally, say?: (line: string) => void): string | undefined {
  const { actors, fleet, violation } = play(steps, BUDGETS, tally, say);
  if (violation !== undefined) return violation;
  say?.('--- everything in flight ends; a person stores the right password; hours pass');
  return aftermath(actors, fleet, tally);
}

/** A failing schedule as a person reads it: its seed, and the shortest history with the same fault. */
function report(seed: number, steps: Step[]): string {
  const kindOf = (text: string | undefined) => text?.replaceAll(/[\d:.TZ-]+/g, '#');
  const wanted = kindOf(fault(steps, {}));
  const shortest = shorten(steps, (shorter) => kindOf(fault(shorter, {})) === wanted);
  const history: string[] = [];
  const said = fault(shortest, {}, (line) => history.push(line));
  return [`SCHEDULE_SEED=${seed} SCHEDULES=1: ${said}`, ...history].join('\n');
}

test(`in ${SCHEDULES} random schedules the platform never counts more than the ledger, our failures stay within the budget, and a correct secret is usable afterwards`, () => {
  const { stackTraceLimit } = Error;
  // A refusal is an Error; its stack trace costs more than the whole transition.
  Error.stackTraceLimit = 0;
  const tally: Tally = {};
  try {
    for (let seed = BASE_SEED; seed < BASE_SEED + SCHEDULES; seed += 1) {
      const steps = drawSchedule(seededRandom(seed));
      if (fault(steps, tally) !== undefined) expect.fail(report(seed, steps));
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  console.log(`${SCHEDULES} schedules from seed ${BASE_SEED}:`, tally);
  // The schedules must have reached what they are about.
  for (const what of REACHED) expect(tally[what] ?? 0, what).toBeGreaterThan(SCHEDULES / 5_000);
}, 180_000);

const REACHED = [
  'granted',
  'exchange granted',
  'platform said no',
  'answer lost',
  'owner died',
  'settled twice',
  'executed after its owner had gone',
  'answered after it was swept',
  'BudgetSpentError',
  'RefusedPasswordError',
  'ReplacedPasswordError',
  'WaitAfterUnknownError',
  'ExchangeInProgressError',
  'CredentialLostError',
  'the journal was unknown, is lost',
  'the journal was unknown, is idle',
  'the journal was lost, is idle',
  'a newer password overtakes',
  'both passwords are refused',
  'a dead password is put right',
  'a client asks: use',
  'a client asks: others',
  'a client asks: stopped',
  'a client is refused',
  'a client opens a session for all',
  'a client lost its lease',
  'a client drops its session',
  'a client dies at lease',
  'a client dies at secret',
  'a client dies at log-in',
  'a client dies at session',
  'afterwards: an app logs in by itself',
  'afterwards: a trial helps',
  'afterwards: support must unlock',
];
