import { AnswerFormatError } from './answer-format.ts';
import { MAX_ANSWER_BYTES, MAX_HEADER_CHARS } from './answer-size.ts';
import type { AnswerContent } from './api.ts';
import { charsetsIn, codingsIn, encodingDeclaredIn } from './content-type.ts';

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
  if (codingsIn(contentEncoding).length > 0) throw new AnswerFormatError('encoded');
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
  const declared = [...charsetsIn(contentType), encodingDeclaredIn(text) ?? 'utf-8'];
  const isAscii = !bytes.some((byte) => byte > 0x7f);
  const isUtf8 = (charset: string) => /^utf-?8$/.test(charset) || (isAscii && ASCII_SUPERSET.test(charset));
  if (!declared.every(isUtf8)) throw new AnswerFormatError('not-utf-8');
  return text;
}

/** Reports whether a text begins as an HTML page. */
export const isHtml = (text: string): boolean =>
  /^\s*(?:<!--[^>]*-->\s*)?<(?:!doctype\s+html|html)\b/i.test(text);
