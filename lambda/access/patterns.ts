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
