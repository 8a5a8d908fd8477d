import { awsError } from '../gateway/aws-error.ts';
import type { Call, Fate } from '../gateway/call.ts';
import type { Stage } from './stage.ts';

/** A remote call of an undisturbed rotation: the `nth` of its kind, counted from 1. */
export type Boundary = { service: string; operation: string; nth: number };

/** What may befall a call. The outages begin with it and hold until the first process has ended. */
export const FATES = [
  'killed-before',
  'killed-after',
  'request-lost',
  'response-lost',
  'throttled',
  'denied',
] as const;
export type FaultFate = (typeof FATES)[number];
export type Fault = Boundary & { fate: FaultFate };

/** The calls of one undisturbed rotation: the list that every fault is tried on. */
export function boundariesOf(calls: readonly Pick<Call, 'service' | 'operation'>[]): Boundary[] {
  const count = counter();
  return calls.map(({ service, operation }) => ({ service, operation, nth: count({ service, operation }) }));
}

/** AWS throttles and denies; ThingSpace is not known to. */
export function faultsAt(boundaries: readonly Boundary[], fates: readonly FaultFate[]): Fault[] {
  return boundaries.flatMap((boundary) =>
    fates
      .filter((fate) => boundary.service !== 'thingspace' || !isOutage(fate))
      .map((fate) => ({ ...boundary, fate })),
  );
}

export const titleOf = ({ service, operation, nth, fate }: Fault): string =>
  `${fate} ${service}:${operation} no. ${nth}`;

/** Lets a stage's function meet the fault. The answer tells whether it has. */
export function inject(fault: Fault, { world, conductor, functionRuns }: Stage): () => boolean {
  const count = counter();
  let met = false;
  let firstProcessRuns = true;
  conductor.subscribe(({ kind }) => {
    if (kind === 'time-passes' || kind === 'RotationSucceeded') firstProcessRuns = false;
  });
  world.gateway.decide = (call) => {
    if (!functionRuns()) return { kind: 'deliver' };
    const itself = isCallOf(fault, call) && count(call) === fault.nth;
    met ||= itself;
    const inOutage = met && firstProcessRuns && isOutage(fault.fate) && call.service === fault.service;
    return itself || inOutage ? fateOf(fault.fate, call) : { kind: 'deliver' };
  };
  return () => met;
}

const isOutage = (fate: FaultFate): boolean => fate === 'throttled' || fate === 'denied';

const isCallOf = (fault: Boundary, { service, operation }: Call): boolean =>
  service === fault.service && operation === fault.operation;

function fateOf(fate: FaultFate, { service, operation }: Call): Fate {
  switch (fate) {
    case 'killed-before':
      return { kind: 'kill', when: 'before' };
    case 'killed-after':
      return { kind: 'kill', when: 'after' };
    case 'request-lost':
      return { kind: 'lose-request' };
    case 'response-lost':
      return { kind: 'lose-response' };
    case 'throttled':
      return { kind: 'answer', ...awsError(service, 'ThrottlingException', 'Rate exceeded') };
    case 'denied':
      return {
        kind: 'answer',
        ...awsError(service, 'AccessDeniedException', `Not authorized to perform ${operation}`),
      };
  }
}

function counter(): (call: Pick<Call, 'service' | 'operation'>) => number {
  const counts = new Map<string, number>();
  return ({ service, operation }) => {
    const kind = `${service}:${operation}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count;
  };
}
