import type { Random } from './random.ts';

const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ';
const DIGITS = '0123456789';
// Characters that careless XML, JSON, URL, shell and template handling break. Never `'`, `<` or `\`: the platform
// rejects these in request fields, so it cannot issue a password that holds one.
const AWKWARD = ['&', '>', '"', '$', '#', '%', '+', '/', '=', ';', ']', '[', '{', '}', ' ', '`', '^', '|'];
const UNICODE = ['ß', 'é', 'e\u0301', 'Ω', '日', '😀'];
// Sequences that some reader somewhere takes for an entity, the end of CDATA, a number or a pattern.
const TRAPS = ['&amp;', '&#65;', ']]>', '-->', '$&', '$1', '%41', '{{', '#{x}', '+1', '  '];

/**
 * Draws one password as awkward as a platform with an unpublished alphabet may make it: digits only,
 * leading zeros, number- and boolean-like, spaces inside and at either end, XML's own characters, unicode.
 */
export function drawPassword(random: Random): string {
  const many = (alphabet: string | readonly string[], length: number): string =>
    Array.from({ length }, () => alphabet[random.below(alphabet.length)]).join('');
  const mixed = (length: number): string =>
    many([...LETTERS, ...DIGITS, ...AWKWARD, ...AWKWARD, ...UNICODE], length);

  switch (random.below(10)) {
    case 0:
      return many(DIGITS, 10 + random.below(8));
    case 1:
      return `000${many(DIGITS, 9)}`;
    case 2:
      return `${1 + random.below(9)}e${many('123456789', 9)}`;
    case 3:
      return (
        random.pick(['true', 'null', '1e10', '0x10', 'NaN', '-0', '[]']) + many(DIGITS, random.below(2) * 8)
      );
    case 4:
      return ` ${mixed(10)} `;
    case 5:
      return mixed(5) + random.pick(TRAPS) + mixed(5);
    case 6:
      return many(LETTERS + DIGITS, 12);
    default:
      return mixed(12);
  }
}
