import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { charsetsIn, codingsIn } from '../lambda/thingspace/answer-text.ts';
import type { AnswerContent, ReadableAnswer } from '../lambda/thingspace/api.ts';

export type PlainAnswer = {
  /** The answer in UTF-8, without declared codings; unchanged where no coding was undone. */
  content: AnswerContent;
  /** The codings that were undone, in words. */
  undone: string[];
  /** Why something that is declared was not undone. */
  problem: string | undefined;
};

const MAX_PLAIN_BYTES = 16 * 1024 * 1024;
// Z_SYNC_FLUSH returns the part that arrived of a compressed answer that was cut.
const zlib = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_PLAIN_BYTES };
const brotli = { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: MAX_PLAIN_BYTES };

/** HTTP's `deflate` is zlib's format; some servers send the bare one. */
const inflate = (bytes: Buffer): Buffer => {
  try {
    return inflateSync(bytes, zlib);
  } catch {
    return inflateRawSync(bytes, zlib);
  }
};

const UNDO: Record<string, { name: string; undo: (bytes: Buffer) => Buffer }> = {
  gzip: { name: 'gzip', undo: (bytes) => gunzipSync(bytes, zlib) },
  'x-gzip': { name: 'gzip', undo: (bytes) => gunzipSync(bytes, zlib) },
  deflate: { name: 'deflate', undo: inflate },
  br: { name: 'Brotli', undo: (bytes) => brotliDecompressSync(bytes, brotli) },
};

/**
 * Undoes the codings that an answer declares, so that an operator can read it: gzip, deflate and Brotli in
 * Content-Encoding; UTF-16 and Latin 1 in Content-Type, a byte order mark or the XML declaration. It tries no others.
 */
export function inPlainText(answer: AnswerContent): PlainAnswer {
  const undone: string[] = [];
  let content: AnswerContent = { body: answer.body, gapAt: answer.gapAt };
  for (const coding of codingsIn(answer.contentEncoding).reverse()) {
    const known = Object.hasOwn(UNDO, coding) ? UNDO[coding] : undefined;
    if (!known) return asItWas(answer, 'its Content-Encoding is not one that this tool can undo');
    try {
      // Behind a gap a compressed answer cannot be read.
      content = { body: known.undo(content.body.subarray(0, content.gapAt)) };
    } catch {
      return asItWas(answer, `its Content-Encoding says ${known.name}, and that could not be undone`);
    }
    undone.push(known.name);
  }
  const charset = charsetOf(content.body, answer.contentType);
  if (charset === undefined) {
    if (undone.length === 0) return asItWas(answer);
    return { content: { ...content, contentType: answer.contentType }, undone, problem: undefined };
  }
  return { content: inUtf8(content, charset), undone: [...undone, charset.name], problem: undefined };
}

/** The facts of an answer that no decoding changes, and that its reader needs. */
export const sourceOf = ({ httpStatus, transport }: ReadableAnswer) => ({ httpStatus, transport });

const asItWas = (content: AnswerContent, problem?: string): PlainAnswer => ({ content, undone: [], problem });

type Charset = { name: string; decode: (bytes: Buffer) => string };
const decoder = (label: string) => (bytes: Buffer) => new TextDecoder(label).decode(bytes);
const UTF_16LE: Charset = { name: 'UTF-16 (little-endian)', decode: decoder('utf-16le') };
const UTF_16BE: Charset = { name: 'UTF-16 (big-endian)', decode: decoder('utf-16be') };
const CHARSETS: Record<string, Charset> = {
  'utf-16le': UTF_16LE,
  'utf-16be': UTF_16BE,
  'iso-8859-1': { name: 'ISO 8859-1', decode: (bytes) => bytes.toString('latin1') },
  latin1: { name: 'ISO 8859-1', decode: (bytes) => bytes.toString('latin1') },
  'windows-1252': { name: 'Windows-1252', decode: decoder('windows-1252') },
};

/** The charset to undo; undefined for UTF-8 and for what is not known. */
function charsetOf(body: Buffer, contentType = ''): Charset | undefined {
  const start = body.toString('hex', 0, 2);
  const byMark = start === 'fffe' ? UTF_16LE : start === 'feff' ? UTF_16BE : undefined;
  const declared = charsetsIn(contentType, body.toString('latin1', 0, 1_024))[0];
  if (declared === undefined) return byMark;
  if (Object.hasOwn(CHARSETS, declared)) return CHARSETS[declared];
  if (declared !== 'utf-16') return undefined;
  // The byte order comes from the mark, or from the '<' at the beginning of XML.
  return byMark ?? (start === '3c00' ? UTF_16LE : start === '003c' ? UTF_16BE : undefined);
}

/** Each side of a gap for itself, so that it stays where it is. The XML declaration no longer names a charset. */
function inUtf8({ body, gapAt }: AnswerContent, { decode }: Charset): AnswerContent {
  const head = decode(body.subarray(0, gapAt)).replace(
    /^(\uFEFF?<\?xml\s[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')/,
    '$1',
  );
  if (gapAt === undefined) return { body: Buffer.from(head) };
  const tail = decode(body.subarray(gapAt));
  return { body: Buffer.from(head + tail), gapAt: Buffer.byteLength(head) };
}
