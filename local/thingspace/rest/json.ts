import type { Random } from '../random.ts';

/**
 * Writes one JSON object of texts and numbers as different serializers do: order, white space and the escapes of
 * characters are drawn, so that a reader that relies on any of them fails soon.
 */
export function writeJson(random: Random, members: Record<string, string | number>): string {
  const [gap, colon] = [random.pick(['', ' ', '\n  ', '\r\n\t']), random.pick([':', ': ', ' : '])];
  const entries = Object.entries(members);
  if (random.oneIn(2)) entries.reverse();
  const written = entries.map(
    ([name, value]) =>
      `${JSON.stringify(name)}${colon}${typeof value === 'number' ? value : quote(random, value)}`,
  );
  return `{${gap}${written.join(`,${gap}`)}${gap}}${random.pick(['', '\n', '\r\n'])}`;
}

/** Writes a text as a JSON string: JSON's short escapes, or the code of a character, or the character itself. */
export function quote(random: Random, text: string): string {
  const style = random.below(3);
  const escaped = [...text].map((character) => {
    if (style === 0 && character === '/') return '\\/';
    const isPlain = /[A-Za-z0-9]/.test(character);
    return style === 1 && (!isPlain || random.oneIn(6))
      ? escapeAll(random, character)
      : JSON.stringify(character).slice(1, -1);
  });
  return `"${escaped.join('')}"`;
}

/** A character outside the first plane becomes two escapes. */
function escapeAll(random: Random, character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    const hex = character.charCodeAt(at).toString(16).padStart(4, '0');
    return `\\u${random.oneIn(2) ? hex : hex.toUpperCase()}`;
  }).join('');
}

/**
 * Reads one flat JSON object whose members are all texts. Undefined for everything else: another type within it, a
 * member twice, bytes that are not UTF-8, text after the object.
 */
export function readTexts(body: Buffer): Record<string, string> | undefined {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = Object.entries(value);
  if (!members.every(([, member]) => typeof member === 'string')) return undefined;
  // JSON.parse keeps the last of two members with one name. A flat object has two strings for each member.
  const strings = text.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  return strings.length === 2 * members.length ? (value as Record<string, string>) : undefined;
}
