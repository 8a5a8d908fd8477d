import { AnswerFormatError } from './answer-format.ts';
import { MAX_ANSWER_BYTES, MAX_HEADER_CHARS } from './answer-size.ts';
import type { AnswerContent } from './api.ts';

const UTF_8 = /^utf-?8$/;
/** Charsets in which ASCII bytes mean what they mean in UTF-8; in UTF-7, say, they do not. */
const ASCII_SUPERSET = /^(?:(?:us-)?ascii|iso-8859-\d{1,2}|latin-?1|(?:windows-|cp)125\d)$/;

/**
 * Returns the text of an answer, up to its gap if it has one. Only UTF-8 is read: an answer that declares another
 * charset, in a header or in the XML declaration, is not read. A character that was cut at the end is left out.
 * @throws AnswerFormatError `too-large`, `encoded` or `not-utf-8`
 */
export function textOf(
  { body, contentType = '', contentEncoding = '', gapAt }: AnswerContent,
  maxBytes = MAX_ANSWER_BYTES,
): string {
  if (body.length > maxBytes) throw new AnswerFormatError('too-large');
  if (contentEncoding !== '' && codingsIn(contentEncoding).length > 0) throw new AnswerFormatError('encoded');
  // The part of a header that was cut off may be the charset.
  if (contentType.length >= MAX_HEADER_CHARS || contentEncoding.length >= MAX_HEADER_CHARS) {
    throw new AnswerFormatError('not-utf-8');
  }
  const bytes = body.subarray(0, gapAt);
  let text: string;
  try {
    // As a stream: a cut character is not an error. A byte order mark is dropped.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    throw new AnswerFormatError('not-utf-8');
  }
  const isAscii = !bytes.some((byte) => byte > 0x7f);
  const isUtf8 = charsetsIn(contentType, text).every(
    (charset) => UTF_8.test(charset) || (isAscii && ASCII_SUPERSET.test(charset)),
  );
  if (!isUtf8) throw new AnswerFormatError('not-utf-8');
  return text;
}

/** Reports whether a text begins as an HTML page. */
export const isHtml = (text: string): boolean =>
  /^\s*(?:<!--[^>]*-->\s*)?<(?:!doctype\s+html|html)\b/i.test(text);

/** Returns every charset that a Content-Type names, then the one that an XML declaration names, in lower case. */
export function charsetsIn(contentType: string, xml = ''): string[] {
  const named = [...contentType.matchAll(/\bcharset\s*=\s*["']?([^\s;,"']*)/gi)];
  const declared = /^\uFEFF?<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']/.exec(xml);
  return [...named, ...(declared ? [declared] : [])].map(([, charset = '']) => charset.toLowerCase());
}

/** Returns the codings of a Content-Encoding that change the bytes, in the order in which they were applied. */
export function codingsIn(contentEncoding: string | undefined): string[] {
  const named = (contentEncoding ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  return named.filter((coding) => coding !== '' && coding !== 'identity');
}

/** The kind of a Content-Type, in fixed words: the header itself is the server's text. */
export type MediaKind = 'XML' | 'HTML' | 'JSON' | 'plain text' | 'no media type' | 'another media type';

export function mediaKindOf(contentType: string | undefined): MediaKind {
  if (contentType === undefined) return 'no media type';
  const mediaType = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (mediaType.endsWith('html') || mediaType.endsWith('xhtml+xml')) return 'HTML';
  if (mediaType.endsWith('/xml') || mediaType.endsWith('+xml')) return 'XML';
  if (mediaType.endsWith('json')) return 'JSON';
  return mediaType === 'text/plain' ? 'plain text' : 'another media type';
}
