import { LAYERS } from './decode.ts';

/**
 * Returns the encodings of a secret in a text: `[]` without one, else names such as `clear`, `base64`,
 * `XML` or `hex in JSON`. For secrets of eight characters or more; shorter ones stand everywhere for other
 * reasons.
 */
export function findSecret(haystack: string, secret: string): string[] {
  if (secret === '') throw new RangeError('An empty secret is in every text: search for a real one.');
  const forms = formsOf(secret);
  const found = new Set(namesIn(haystack, forms));

  // The literal forms are taken out first: each layer then shows only the forms that its decoding reveals.
  const rest = forms.reduce((text, { pattern }) => text.replaceAll(pattern, '\0'), haystack);
  for (const [layer, decode] of Object.entries(LAYERS)) {
    const decoded = decode(rest);
    if (decoded === rest) continue;
    for (const name of namesIn(decoded, forms)) found.add(name === 'clear' ? layer : `${name} in ${layer}`);
  }
  return [...found];
}

type Form = { name: string; pattern: RegExp };

/** `search`, not `test`: a global pattern's `test` begins where the one before ended. */
function namesIn(text: string, forms: readonly Form[]): string[] {
  return forms.filter(({ pattern }) => text.search(pattern) >= 0).map(({ name }) => name);
}

/** How the secret's characters or bytes may be written. */
function formsOf(secret: string): Form[] {
  const bytes = Buffer.from(secret);
  const literal = (name: string, text: string) => ({ name, pattern: new RegExp(escapeRegExp(text), 'g') });
  const base64 = [0, 1, 2].map((alignment) => insideBase64(bytes, alignment));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  // As Node.js prints bytes: `<Buffer 01 02>`, JSON of a Buffer, and of a Uint8Array ({"0":1,"1":2}).
  const list = [...bytes].map((byte) => `(?:"\\d+":\\s*)?\\b${byte}\\b`);
  return [
    literal('clear', secret),
    literal('reversed', [...secret].reverse().join('')),
    ...base64.map((text) => literal('base64', text)),
    ...base64
      .filter((text) => /[+/]/.test(text))
      .map((text) => literal('base64url', text.replaceAll('+', '-').replaceAll('/', '_'))),
    { name: 'hex', pattern: new RegExp(hex.join('[\\s:]?'), 'gi') },
    { name: 'byte list', pattern: new RegExp(list.join(',\\s*'), 'g') },
  ];
}

/** The characters of a base64 text that stand for these bytes alone, after so many others (mod 3). */
function insideBase64(bytes: Buffer, alignment: number): string {
  const text = Buffer.concat([Buffer.alloc(alignment), bytes]).toString('base64');
  const bits = 8 * (alignment + bytes.length);
  return text.slice(Math.ceil((8 * alignment) / 6), Math.floor(bits / 6));
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
