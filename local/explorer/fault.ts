import type { Fault } from '../faults.ts';
import type { Call } from '../gateway/gateway.ts';
import type { World } from '../world.ts';
import type { Disturbance } from './history.ts';

/** A remote call of an undisturbed rotation: the `nth` of its kind, counted from 1. */
export type Boundary = { service: string; operation: string; nth: number };

/** What is tried on each. The outages begin with the call and hold until the first process has ended. */
export const FATES = [
  'killed-before',
  'killed-after',
  'request-lost',
  'response-lost',
  'throttled',
  'denied',
] as const satisfies Fault[];
export type ExplorerFate = (typeof FATES)[number];
export type PlannedFault = Boundary & { fate: ExplorerFate };

/** The calls of one undisturbed rotation: the list that every fault is tried on. */
export function boundariesOf(calls: readonly Call[]): Boundary[] {
  const count = counter();
  return calls.map((call) => ({ service: call.service, operation: call.operation, nth: count(call) }));
}

/** AWS throttles and denies; ThingSpace is not known to. */
export function faultsAt(boundaries: readonly Boundary[], fates: readonly ExplorerFate[]): PlannedFault[] {
  return boundaries.flatMap((boundary) =>
    fates
      .filter((fate) => boundary.service !== 'thingspace' || !isOutage(fate))
      .map((fate) => ({ ...boundary, fate })),
  );
}

/** What a history is disturbed with, for one fault. */
export const faulty = (fault: PlannedFault): Disturbance => ({
  title: `${fault.fate} ${fault.service}:${fault.operation} no. ${fault.nth}`,
  kinds: [`${fault.fate} ${fault.operation}`, `${fault.operation} no. ${fault.nth}`],
  begin: ({ world }) => ({ met: inject(fault, world), violations: () => [] }),
});

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

const isOutage = (fate: ExplorerFate): boolean => fate === 'throttled' || fate === 'denied';

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
