import { bundleRotation } from '../../infra/bundle.ts';
import { explore } from '../../local/explorer/explore.ts';
import type { ExplorerFate } from '../../local/explorer/fault.ts';
import type { Disturbance, Verdict } from '../../local/explorer/history.ts';
import { sampleOf } from './history.ts';

const FATES: readonly ExplorerFate[] = [
  'killed-before',
  'killed-after',
  'response-lost',
  'denied',
  'flawed-head',
];

type Options = {
  choose: (all: readonly Disturbance[]) => readonly Disturbance[];
  onVerdict?: (verdict: Verdict, done: number, of: number) => void;
};

/** Histories of the real bundle: deaths by SIGKILL, faults, and acts of operators. Stops at the first violation. */
export async function exploreBundle(options: Options): Promise<Verdict[]> {
  await bundleRotation();
  return explore({ parallel: 4, stopsAtViolation: true, ...options, fates: FATES, people: true });
}

/** Leaves out the sample, which `npm test` plays. */
export function restOf(all: readonly Disturbance[]): Disturbance[] {
  const sample = new Set(sampleOf(all));
  return all.filter((disturbance) => !sample.has(disturbance));
}
