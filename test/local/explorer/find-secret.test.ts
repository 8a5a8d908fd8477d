import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findSecret } from '../../../local/explorer/find-secret.ts';

const SECRET = 'mK7 & "q$é<😀>Z~ ü?>?>';

const everyCharacter = (write: (codePoint: number) => string) =>
  [...SECRET].map((character) => write(character.codePointAt(0) ?? 0)).join('');
const quoted = (text: string) => JSON.stringify(text);
const named = SECRET.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const PLANTED: [encoding: string, text: string][] = [
  ['clear', SECRET],
  ['reversed', [...SECRET].reverse().join('')],
  ['base64', Buffer.from(SECRET).toString('base64')],
  ['base64', Buffer.from(`x${SECRET}yz`).toString('base64')],
  ['base64', Buffer.from(`xy${SECRET}z`).toString('base64')],
  ['base64url', Buffer.from(SECRET).toString('base64url')],
  ['base64url', Buffer.from(`x${SECRET}yz`).toString('base64url')],
  ['base64url', Buffer.from(`xy${SECRET}z`).toString('base64url')],
  ['hex', Buffer.from(SECRET).toString('hex')],
  ['hex', Buffer.from(SECRET).toString('hex').toUpperCase()],
  ['hex', inspect(Buffer.from(SECRET))],
  ['byte list', quoted(JSON.stringify(Buffer.from(SECRET)))],
  ['byte list', JSON.stringify(new Uint8Array(Buffer.from(SECRET)))],
  ['URL', encodeURIComponent(SECRET)],
  ['URL', encodeURIComponent(SECRET).toLowerCase().replace('mk7', 'mK7').replace('z~', 'Z~')],
  ['URL form', new URLSearchParams({ password: SECRET }).toString()],
  ['XML', named],
  ['XML', named.replaceAll('"', '&quot;').replaceAll("'", '&apos;')],
  ['XML', everyCharacter((codePoint) => `&#${codePoint};`)],
  ['XML', everyCharacter((codePoint) => `&#x${codePoint.toString(16)};`)],
  ['XML', everyCharacter((codePoint) => `&#X${codePoint.toString(16).toUpperCase()};`)],
  ['JSON', quoted(SECRET)],
  [
    'JSON',
    SECRET.replaceAll(/[^ -~]|"/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  ],
  ['JSON in JSON', quoted(quoted(SECRET))],
  ['JSON in JSON in JSON', quoted(quoted(quoted(SECRET)))],
  ['XML in JSON', quoted(`<v2:Password a="">${named}</v2:Password>`)],
  ['URL in JSON', quoted(`"${encodeURIComponent(SECRET)}"`)],
  ['JSON in URL form', new URLSearchParams({ Message: quoted(SECRET) }).toString()],
  ['base64 in JSON', Buffer.from(`x${SECRET}`).toString('base64').replaceAll('/', '\\/')],
  ['base64 in URL', encodeURIComponent(Buffer.from(SECRET).toString('base64'))],
];

describe('findSecret', () => {
  it.each(PLANTED)('finds %s planted as %j', (encoding, text) => {
    expect(findSecret(`before, "value": ${text}, after`, SECRET)).toContain(encoding);
  });

  it('finds no secret in a text with every encoding of another one', () => {
    const haystack = PLANTED.map(([, text]) => text).join('\n');
    expect(findSecret(haystack, 'another secret & "q$é<😀>')).toEqual([]);
  });

  it('reports every encoding that a text holds, and no similar text', () => {
    expect(findSecret(`${SECRET} ${Buffer.from(SECRET).toString('hex')}`, SECRET)).toEqual(['clear', 'hex']);
    expect(findSecret(`${SECRET} 100%25 &amp; \\n`, SECRET)).toEqual(['clear']);
  });

  it('finds a secret whose characters look like escapes', () => {
    for (const awkward of ['50%25&amp;\\n50', '\\u0041+%2B&#65;', '^(a|b)*[c]{2}$.']) {
      expect(findSecret(`x${awkward}y`, awkward)).toContain('clear');
      expect(findSecret(JSON.stringify(`"${awkward}"`), awkward)).not.toEqual([]);
    }
  });

  it('rejects a search for an empty secret', () => {
    expect(() => findSecret('text', '')).toThrow(RangeError);
  });
});
