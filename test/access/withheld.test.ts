import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { whyWithheld } from '../../lambda/access/withheld.ts';
import { readXml } from '../../local/thingspace/soap/xml.ts';

const TOKEN = 'Q&x"<9-ab\'Z/+=';
const XML = 'text/xml; charset=utf-8';

const answer = (body: string | Buffer, contentType = XML, contentEncoding?: string) => ({
  body: Buffer.from(body),
  contentType,
  contentEncoding,
});
const escaped = (text: string) =>
  text.replace(/[&<"']/g, (one) => ({ '&': '&amp;', '<': '&lt;', '"': '&quot;', "'": '&apos;' })[one] ?? one);

/** One character in each spelling that XML has for it. */
const spelling = (character: string) => {
  const code = character.charCodeAt(0);
  return fc.constantFrom(
    escaped(character),
    `&#${code};`,
    `&#0000000000${code};`,
    `&#x${code.toString(16)};`,
    `&#x0000000000${code.toString(16).toUpperCase()};`,
    `<![CDATA[${character}]]>`,
    `<!-- a > b -->${escaped(character)}`,
    `<?a b > c?>${escaped(character)}`,
  );
};
const spelled = fc.tuple(...[...TOKEN].map(spelling)).map((parts) => parts.join(''));

describe('an answer that contains the token', () => {
  test('is withheld in every spelling that another reader reads as the token', () => {
    fc.assert(
      fc.property(spelled, (text) => {
        // The other reader takes neither instructions nor leading zeros.
        const xml = `<a b=">">${text.replace(/<\?.*?\?>/g, '').replace(/(&#x?)0+/g, '$1')}</a>`;
        expect(readXml(xml).text).toBe(TOKEN);
        expect(whyWithheld(answer(`<a b=">">${text}</a>`), [TOKEN])).toBe(
          'it quotes a secret of the session',
        );
      }),
    );
  });

  test.each([
    ['in an attribute', `<a b="${escaped(TOKEN)}"/>`],
    ['in a comment', `<a><!-- ${TOKEN} --></a>`],
    ['in another letter case', `<a>${escaped(TOKEN.toUpperCase())}</a>`],
    ['in text that is no XML', `Bad token ${TOKEN}`],
    ['behind a comment that does not end', `<a/><!-- ${TOKEN}`],
    ['split by elements', `<a>${escaped(TOKEN.slice(0, 5))}<b/>${escaped(TOKEN.slice(5))}</a>`],
  ])('is withheld %s', (_, text) => {
    expect(whyWithheld(answer(text), [TOKEN])).toBe('it quotes a secret of the session');
  });

  test('is withheld when its Content-Type contains it', () => {
    expect(whyWithheld(answer('', `text/xml; a=${TOKEN}`), [TOKEN])).toBe(
      'it quotes a secret of the session',
    );
  });
});

describe('an answer that cannot be read is withheld', () => {
  const text = `<a>${escaped(TOKEN)}</a>`;
  test.each([
    ['compressed', answer(gzipSync(text), XML, 'gzip'), 'it is compressed'],
    ['twice compressed', answer(gzipSync(text), XML, 'identity, br'), 'it is compressed'],
    ['UTF-16 with its mark', answer(Buffer.from(`\uFEFF${text}`, 'utf16le')), 'it is not in UTF-8'],
    ['UTF-16 without its mark', answer(Buffer.from(text, 'utf16le')), 'it is not in UTF-8'],
    ['another charset', answer(text, 'text/xml; charset=utf-7'), 'it is not in UTF-8'],
    [
      'another encoding declared',
      answer(`<?xml version="1.0" encoding="utf-7"?>${text}`),
      'it is not in UTF-8',
    ],
    ['bytes that are no UTF-8', answer(Buffer.from([0x3c, 0x61, 0xff])), 'it is not in UTF-8'],
    ['entities of its own', answer('<!DOCTYPE a [<!ENTITY t "Q">]><a>&t;</a>'), 'it declares entities'],
  ])('%s', (_, given, why) => {
    expect(whyWithheld(given, [TOKEN])).toContain(why);
  });
});

test('returns any other answer', () => {
  for (const given of [
    answer('<a>\u00e9 &amp; &#65; &unknown; <![CDATA[<]]></a>'),
    answer(`<?xml version="1.0" encoding="UTF-8"?><a>${escaped(TOKEN.slice(1))}</a>`, 'text/xml'),
    answer('<html>Bad Gateway</html>', 'text/html', 'identity'),
    answer(''),
  ]) {
    expect(whyWithheld(given, [TOKEN])).toBeUndefined();
  }
});
