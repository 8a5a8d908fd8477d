import type { Clock } from '../clock.ts';

/** The pauses between reads of a missing version or label: reads are eventually consistent. */
const PAUSES_MS = [100, 200, 400, 800, 1_600, 2_000];

/** Asks again, for some seconds, until there is an answer. */
export async function untilVisible<T>(
  clock: Clock,
  deadlineMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const pauseMs of PAUSES_MS) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (clock.nowMs() + pauseMs >= deadlineMs) return undefined;
    await clock.sleep(pauseMs);
  }
  return ask();
}
