import { JsonError, type JsonObject, type JsonValue, readJson } from '../../thingspace/rest/json.ts';
import { contradiction, notSent } from '../refusal.ts';

/** Each value of a body costs time and memory. */
const MAX_VALUES = 20_000;
/** Other readers fold letters beyond ASCII in ways of their own, or end a name at a NUL. */
const MEMBER = /^[A-Za-z_][\w.-]{0,63}$/;

/** A body that every reader of JSON understands in one way: an object, or an array of objects. */
export type Body = JsonObject | Extract<JsonValue, { kind: 'array' }>;

/**
 * Reads a body. Refuses more than RFC 8259 does: a member that occurs twice in any letter case, names of members beyond
 * ASCII, half of a surrogate pair.
 * @throws Refusal; `contradiction` for a member that occurs twice
 */
export function readBody(text: string): Body {
  const root = parse(text);
  if ((root?.kind !== 'object' && root?.kind !== 'array') || !root.closed) {
    throw notSent('its body is not a whole JSON object');
  }
  const values = check(root);
  if (values > MAX_VALUES) throw notSent(`its body has more than ${MAX_VALUES} values`);
  if (root.kind === 'array' && root.items.some(({ kind }) => kind !== 'object')) {
    throw notSent('its body is not a whole JSON object');
  }
  return root;
}

function parse(text: string): JsonValue | undefined {
  try {
    return readJson(text);
  } catch (failure) {
    if (failure instanceof JsonError) throw notSent(WORDS[failure.problem]);
    throw failure;
  }
}

const WORDS = {
  'not-json': 'its body is not JSON in UTF-8, without a byte order mark',
  'too-deep': 'its body is nested too deeply',
  trailing: 'its body continues behind its JSON',
};

/** Returns the number of values. @throws Refusal */
function check(value: JsonValue): number {
  if (value.kind === 'string') {
    if (!value.text.isWellFormed()) throw notSent('its body holds half of a surrogate pair');
    return 1;
  }
  if (value.kind === 'array') return value.items.reduce((sum, item) => sum + check(item), 1);
  if (value.kind !== 'object') return 1;
  const seen = new Set<string>();
  return value.members.reduce((sum, [name, member]) => {
    if (!MEMBER.test(name))
      throw notSent('its body has a member whose name is not letters, digits, _, - and dots');
    const folded = name.toLowerCase();
    if (seen.has(folded)) throw contradiction('its body has a member twice in one object');
    seen.add(folded);
    return sum + check(member);
  }, 1);
}
