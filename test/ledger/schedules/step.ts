import type { Random } from '../../../local/thingspace/random.ts';

/** The steps that may happen next, with how often each one does beside the others. */
const WEIGHTS = {
  app: 4,
  client: 3,
  crash: 1,
  rotation: 3,
  exchange: 5,
  trial: 1,
  send: 2,
  execute: 4,
  answer: 4,
  'give-up': 2,
  die: 1,
  repeat: 1,
  time: 4,
  store: 2,
  commit: 1,
  finish: 1,
  recover: 2,
  person: 2,
  support: 1,
  unlock: 1,
  unlocked: 1,
};
type Kind = keyof typeof WEIGHTS;

const bag = (weights: Partial<Record<Kind, number>>): Kind[] =>
  (Object.keys(weights) as Kind[]).flatMap((kind) => Array<Kind>(weights[kind] ?? 0).fill(kind));

/** The kinds of schedules, each mostly about one thing: rare histories need others of their kind beside them. */
const BAGS = [
  bag(WEIGHTS),
  // Many log-ins side by side.
  bag({
    app: 6,
    trial: 3,
    send: 2,
    execute: 5,
    answer: 5,
    'give-up': 1,
    time: 2,
    person: 3,
    unlock: 2,
    unlocked: 2,
  }),
  // Exchanges whose owners come late or never.
  bag({
    rotation: 3,
    exchange: 6,
    execute: 5,
    answer: 3,
    die: 2,
    'give-up': 2,
    time: 8,
    recover: 8,
    support: 3,
    store: 1,
  }),
  // People who change the secret around rotations.
  bag({
    rotation: 4,
    exchange: 6,
    execute: 3,
    answer: 3,
    die: 1,
    'give-up': 1,
    time: 4,
    store: 4,
    commit: 2,
    finish: 1,
    recover: 8,
    person: 4,
    support: 3,
  }),
  // A fleet with one session, through rotations and what people store.
  bag({
    client: 14,
    crash: 2,
    rotation: 2,
    exchange: 3,
    execute: 2,
    answer: 1,
    'give-up': 1,
    time: 5,
    store: 2,
    finish: 1,
    recover: 2,
    person: 2,
    support: 1,
  }),
];

/**
 * One step of a schedule. `a` and `b` choose among what is there when it is played, so a step means
 * something in every history, and a failing schedule is made shorter by leaving steps out.
 */
export type Step = { kind: Kind; a: number; b: number };

export function drawSchedule(random: Random): Step[] {
  const length = 15 + random.below(50);
  const kinds = random.pick(BAGS);
  return Array.from({ length }, () => ({
    kind: random.pick(kinds),
    a: random.below(1 << 16),
    b: random.below(1 << 16),
  }));
}

/** The same failure in fewer steps: leaves out whatever is not needed for it. */
export function shorten(steps: Step[], fails: (steps: Step[]) => boolean): Step[] {
  let shortest = steps;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < shortest.length; ) {
      const shorter = [...shortest.slice(0, at), ...shortest.slice(at + size)];
      if (fails(shorter)) shortest = shorter;
      else at += size;
    }
  }
  return shortest;
}
