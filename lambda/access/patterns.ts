/**
 * Reports whether a text matches a pattern: `*` is any number of characters, every other character is itself. The time
 * grows with the text alone, however many asterisks the pattern has.
 */
export function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

export const matchesAny = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => matches(pattern, text));

/**
 * Characters that part the name of a person from its directory: `ann@example.com`, `CORP\ann`, `google:ann`, `auth0|ann`,
 * `corp/ann`, a guest of another directory (`ann_evil.test#EXT#@example.com`), and the relayed addresses `evil.test!ann` and
 * `ann%evil.test`.
 */
const SEPARATOR = /([@\\/:|#!%])/;

/**
 * Reports whether the name of a person matches a pattern. A `*` does not cross a separator, so `*@example.com` does not mean
 * `mallory@evil.test@example.com`. A `*` alone is every name. The time grows with the name alone.
 */
export function matchesName(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  const [patterns, parts] = [pattern.split(SEPARATOR), name.split(SEPARATOR)];
  // The separators are parts too, and have no asterisk.
  return patterns.length === parts.length && patterns.every((one, at) => matches(one, parts[at] ?? ''));
}

export const matchesAnyName = (patterns: readonly string[], name: string): boolean =>
  patterns.some((pattern) => matchesName(pattern, name));
