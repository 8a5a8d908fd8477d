import { askedAnew } from './asked-anew.ts';
import { oneFault, twoFaults } from './boundaries.ts';
import { fleets } from './fleets.ts';
import { type History, type Suite, sampleOf } from './history.ts';
import { interleavings } from './interleavings.ts';
import { lateLogs } from './late-logs.ts';
import { outages, outagesAndDeaths } from './outages.ts';
import { people } from './people.ts';
import { schedules } from './schedules.ts';
import { standing } from './standing.ts';

/** All histories in memory. Their order is the order of `npm run verify`. */
export const suites: readonly Suite[] = [
  people,
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
];

const known = new Map<string, Promise<readonly History[]>>();

/** The histories of a suite in a fixed order; with `rest` without the sample that `npm test` plays. */
export function historiesOf(suiteName: string, rest: boolean): Promise<readonly History[]> {
  const key = `${suiteName}, ${rest}`;
  const histories = known.get(key) ?? listOf(suiteName, rest);
  known.set(key, histories);
  return histories;
}

async function listOf(suiteName: string, rest: boolean): Promise<readonly History[]> {
  const suite = suites.find(({ name }) => name === suiteName);
  if (!suite) throw new Error(`There is no suite "${suiteName}".`);
  const all = await suite.histories();
  if (!rest) return all;
  const sample = new Set(sampleOf(all));
  return all.filter((history) => !sample.has(history));
}
