import type { RawAnswer } from '../thingspace/api.ts';
import { charsetsIn, codingsIn, encodingDeclaredIn } from '../thingspace/content-type.ts';
import { NAMED } from './xml-source.ts';

/**
 * Returns the reason why an answer is not passed on; undefined when it may be. An answer is withheld when it shows the
 * session token, in its bytes or in its XML's text, or cannot be read to rule that out.
 */
export function whyWithheld(
  { body, contentType = '', contentEncoding }: Pick<RawAnswer, 'body' | 'contentType' | 'contentEncoding'>,
  token: string,
): string | undefined {
  if (codingsIn(contentEncoding).length > 0) return 'it is compressed, which the request did not ask for';
  const text = utf8(body);
  const encodings =
    text === undefined ? [] : [...charsetsIn(contentType), encodingDeclaredIn(text) ?? 'utf-8'];
  // UTF-16 of ASCII is UTF-8 with NUL in it.
  if (text === undefined || text.includes('\0') || !encodings.every((name) => READABLE.test(name))) {
    return 'it is not in UTF-8';
  }
  if (text.includes('<!ENTITY')) return 'it declares entities';
  const wanted = token.toLowerCase();
  const shown = [contentType, text, referencesDecoded(text), characterDataOf(text)];
  return shown.some((form) => form.toLowerCase().includes(wanted))
    ? 'it quotes the session token'
    : undefined;
}

const READABLE = /^(?:utf-?8|us-ascii)$/;
/** Kinds of markup, by their beginning, the longest first; only the content of CDATA is text. */
const MARKUP = [
  { start: '<!--', end: '-->' },
  { start: '<![CDATA[', end: ']]>' },
  { start: '<?', end: '?>' },
  { start: '<', end: '>' },
];

function utf8(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/**
 * Returns the text without its markup, in time that grows with the text alone: a text that a comment splits is one
 * text.
 */
function characterDataOf(xml: string): string {
  let said = '';
  let at = 0;
  for (let open = xml.indexOf('<'); open >= 0; open = xml.indexOf('<', at)) {
    said += referencesDecoded(xml.slice(at, open));
    const { start, end } = MARKUP.find((one) => xml.startsWith(one.start, open)) ?? { start: '<', end: '>' };
    const close = xml.indexOf(end, open + start.length);
    if (close < 0) return said;
    if (start === '<![CDATA[') said += xml.slice(open + start.length, close);
    at = close + end.length;
  }
  return said + referencesDecoded(xml.slice(at));
}

function referencesDecoded(text: string): string {
  return text.replace(/&(?:#x0*([\da-f]{1,6})|#0*(\d{1,7})|(\w{1,8}));/gi, (found, hex, decimal, name) => {
    if (name !== undefined) return NAMED.get(name) ?? found;
    const code = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}
