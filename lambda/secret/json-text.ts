/**
 * Edits the text of a JSON object in place: parsing it and writing it again would lose duplicate members, white space,
 * escapes and digits of numbers. The text must be an object that `JSON.parse` has accepted; it is not checked for
 * errors.
 */

/** A string, one character of punctuation, or a number, `true`, `false` or `null`. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** Returns the same text with `json` in place of the value of each top-level member `name`. */
export function replaceTopLevel(text: string, name: string, json: string): string {
  let replaced = '';
  let from = 0;
  let depth = 0;
  let member = '';
  /** Offset of the value that is being read, from the colon on. */
  let value: number | undefined;
  let afterColon = false;

  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const opens = token === '{' || token === '[';
    const closes = token === '}' || token === ']';
    if (depth === 1) {
      if (afterColon) value = index;
      else if (token.startsWith('"')) member = token;
      afterColon = token === ':';
    }
    depth += Number(opens) - Number(closes);
    if (depth !== 1 || value === undefined) continue;
    // A name may be spelled with escapes: it is read as JSON.parse reads it.
    if (JSON.parse(member) === name) {
      replaced += text.slice(from, value) + json;
      from = index + token.length;
    }
    value = undefined;
  }
  return replaced + text.slice(from);
}
