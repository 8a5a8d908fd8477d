/** A seeded source of choices: the same seed gives the same world. */
export interface Random {
  /** An integer from 0 up to, but not including, `bound`. */
  below(bound: number): number;
  pick<T>(choices: readonly T[]): T;
  /** True once in `n` times on average. */
  oneIn(n: number): boolean;
}

/** Mulberry32: small, well spread, good enough for choices (never for real secrets). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (bound: number): number => next() % bound;
  return {
    below,
    pick: <T>(choices: readonly T[]): T => {
      if (choices.length === 0) throw new RangeError('There is nothing to choose from.');
      return choices[below(choices.length)] as T;
    },
    oneIn: (n) => below(n) === 0,
  };
}
