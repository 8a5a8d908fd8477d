import assert from 'node:assert/strict';
import { seededRandom } from '../../local/thingspace/random.ts';
import { aftermath } from '../ledger/schedules/aftermath.ts';
import { play, type Tally } from '../ledger/schedules/play.ts';
import { drawSchedule, type Step, shorten } from '../ledger/schedules/step.ts';
import { firstSeed, type History, type Suite } from './history.ts';

const BUDGETS = { limit: 5, budget: 3, rotation: 2 };
const HISTORIES = 100;
/** Schedules a history: one alone takes less than a tenth of a millisecond. */
const SCHEDULES = 1_000;
/** The sample's share: enough to meet everything of `REACHED`. */
const SAMPLED = 10;

/** Random schedules of rotations, operators, and fleets of clients around one ledger (G2). */
export const schedules: Suite = {
  name: 'schedules',
  playsOnce: true,
  histories: async () =>
    Array.from({ length: HISTORIES }, (_, at) => historyOf(firstSeed() + at * SCHEDULES, at)),
};

/** Events of the schedules that were played in this process, so that a test sees what they reached. */
export const tally: Tally = {};

function historyOf(seed: number, at: number): History {
  return {
    name: `seeds ${seed} to ${seed + SCHEDULES - 1}`,
    kinds: at < SAMPLED ? [`sample ${at}`] : [],
    play: async () => {
      const { stackTraceLimit } = Error;
      // A refusal is an Error; its stack trace costs more than the whole transition.
      Error.stackTraceLimit = 0;
      try {
        for (let n = seed; n < seed + SCHEDULES; n += 1) {
          const steps = drawSchedule(seededRandom(n));
          if (fault(steps, tally) !== undefined) assert.fail(report(n, steps));
        }
      } finally {
        Error.stackTraceLimit = stackTraceLimit;
      }
      return `${SCHEDULES} schedules held`;
    },
  };
}

/** The first violation of a schedule, while it is played or afterwards. */
function fault(steps: Step[], tally: Tally, say?: (line: string) => void): string | undefined {
  const { actors, fleet, violation } = play(steps, BUDGETS, tally, say);
  if (violation !== undefined) return violation;
  say?.('--- everything in flight ends; a person stores the right password; hours pass');
  return aftermath(actors, fleet, tally);
}

/** A failing schedule for its reader: the seed, and the shortest history with the same fault. */
function report(seed: number, steps: Step[]): string {
  const kindOf = (text: string | undefined) => text?.replaceAll(/[\d:.TZ-]+/g, '#');
  const wanted = kindOf(fault(steps, {}));
  const shortest = shorten(steps, (shorter) => kindOf(fault(shorter, {})) === wanted);
  const history: string[] = [];
  const said = fault(shortest, {}, (line) => history.push(line));
  return [`seed ${seed}: ${said}`, ...history].join('\n');
}
