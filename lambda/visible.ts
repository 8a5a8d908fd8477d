/**
 * A character that shows: not white space, not a format character (zero-width ones among them), and not the Braille
 * pattern without dots. A server that fills an empty element writes no such character, so a text without one is neither a
 * password nor a token. Beside a visible character every other one is kept.
 */
export const VISIBLE = /[^\s\p{Z}\p{Cf}\u0085\u2800]/u;

/** Kinds of characters that people do not see, or mistake for another one. The first match counts. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/[\n\r\u0085\p{Zl}\p{Zp}]/u, 'a line break'],
  [/\t/, 'a tab'],
  [/ /, 'a blank'],
  [/\u00A0/, 'a no-break space'],
  [/\p{Zs}/u, 'a space that is not ASCII'],
  [/\u00AD/, 'a soft hyphen'],
  [/\uFEFF/, 'a byte order mark'],
  [/\p{Cf}/u, 'an invisible character'],
  [/\p{Cc}/u, 'a control character'],
  [/\p{M}/u, 'a combining mark'],
  [/[\uFF01-\uFF5E]/, 'a full-width character'],
  [/[^\x21-\x7e]/u, 'not ASCII'],
];

/**
 * Returns the kind of one character, for an error text that must not quote it. Undefined for printable ASCII, except a
 * blank: at the end of a text it is invisible.
 */
export function kindOfCharacter(character: string): string | undefined {
  return KINDS.find(([pattern]) => pattern.test(character))?.[1];
}
