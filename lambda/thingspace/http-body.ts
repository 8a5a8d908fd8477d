import { createUnchunker, type Progress } from './http-chunks.ts';
import type { Framing, HttpFlaw } from './http-head.ts';

/** Line ends behind the announced end are not content: some servers send one. */
const STRAY = /^[\r\n]{0,4}$/;

/**
 * Collects the body of an answer piece by piece. The framing says which bytes are content and when the body ends. It is
 * used only as long as the bytes agree with it, and no byte is dropped because of it.
 * @param endsDocument reports after each piece whether the bytes may be a whole document
 */
export function collectBody(framing: Framing, endsDocument: (piece: Buffer) => boolean) {
  const kept: Buffer[] = [];
  let received = 0;
  let closes = false;
  /** Where the body ends, once it does. */
  let endAt: number | undefined;
  let closesAtEnd = false;
  let gap: { at: number; flaw: HttpFlaw } | undefined;
  let stray: Buffer = Buffer.alloc(0);

  const keep = (piece: Buffer) => {
    if (piece.length === 0) return;
    kept.push(piece);
    received += piece.length;
    closes = endsDocument(piece);
  };
  const framed = framing === 'chunked' ? createUnchunker(keep) : createCounter(framing, keep);
  const addBehindEnd = (piece: Buffer, at: number) => {
    stray = Buffer.concat([stray, piece]);
    if (STRAY.test(stray.toString('latin1'))) return;
    gap = { at, flaw: 'HTTP_BODY_BEYOND_END' };
    keep(stray);
  };
  const add = (piece: Buffer): void => {
    if (gap) keep(piece);
    else if (endAt !== undefined) addBehindEnd(piece, endAt);
    else {
      const progress = framed.add(piece);
      if (progress.state === 'open') return;
      if (progress.state === 'broken') gap = { at: received, flaw: 'HTTP_CHUNK' };
      else {
        endAt = received;
        closesAtEnd = closes;
      }
      add(progress.rest);
    }
  };
  add(Buffer.alloc(0)); // A body of no bytes has ended before any come.

  return {
    add,
    /** Ends the body where no more bytes come: bytes that looked like the beginning of framing are kept, too. */
    close(): void {
      const cut = framed.pending();
      if (STRAY.test(cut.toString('latin1')) || endAt !== undefined || gap !== undefined) return;
      gap = { at: received, flaw: 'HTTP_CHUNK' };
      keep(cut);
    },
    bytes: () => Buffer.concat(kept),
    received: () => received,
    gap: () => gap,
    /** The last bytes close the document, as far as can be seen without reading all of it. */
    closes: () => closes,
    closesAtEnd: () => closesAtEnd,
    /** The announced end has come, and no byte behind it. */
    hasEnded: () => endAt !== undefined && gap === undefined,
  };
}

/** Keeps the announced number of bytes, or all of them when the head announces no length. */
function createCounter(framing: Exclude<Framing, 'chunked'>, keep: (content: Buffer) => void) {
  let left = typeof framing === 'number' ? framing : Number.POSITIVE_INFINITY;
  return {
    add(piece: Buffer): Progress {
      const content = piece.subarray(0, left);
      keep(content);
      left -= content.length;
      return left === 0 ? { state: 'ended', rest: piece.subarray(content.length) } : { state: 'open' };
    },
    pending: () => Buffer.alloc(0),
  };
}
