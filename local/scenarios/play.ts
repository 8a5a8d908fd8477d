import type { Listener } from '../timeline/entry.ts';
import { recordTimeline } from '../timeline/record.ts';
import { logInsOf, type Report } from '../timeline/report.ts';
import type { World } from '../world.ts';
import type { Scenario } from './scenario.ts';

/** Plays a scenario in a world that is up, and tells what happens while it happens. */
export async function play(
  scenario: Pick<Scenario, 'name' | 'play'>,
  world: World,
  listener?: Listener,
): Promise<Report> {
  const startedAtMs = performance.now();
  const timeline = recordTimeline(world, listener);
  const checks = await scenario.play(world);
  timeline.stop();
  return {
    title: scenario.name,
    entries: timeline.entries,
    checks,
    durationMs: Math.round(performance.now() - startedAtMs),
    logIns: logInsOf(timeline.entries, Number(world.env.LOCKOUT_LIMIT)),
  };
}
