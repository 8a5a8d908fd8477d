import type { World, WorldOptions } from '../world.ts';

/** A guarantee looked at after the fact. `what` says what must hold. */
export type Check = { what: string; held: boolean };

/** One story: the fault, the retries, and what must be true at the end. */
export type Scenario = {
  name: string;
  /** What it shows: one sentence. */
  shows: string;
  world?: WorldOptions;
  /** Plays fault and retries to the end; what it finds along the way are checks too. */
  play(world: World): Promise<Check[]>;
};

export const check = (what: string, held: boolean): Check => ({ what, held });
