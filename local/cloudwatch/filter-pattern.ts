/** A filter pattern uses something that is not modelled here. */
export class FilterPatternError extends Error {
  override readonly name = 'FilterPatternError';
}

/**
 * CloudWatch Logs' filter patterns, as far as this project's metric filters use them: `{ $.a = "x" && $.b !=
 * "y" }` over a JSON line, and `?"one text" ?"another"` (any of them) over any line.
 * @throws FilterPatternError
 */
export function matcherOf(pattern: string): (line: string) => boolean {
  const json = /^\{ (.*) \}$/.exec(pattern);
  return json ? jsonMatcher(json[1] ?? '') : textMatcher(pattern);
}

function jsonMatcher(conditions: string): (line: string) => boolean {
  const checks = conditions.split(' && ').map((condition) => {
    const [, member = '', operator, value] = /^\$\.(\w+) (=|!=) "([^"]*)"$/.exec(condition) ?? [];
    if (operator === undefined) throw new FilterPatternError(`Not modelled: ${condition}`);
    // A member that is not there is equal to nothing, and unequal to nothing either.
    return (line: Record<string, unknown>) =>
      member in line && (line[member] === value) === (operator === '=');
  });
  return (line) => {
    const record = objectIn(line);
    return record !== undefined && checks.every((check) => check(record));
  };
}

function textMatcher(pattern: string): (line: string) => boolean {
  const terms = [...pattern.matchAll(/\?"([^"]*)"/g)].map(([, term = '']) => term);
  if (terms.map((term) => `?"${term}"`).join(' ') !== pattern) {
    throw new FilterPatternError(`Not modelled: ${pattern}`);
  }
  return (line) => terms.some((term) => line.includes(term));
}

function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? (record as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
