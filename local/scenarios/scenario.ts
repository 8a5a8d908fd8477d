import { type Listener, recordTimeline } from '../timeline/record.ts';
import { type Check, logInsOf, type Report } from '../timeline/report.ts';
import type { World, WorldOptions } from '../world.ts';

/** One story: the fault, the retries, and what must be true at the end. */
export type Scenario = {
  name: string;
  /** The lesson of the scenario: one sentence. */
  shows: string;
  world?: WorldOptions;
  /** It makes too many calls for a timeline: the checks are all that is shown. */
  summary?: boolean;
  /** Plays fault and retries to the end; what it finds along the way are checks too. `show` is for people. */
  play(world: World, show: (text: string) => void): Promise<Check[]>;
};

export const check = (what: string, held: boolean): Check => ({ what, held });

/** Plays a scenario in a world that is up, and tells what happens while it happens. */
export async function play(
  scenario: Scenario,
  world: World,
  listener?: Listener,
  show: (text: string) => void = () => undefined,
): Promise<Report> {
  const startedAtMs = performance.now();
  const timeline = recordTimeline(world, listener);
  const checks = await scenario.play(world, show);
  timeline.stop();
  return {
    title: scenario.name,
    entries: timeline.entries,
    checks,
    durationMs: Math.round(performance.now() - startedAtMs),
    logIns: logInsOf(timeline.entries, {
      budget: Number(world.env.LOCKOUT_BUDGET),
      limit: Number(world.env.LOCKOUT_LIMIT),
    }),
  };
}
