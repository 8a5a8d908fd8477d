import { kindOfCharacter } from '../visible.ts';

/**
 * Returns a sentence for a refused password that begins or ends in an invisible character, with a blank before it, to
 * follow another sentence. Empty for all others. Every character of a password is kept, so the sentence helps an
 * operator who has stored one character too many.
 */
export function endsHint(password: string): string {
  const characters = [...password];
  const begins = unseen(characters[0]);
  const ends = unseen(characters.at(-1));
  if (begins === undefined && ends === undefined) return '';
  const where = [
    ...(begins === undefined ? [] : [`begins with ${begins}`]),
    ...(ends === undefined ? [] : [`ends in ${ends}`]),
  ].join(' and ');
  return ` The stored password ${where}, which counts as a part of it: if that is a mistake, store the password without.`;
}

function unseen(character: string | undefined): string | undefined {
  if (character === undefined || !/[\s\p{Cc}\p{Cf}\p{Z}]/u.test(character)) return undefined;
  return kindOfCharacter(character);
}
