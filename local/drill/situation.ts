import type { World, WorldOptions } from '../world.ts';

/** A situation that an operator meets, made by the real function in a world that is up. */
export type Situation = {
  name: string;
  /** A line for the choice of a situation; it gives away no more than its reader may know before. */
  shows: string;
  world?: WorldOptions;
  /** The section of docs/runbook.md that leads out of it, where no message does. */
  section?: string;
  /** The costs of the way out for an operator who follows the messages: failed log-ins, and calls to support. */
  best: { failures: number; calls: number };
  /** Plays the events before the operator comes; its faults are over when it resolves. */
  arise(world: World): Promise<void>;
  /** A step that only a colleague with other rights can take, where the messages send to one. */
  colleague?: { offers: string; does(world: World): string };
};

export const MINUTE_MS = 60_000;
/** Longer than a request that got no answer may still be executed. */
export const SETTLED_MS = 25 * MINUTE_MS;
