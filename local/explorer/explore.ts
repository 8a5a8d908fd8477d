import type { Call } from '../gateway/gateway.ts';
import { type Boundary, boundariesOf, type ExplorerFate, faultsAt, faulty } from './fault.ts';
import { type Disturbance, type HistoryOptions, playHistory, type Verdict } from './history.ts';
import { actsAt, byPerson } from './person-acts.ts';
import { type Stage, type StageOptions, setStage } from './stage.ts';
import { tunnelFaultsAt } from './tunnels.ts';

type ExploreOptions = StageOptions &
  HistoryOptions & {
    fates: readonly ExplorerFate[];
    /** Also lets people act at every remote call. @default false */
    people?: boolean;
    /** Takes some of the histories. @default all */
    choose?: (all: readonly Disturbance[]) => readonly Disturbance[];
    /** Begins no further history after one that broke a guarantee. @default false */
    stopsAtViolation?: boolean;
    /** The number of histories at a time. A history that waits for a service costs no time of the processor. @default 2 */
    parallel?: number;
    onVerdict?: (verdict: Verdict, done: number, of: number) => void;
  };

/** The calls of undisturbed rotations of the bundle: of a username's first one, and of a later one. */
export type Recorded = { first: Boundary[]; later: Boundary[] };

/** Records two undisturbed rotations of the bundle. */
export async function recordRotations(options: StageOptions = {}): Promise<Recorded> {
  const stage = await setStage(options);
  try {
    const first = boundariesOf(await rotateUndisturbed(stage));
    return { first, later: boundariesOf(await rotateUndisturbed(stage)) };
  } finally {
    await stage.world.close();
  }
}

/** Over REST a rotation asks for a bearer when the one before has ended: each history begins an hour later. */
const HOUR_MS = 60 * 60_000;

async function rotateUndisturbed({ world, functionCalls }: Stage): Promise<Call[]> {
  const before = functionCalls.length;
  const { succeeded, error } = await world.conductor.rotate(world.secretArn, { attempts: 1 });
  world.clock.advance(HOUR_MS);
  if (!succeeded) throw new Error(`An undisturbed rotation fails with ${error?.errorType}: run npm start.`);
  return functionCalls.slice(before);
}

/** So many histories share a stage, which saves starting functions; its log grows with each. */
const HISTORIES_A_STAGE = 5;

/**
 * Every fate, and every act where people are let in, at every remote call that a rotation was seen to make. A stage begins with a history of a
 * username's first rotation, which makes some calls more before its exchange; the later ones follow on it.
 */
export async function explore(options: ExploreOptions): Promise<Verdict[]> {
  const { choose = (all) => all } = options;
  const { first, later } = await recordRotations(options);
  const exchange = first.findIndex(({ operation }) => operation === 'GetNewPassword');
  const firsts = faultsAt(first.slice(0, exchange), options.fates).map(faulty);
  const laters = faultsAt(later, options.fates).map(faulty);
  if (options.people) laters.push(...actsAt(later).map(byPerson));
  // The other faults are those of worlds without a proxy.
  if (options.proxied) laters.splice(0, Number.POSITIVE_INFINITY, ...tunnelFaultsAt(later));
  if (options.proxied) firsts.length = 0;
  const chosen = new Set(choose([...firsts, ...laters]));
  const isChosen = (disturbance: Disturbance) => chosen.has(disturbance);
  return playAll(firsts.filter(isChosen), laters.filter(isChosen), options);
}

async function playAll(
  firsts: Disturbance[],
  laters: Disturbance[],
  options: ExploreOptions,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const total = firsts.length + laters.length;
  const playOne = async (disturbance: Disturbance, stage: Stage): Promise<boolean> => {
    const verdict = await playHistory(disturbance, stage, options);
    verdicts.push(verdict);
    options.onVerdict?.(verdict, verdicts.length, total);
    const held = verdict.violations.length === 0;
    if (!held && options.stopsAtViolation) firsts.length = laters.length = 0;
    // A broken guarantee would show again in the next history.
    return held;
  };
  const worker = async () => {
    while (firsts.length + laters.length > 0) {
      const stage = await setStage(options);
      try {
        const begin = firsts.shift();
        if (begin === undefined) await rotateUndisturbed(stage);
        else if (!(await playOne(begin, stage))) continue;
        for (let played = 1; played < HISTORIES_A_STAGE; played += 1) {
          const next = laters.shift();
          if (!next || !(await playOne(next, stage))) break;
        }
      } finally {
        await stage.world.close();
      }
    }
  };
  await Promise.all(Array.from({ length: options.parallel ?? 2 }, worker));
  return verdicts;
}

/** `86 histories: 80 rotated, 4 recovered, 2 lost; 0 violations`. */
export function summaryOf(verdicts: readonly Verdict[]): string {
  const ended = (end: Verdict['end']) => verdicts.filter((verdict) => verdict.end === end).length;
  const bad = verdicts.filter(({ violations }) => violations.length > 0).length;
  return (
    `${verdicts.length} histories: ${ended('rotated')} rotated, ${ended('recovered')} recovered, ` +
    `${ended('lost')} lost and announced; ${bad} with violations`
  );
}
