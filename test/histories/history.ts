import type { Transport } from '../../lambda/thingspace/api.ts';
import { seededRandom } from '../../local/thingspace/random.ts';

/** One run of the protocol: everything that happens to it is fixed beforehand. */
export type History = {
  /** Unique in its suite, so that the history can be played alone. */
  name: string;
  /** The act, the fault, the boundary, … that it plays. The sample holds a history of each. */
  kinds: readonly string[];
  /** Returns how it ended, in a few words. @throws AssertionError when a guarantee is broken */
  play(): Promise<string>;
};

/** Histories that are judged alike. `npm test` plays a sample of them, `npm run verify` plays all. */
export type Suite = {
  name: string;
  /**
   * @param transport the API that the function speaks. Over REST the kinds are fewer: each act, fault and call once, for
   *   the rules that both share are sampled over SOAP
   */
  histories(transport: Transport): Promise<readonly History[]>;
  /** Its histories choose the API themselves, or call none: they are played once. @default both, one after the other */
  playsOnce?: true;
  /** One history takes ten seconds: a share of the day is one of them. */
  isSlow?: true;
  /** `npm run verify` plays one history of so many over REST. @default 1 */
  restShare?: number;
};

const SAMPLE_SEED = 17;

/** The first seed of the random histories: `npm run verify -- --seed N` plays others. */
export const firstSeed = (): number => Number(process.env.HISTORY_SEED ?? 20_260_105);

/**
 * The same few histories in every run, with at least one of each kind.
 * The order is shuffled first: the histories of one act would otherwise all stand at the first calls.
 */
export function sampleOf<H extends Pick<History, 'kinds'>>(histories: readonly H[]): H[] {
  const random = seededRandom(SAMPLE_SEED);
  const shuffled = [...histories];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [shuffled[last], shuffled[other]] = [shuffled[other] as H, shuffled[last] as H];
  }
  const met = new Set<string>();
  return shuffled.filter(({ kinds }) => {
    const known = met.size;
    for (const kind of kinds) met.add(kind);
    return met.size > known;
  });
}
