/**
 * CloudWatch Logs' filter patterns, as far as this project's metric filters use them: `{ $.a = "x" && ($.b =
 * "y" || $.b = "z") }` over a JSON line, and `?"one text" ?"another"` (any of them) over any line.
 * @throws Error for a pattern that is not modelled here
 */
export function matcherOf(pattern: string): (line: string) => boolean {
  const json = /^\{ (.*) \}$/.exec(pattern);
  return json ? jsonMatcher(json[1] ?? '') : textMatcher(pattern);
}

function jsonMatcher(conditions: string): (line: string) => boolean {
  const groups = conditions.split(' && ').map((group) =>
    group
      .replace(/^\((.*)\)$/, '$1')
      .split(' || ')
      .map(equality),
  );
  return (line) => {
    const record = objectIn(line);
    return record !== undefined && groups.every((anyOf) => anyOf.some((holds) => holds(record)));
  };
}

function equality(condition: string): (record: Record<string, unknown>) => boolean {
  const [, member = '', value] = /^\$\.(\w+) = "([^"]*)"$/.exec(condition) ?? [];
  if (value === undefined) throw new Error(`Not modelled: ${condition}`);
  return (record) => record[member] === value;
}

function textMatcher(pattern: string): (line: string) => boolean {
  const terms = [...pattern.matchAll(/\?"([^"]*)"/g)].map(([, term = '']) => term);
  if (terms.map((term) => `?"${term}"`).join(' ') !== pattern) {
    throw new Error(`Not modelled: ${pattern}`);
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
