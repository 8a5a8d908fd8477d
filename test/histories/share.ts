/** One history or rule of so many, another one each day: the gate has no time for all. */
export type Share = { of: number; today: number };

const DAY_MS = 24 * 60 * 60_000;

/** @param of undefined: all are played */
export const todaysShare = (of: number | undefined, nowMs = Date.now()): Share | undefined =>
  of === undefined ? undefined : { of, today: Math.floor(nowMs / DAY_MS) % of };

export const shareOf = <T>(all: readonly T[], share: Share | undefined): readonly T[] =>
  share === undefined ? all : all.filter((_, at) => at % share.of === share.today);
