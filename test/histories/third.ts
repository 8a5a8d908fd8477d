/** Which third of a long list the gate plays: another one each day, because it has no time for all. */
export type Third = 0 | 1 | 2;

const DAY_MS = 24 * 60 * 60_000;

export const todaysThird = (nowMs = Date.now()): Third => (Math.floor(nowMs / DAY_MS) % 3) as Third;

/** @returns the whole list without a third */
export const thirdOf = <T>(all: readonly T[], third: Third | undefined): readonly T[] =>
  third === undefined ? all : all.filter((_, at) => at % 3 === third);
