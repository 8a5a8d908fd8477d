import { createUnchunker } from './http-chunks.ts';
import type { Framing, HttpFlaw } from './http-head.ts';
import { watchForRootEnd } from './root-end.ts';

/** Line ends behind the announced end are no content: some servers send one. */
const STRAY = /^[\r\n]{0,4}$/;

/**
 * Collects the body of an answer piece by piece. The framing says which bytes are content and when the body ends; it
 * is believed only as long as it holds, and no byte is given up because of it.
 */
export function collectBody(framing: Framing) {
  const kept: Buffer[] = [];
  const endsWithRoot = watchForRootEnd();
  let received = 0;
  let closesRoot = false;
  /** Where the body ends, once it does. */
  let endAt = framing === 0 ? 0 : undefined;
  let closesRootAtEnd = false;
  let gap: { at: number; flaw: HttpFlaw } | undefined;
  let stray: Buffer = Buffer.alloc(0);

  const keep = (piece: Buffer) => {
    if (piece.length === 0) return;
    kept.push(piece);
    received += piece.length;
    closesRoot = endsWithRoot(piece);
  };
  const end = () => {
    endAt = received;
    closesRootAtEnd = closesRoot;
  };
  const unchunker = framing === 'chunked' ? createUnchunker(keep) : undefined;
  /** Takes what the framing makes content of; returns the bytes behind it. */
  const follow = (piece: Buffer): Buffer => {
    if (unchunker) {
      const unchunked = unchunker.add(piece);
      if (unchunked.state === 'open') return Buffer.alloc(0);
      if (unchunked.state === 'ended') end();
      else gap = { at: received, flaw: 'HTTP_CHUNK' };
      return unchunked.rest;
    }
    const content = typeof framing === 'number' ? piece.subarray(0, framing - received) : piece;
    keep(content);
    if (received === framing) end();
    return piece.subarray(content.length);
  };

  return {
    add(piece: Buffer): void {
      const behind = gap === undefined && endAt === undefined ? follow(piece) : piece;
      if (gap === undefined && endAt !== undefined) {
        stray = Buffer.concat([stray, behind]);
        if (STRAY.test(stray.toString('latin1'))) return;
        gap = { at: endAt, flaw: 'HTTP_BODY_BEYOND_END' };
        keep(stray);
      } else keep(behind);
    },
    /** No more bytes come: what looked like the beginning of framing is kept as well. */
    close(): void {
      const cut = unchunker?.pending() ?? Buffer.alloc(0);
      if (STRAY.test(cut.toString('latin1')) || endAt !== undefined || gap !== undefined) return;
      gap = { at: received, flaw: 'HTTP_CHUNK' };
      keep(cut);
    },
    bytes: () => Buffer.concat(kept),
    received: () => received,
    gap: () => gap,
    /** The last bytes close the root element, as far as can be seen without reading all of it. */
    closesRoot: () => closesRoot,
    closesRootAtEnd: () => closesRootAtEnd,
    /** The announced end has come, and nothing behind it. */
    hasEnded: () => endAt !== undefined && gap === undefined,
  };
}
