import { kindOfCharacter } from '../visible.ts';

/**
 * The one rule for usernames, of the configuration and of everything that reads a secret. Two spellings that a
 * platform may take for one name would be two items of the ledger, with a budget each.
 */
export const USERNAME_RULE =
  "a username is 1 to 256 printable ASCII characters without ', <, \\ and without a blank at its ends";

const MAX_CHARACTERS = 256;
/** The rule as a pattern. ThingSpace refuses `'`, `<` and `\` in every request field (`INPUT_INVALID.Request.InvalidCharacter`). */
export const USERNAME = /^(?! )[\x20-\x26\x28-\x3b\x3d-\x5b\x5d-\x7e]{1,256}(?<! )$/;

/**
 * Reports whether an operator may have meant this username: the same apart from letter case and invisible or non-ASCII
 * characters.
 */
export function mayMean(stored: unknown, username: string): boolean {
  const seen = (text: string) =>
    text
      .normalize('NFKC')
      .replace(/[^\x21-\x7e]/g, '')
      .toLowerCase();
  return typeof stored !== 'string' || ['', seen(username)].includes(seen(stored));
}

/**
 * Returns where a username breaks the rule: a clause that names a position (from 1) and a kind of character, and quotes
 * nothing. Undefined when it keeps the rule.
 */
export function usernameFault(username: string): string | undefined {
  if (USERNAME.test(username)) return undefined;
  const characters = [...username];
  const { length } = characters;
  if (length === 0) return 'it is empty';
  if (length > MAX_CHARACTERS) return `it has ${length} characters`;
  const at = characters.findIndex((character, index) => {
    const isInside = index > 0 && index < length - 1;
    return !USERNAME.test(character) && !(character === ' ' && isInside);
  });
  const kind = kindOfCharacter(characters[at] ?? '') ?? 'one that ThingSpace refuses';
  return `character ${at + 1} of ${length} is ${kind}`;
}
