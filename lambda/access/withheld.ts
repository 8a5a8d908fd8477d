import { charsetsIn, codingsIn } from '../thingspace/answer-text.ts';
import type { RawAnswer } from '../thingspace/api.ts';
import { NAMED } from './xml-entities.ts';

/**
 * Returns the reason why an answer is not passed on; undefined when it may be. An answer is withheld when it shows one of
 * the session's secrets, in its bytes, in its XML's text or in a text of its JSON, or cannot be read to rule that out.
 */
export function whyWithheld(
  { body, contentType = '', contentEncoding }: Pick<RawAnswer, 'body' | 'contentType' | 'contentEncoding'>,
  secrets: readonly string[],
): string | undefined {
  if (codingsIn(contentEncoding).length > 0) return 'it is compressed, which the request did not ask for';
  const text = utf8(body);
  const encodings = text === undefined ? [] : charsetsIn(contentType, text);
  // UTF-16 of ASCII is UTF-8 with NUL in it.
  if (text === undefined || text.includes('\0') || !encodings.every((name) => READABLE.test(name))) {
    return 'it is not in UTF-8';
  }
  if (text.includes('<!ENTITY')) return 'it declares entities';
  const views = [contentType, text, referencesDecoded(text), escapesDecoded(text)].map((view) =>
    view.toLowerCase(),
  );
  const isShown = (wanted: string) =>
    views.some((view) => view.includes(wanted)) || isInCharacterData(text, wanted);
  return secrets.some((secret) => isShown(secret.toLowerCase()))
    ? 'it quotes a secret of the session'
    : undefined;
}

const READABLE = /^(?:utf-?8|us-ascii)$/;
/** Kinds of markup; only the content of CDATA is text. */
const COMMENT = { start: '<!--', end: '-->', isText: false };
const CDATA = { start: '<![CDATA[', end: ']]>', isText: true };
const INSTRUCTION = { start: '<?', end: '?>', isText: false };
const TAG = { start: '<', end: '>', isText: false };

function markupAt(xml: string, at: number): typeof TAG {
  const second = xml[at + 1];
  if (second === '?') return INSTRUCTION;
  if (second !== '!') return TAG;
  return [COMMENT, CDATA].find(({ start }) => xml.startsWith(start, at)) ?? TAG;
}

function utf8(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/**
 * Reports whether the text without its markup contains the wanted one: a text that a comment splits is one text. Keeps
 * only what may be its beginning, so memory does not grow with the text.
 * @param wanted in lower case
 */
function isInCharacterData(xml: string, wanted: string): boolean {
  let kept = '';
  /** Adds to the text, and reports whether the wanted one is in it now. */
  const takes = (more: string): boolean => {
    const text = kept + more.toLowerCase();
    kept = text.slice(-wanted.length);
    return text.includes(wanted);
  };
  let at = 0;
  for (let open = xml.indexOf('<'); open >= 0; open = xml.indexOf('<', at)) {
    if (open > at && takes(referencesDecoded(xml.slice(at, open)))) return true;
    const markup = markupAt(xml, open);
    const close = xml.indexOf(markup.end, open + markup.start.length);
    if (close < 0) return false;
    if (markup.isText && takes(xml.slice(open + markup.start.length, close))) return true;
    at = close + markup.end.length;
  }
  return takes(referencesDecoded(xml.slice(at)));
}

function referencesDecoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x0*([\da-f]{1,6})|#0*(\d{1,7})|(\w{1,8}));/gi, (found, hex, decimal, name) => {
    if (name !== undefined) return NAMED.get(name) ?? found;
    const code = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

const SHORT_ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Returns a text with the escapes of JSON decoded, once. */
function escapesDecoded(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([\da-fA-F]{4})|([^u]))/g, (_, hex, short) =>
    hex === undefined ? (SHORT_ESCAPES[short] ?? short) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
