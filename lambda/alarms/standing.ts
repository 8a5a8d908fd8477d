import type { Standing } from './event.ts';

/** Log-ins that may still fail before the platform locks the username. */
export const leftOf = ({ exposure, limit }: Standing): number => Math.max(0, limit - exposure);

/** "2 of 5 used (1 of them only possible), 3 left; we stop at 3" */
export function standingWords(standing: Standing): string {
  const { exposure, limit, budget, possible = 0 } = standing;
  const perhaps = possible > 0 ? ` (${possible} of them only possible)` : '';
  const ours = exposure >= budget ? `we have stopped (at ${budget})` : `we stop at ${budget}`;
  return `${exposure} of ${limit} used${perhaps}, ${leftOf(standing)} left; ${ours}`;
}
