import type { Transport } from '../../lambda/thingspace/api.ts';
import { askedAnew } from './asked-anew.ts';
import { oneFault, twoFaults } from './boundaries.ts';
import { fleets } from './fleets.ts';
import { type History, type Suite, sampleOf } from './history.ts';
import { interleavings } from './interleavings.ts';
import { lateLogs } from './late-logs.ts';
import { oddAnswers } from './odd-answers.ts';
import { outages, outagesAndDeaths } from './outages.ts';
import { pauses } from './pauses.ts';
import { people } from './people.ts';
import { repeats } from './repeats.ts';
import { schedules } from './schedules.ts';
import { type Share, shareOf } from './share.ts';
import { standing } from './standing.ts';
import { switches } from './switches.ts';

/** All histories in memory. Their order is the order of `npm run verify`. */
export const suites: readonly Suite[] = [
  people,
  pauses,
  oneFault,
  twoFaults,
  outages,
  outagesAndDeaths,
  lateLogs,
  askedAnew,
  standing,
  interleavings,
  schedules,
  fleets,
  switches,
  repeats,
  oddAnswers,
];

/** The histories of a suite to play. */
export type Choice = {
  /** `thinned`: over both, with a share of those over REST where a suite has many. */
  transport: Transport | 'both' | 'thinned';
  /** Leaves out the sample that `npm test` plays. */
  rest: boolean;
  /** Plays this share alone of a suite with many histories. */
  share?: Share | undefined;
};

/** A suite with fewer takes a few seconds. */
const MANY = 16;

const known = new Map<string, Promise<readonly History[]>>();

/** The chosen histories of a suite in a fixed order. */
export function historiesOf(suiteName: string, choice: Choice): Promise<readonly History[]> {
  const key = JSON.stringify([suiteName, choice]);
  const histories = known.get(key) ?? listOf(suiteName, choice);
  known.set(key, histories);
  return histories;
}

async function listOf(
  suiteName: string,
  { transport, rest, share: ofToday }: Choice,
): Promise<readonly History[]> {
  const suite = suites.find(({ name }) => name === suiteName);
  if (!suite) throw new Error(`There is no suite "${suiteName}".`);
  const share = transport === 'thinned' ? (suite.restShare ?? 1) : 1;
  const wanted = (['soap', 'rest'] as const).filter((one) => one === transport || !isOne(transport));
  const isThinned = (one: Transport) => one === 'rest' || suite.playsOnce === true;
  const lists = (suite.playsOnce ? (['soap'] as const) : wanted).map(async (one) => {
    const all = await historiesOver(suite, one);
    const sample = new Set(sampleOf(all));
    return all.filter((history, at) => {
      if (sample.has(history)) return !rest;
      return !isThinned(one) || at % share === 0;
    });
  });
  const chosen = (await Promise.all(lists)).flat();
  if (suite.isSlow && ofToday) return chosen.filter((_, at) => at === ofToday.today % chosen.length);
  return chosen.length < MANY ? chosen : shareOf(chosen, ofToday);
}

const isOne = (transport: Choice['transport']): transport is Transport =>
  transport === 'soap' || transport === 'rest';

/** All histories of a suite over one API, which their names show. */
export async function historiesOver(suite: Suite, transport: Transport): Promise<readonly History[]> {
  const histories = await suite.histories(transport);
  if (transport === 'soap' || suite.playsOnce) return histories;
  return histories.map((history) => ({ ...history, name: `over REST, ${history.name}` }));
}
