/**
 * Every so many of a list, as `npm test` plays it. The project "verify" of vitest.config.ts sets THOROUGH, and plays
 * the whole list, or every so many of it, where another suite plays the same rules whole.
 */
export const sampled = <T>(all: readonly T[], step: number, thoroughStep = 1): readonly T[] => {
  const every = process.env.THOROUGH === '1' ? thoroughStep : step;
  return all.filter((_, index) => index % every === 0);
};

/** The whole numbers from 1 on, of a list of calls or bytes. */
export const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
