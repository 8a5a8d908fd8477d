import type { Transport } from '../../lambda/thingspace/api.ts';
import { type Fate, type Fault, nameOf } from '../faults.ts';
import { FLAWED_HEADS, type HeadFlaw } from '../gateway/flawed-head.ts';
import type { Call } from '../gateway/gateway.ts';
import type { World } from '../world.ts';
import type { Disturbance } from './history.ts';
import { oddFatesAt } from './odd-fates.ts';

/** A remote call of an undisturbed rotation: the `nth` of its kind, counted from 1. */
export type Boundary = { service: string; operation: string; nth: number };

/** The faults that only a gateway before ThingSpace makes, so REST alone has them. */
const OF_GATEWAYS: readonly Fault[] = ['repeated', 'odd-before', 'odd-after'];
export const fatesOver = (transport: Transport): ExplorerFate[] =>
  FATES.filter((fate) => transport === 'rest' || !OF_GATEWAYS.includes(fate));

/** The faults that each call gets. The outages begin with the call and last until the first process has ended. */
export const FATES = [
  'killed-before',
  'killed-after',
  'request-lost',
  'response-lost',
  'throttled',
  'denied',
  'flawed-head',
  'repeated',
  'odd-before',
  'odd-after',
] as const satisfies Fault[];
export type ExplorerFate = (typeof FATES)[number];
export type PlannedFault = Boundary & { fate: Exclude<Fate, 'ok'> };

/** The calls of one undisturbed rotation: the list that every fault is tried on. */
export function boundariesOf(calls: readonly Call[]): Boundary[] {
  const count = counter();
  return calls.map((call) => ({ service: call.service, operation: call.operation, nth: count(call) }));
}

/** Every head that breaks HTTP, in one packet with the body and before it. */
const flawedHeads = (Object.keys(FLAWED_HEADS) as HeadFlaw[]).flatMap((flaw) =>
  [false, true].map((apart) => ({ fault: 'flawed-head', flaw, apart }) as const),
);

/** AWS throttles and denies; ThingSpace is not known to. The function reads only ThingSpace's heads by itself. */
export function faultsAt(boundaries: readonly Boundary[], fates: readonly ExplorerFate[]): PlannedFault[] {
  return boundaries.flatMap((boundary) => {
    const isThingSpace = boundary.service === 'thingspace';
    return fates.flatMap((fate): PlannedFault[] => {
      const plan = (planned: PlannedFault['fate']): PlannedFault => ({ ...boundary, fate: planned });
      if (fate === 'flawed-head') return isThingSpace ? flawedHeads.map(plan) : [];
      if (fate === 'odd-before' || fate === 'odd-after')
        return isThingSpace ? oddFatesAt(fate, boundary.operation).map(plan) : [];
      if (fate === 'repeated') return isThingSpace ? [plan(fate)] : [];
      return isThingSpace && isOutage(fate) ? [] : [plan(fate)];
    });
  });
}

/** Returns the disturbance of a history by one fault. */
export const faulty = (fault: PlannedFault): Disturbance => ({
  title: `${wordsFor(fault.fate)} ${fault.service}:${fault.operation} no. ${fault.nth}`,
  // AWS's services fail alike whatever they are asked; ThingSpace's operations do not.
  kinds: [
    `${nameOf(fault.fate)} ${fault.service === 'thingspace' ? fault.operation : fault.service}`,
    `at ${fault.operation}`,
    ...oddKinds(fault.fate),
  ],
  begin: ({ world }) => ({ met: inject(fault, world), violations: () => [] }),
});

/** Odd answers are alike when they are of one shape, and when they fit alike. */
const oddKinds = (fate: PlannedFault['fate']): string[] =>
  typeof fate === 'object' && 'odd' in fate ? [`${fate.odd.shape ?? 'success'}, fits: ${fate.odd.fits}`] : [];

function wordsFor(fate: PlannedFault['fate']): string {
  if (typeof fate === 'object' && 'odd' in fate) return `${fate.fault} (${fate.odd.name})`;
  if (typeof fate === 'string' || fate.fault !== 'flawed-head') return nameOf(fate);
  return `${fate.fault} (${fate.flaw}${fate.apart ? ', the body apart' : ''})`;
}

/** Lets a world's function meet the fault. The answer tells whether it has. */
function inject(fault: PlannedFault, { conductor, gateway, functionRuns }: World): () => boolean {
  const count = counter();
  let met = false;
  let firstProcessRuns = true;
  conductor.subscribe(({ kind }) => {
    if (kind === 'time-passes' || kind === 'RotationSucceeded') firstProcessRuns = false;
  });
  gateway.decide = (call) => {
    if (!functionRuns()) return 'ok';
    const ofKind = call.service === fault.service && call.operation === fault.operation;
    const itself = ofKind && count(call) === fault.nth;
    met ||= itself;
    const inOutage = met && firstProcessRuns && isOutage(fault.fate) && call.service === fault.service;
    return itself || inOutage ? fault.fate : 'ok';
  };
  return () => met;
}

const isOutage = (fate: Fate): boolean => fate === 'throttled' || fate === 'denied';

/** Numbers calls by their kind, from 1. */
export function counter(): (call: Call) => number {
  const counts = new Map<string, number>();
  return ({ service, operation }) => {
    const kind = `${service}:${operation}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count;
  };
}
