import type { Transport } from '../../lambda/thingspace/api.ts';
import { explore } from '../../local/explorer/explore.ts';
import { type ExplorerFate, fatesOver } from '../../local/explorer/fault.ts';
import type { Disturbance, Verdict } from '../../local/explorer/history.ts';
import { built } from '../built.ts';
import { sampleOf } from './history.ts';

/** A lost request is a lost answer that had no effect; AWS's throttling is played in memory. */
const LEFT_OUT: readonly ExplorerFate[] = ['request-lost', 'throttled'];

type Options = {
  choose: (all: readonly Disturbance[]) => readonly Disturbance[];
  transport?: Transport;
  /** Through a proxy, with its faults at every tunnel. */
  proxied?: boolean;
  onVerdict?: (verdict: Verdict, done: number, of: number) => void;
};

/** Histories of the real bundle: deaths by SIGKILL, faults, and acts of operators. Stops at the first violation. */
export async function exploreBundle({ transport = 'soap', ...options }: Options): Promise<Verdict[]> {
  await built('rotation');
  const fates = fatesOver(transport).filter((fate) => !LEFT_OUT.includes(fate));
  return explore({ parallel: 4, stopsAtViolation: true, ...options, transport, fates, people: true });
}

/** The histories through a proxy that `npm test` plays, and how each ends. */
export const FEW_PROXIED: Readonly<Record<Transport, Readonly<Record<string, Verdict['end']>>>> = {
  soap: {
    'the proxy at LogIn no. 1: answers 200 with a page': 'rotated',
    'the proxy at GetNewPassword no. 1: its password has changed': 'rotated',
    'the proxy at GetNewPassword no. 1: breaks the tunnel behind the request (response-lost)': 'lost',
  },
  rest: {
    'the proxy at GetBearer no. 1: refuses (403)': 'rotated',
    'the proxy at GetNewPassword no. 1: another certificate': 'rotated',
  },
};
export const fewProxied =
  (transport: Transport) =>
  (all: readonly Disturbance[]): Disturbance[] =>
    all.filter(({ title }) => title in FEW_PROXIED[transport]);

/** Leaves out the sample, which `npm test` plays. */
export function restOf(all: readonly Disturbance[]): Disturbance[] {
  const sample = new Set(sampleForTest(all));
  return all.filter((disturbance) => !sample.has(disturbance));
}

/** The two histories in which ThingSpace made the answer and no process read it. */
export const LOST = [
  'killed-after thingspace:GetNewPassword no. 1',
  'response-lost thingspace:GetNewPassword no. 1',
];
/** `npm test` plays so few: each takes a second, and the same rules are played in memory. */
export const sampleForTest = (all: readonly Disturbance[]): Disturbance[] => [
  ...new Set([
    ...all.filter(({ title }) => LOST.includes(title)),
    ...sampleOf(all).filter((_, at) => at % 3 === 0),
  ]),
];

/** The histories over REST that `npm test` plays, and how each ends. The others are played over SOAP in the same run. */
export const FEW_OVER_REST: Readonly<Record<string, Verdict['end']>> = {
  'killed-before thingspace:GetBearer no. 1': 'rotated',
  'odd-after (B 900901 under 500) thingspace:GetBearer no. 1': 'rotated',
  'flawed-head (a length of zero) thingspace:GetNewPassword no. 1': 'rotated',
  'repeated thingspace:GetNewPassword no. 1': 'lost',
  'odd-before (B 900901 under 401) thingspace:GetNewPassword no. 1': 'rotated',
};
export const fewOverRest = (all: readonly Disturbance[]): Disturbance[] =>
  all.filter(({ title }) => title in FEW_OVER_REST);

/** `npm run verify` samples over REST: the rules are the same, and each history of the bundle costs a second. */
export const sampleOverRest = (all: readonly Disturbance[]): Disturbance[] => [
  ...new Set([...fewOverRest(all), ...sampleOf(all)]),
];
