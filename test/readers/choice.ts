import { type Random, seededRandom } from '../../local/thingspace/random.ts';

export const randomOf = (seed: number, number: number): Random => {
  const random = seededRandom(seed * 1_000_003 + number);
  // The first numbers of neighboring seeds are alike.
  for (let turn = 0; turn < 3; turn += 1) random.below(2);
  return random;
};

/** Returns a choice of mutations, and the names of all that it has chosen. */
export function chooser(random: Random) {
  const names: string[] = [];
  const choose = <T>(from: Record<string, T>, count: number): T[] =>
    Array.from({ length: count }, () => {
      const name = random.pick(Object.keys(from));
      names.push(name);
      return from[name] as T;
    });
  return { names, choose };
}

/** Changes of a text at any place, whatever its format. @param most the characters that come twice, fewer than these */
export const anywhere = (
  junk: readonly string[],
  most: number,
): Record<string, (text: string, random: Random) => string> => ({
  junk(text, random) {
    const at = random.below(text.length + 1);
    return text.slice(0, at) + random.pick(junk) + text.slice(at);
  },
  'a part cut out'(text, random) {
    const at = random.below(text.length);
    return text.slice(0, at) + text.slice(at + 1 + random.below(4));
  },
  'a part twice'(text, random) {
    const at = random.below(text.length);
    const end = at + random.below(most);
    return text.slice(0, end) + text.slice(at, end) + text.slice(end);
  },
});
