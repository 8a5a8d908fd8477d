import { CLAIMS } from './claims.ts';
import type { Moment } from './moment.ts';
import { claimsIn, type Said } from './words.ts';

/**
 * The claims of a text that are true at none of the moments, each with its sentence. Several moments are given where
 * another party acts while the text is on its way: the text cannot include that act.
 */
export function falsehoods(said: Said, moments: readonly Moment[]): string[] {
  const { by, text } = said;
  return claimsIn(text).flatMap((sentence) =>
    CLAIMS.filter(
      ({ says, isTrue }) => says.test(sentence) && !moments.some((moment) => isTrue(moment, sentence, said)),
    ).map(({ name }) => `${by} claims "${name}", which is not so: ${sentence}`),
  );
}
