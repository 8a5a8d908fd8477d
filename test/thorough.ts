/**
 * Every so many of a list, as `npm test` plays it. The project "verify" of vitest.config.ts sets THOROUGH, and plays
 * the whole list.
 */
export const sampled = <T>(all: readonly T[], step: number): readonly T[] =>
  process.env.THOROUGH === '1' ? all : all.filter((_, index) => index % step === 0);

/** The whole numbers from 1 on, of a list of calls or bytes. */
export const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
