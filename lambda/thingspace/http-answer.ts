import { MAX_ANSWER_BYTES, MAX_READ_BYTES } from './answer-size.ts';
import type { AnswerContent } from './api.ts';
import { collectBody } from './http-body.ts';
import { findHead, type Head, type HttpFlaw, isBareHead } from './http-head.ts';
import { type DocumentRule, XML_DOCUMENTS } from './root-end.ts';

/** A longer head is not looked for: the bytes are kept as they came. */
const MAX_HEAD_BYTES = MAX_ANSWER_BYTES;
const NOT_HTTP = { status: 0, framing: 'unclear', bodiless: false } as const;

/** An answer when no more of it is read. */
export type ReadAnswer = AnswerContent & {
  /** Undefined when no head came; 0 when the bytes are not HTTP. */
  httpStatus: number | undefined;
  complete: boolean;
};

/**
 * Reads one HTTP/1 answer from the bytes of a connection. Every byte is kept that may belong to a body, whatever the
 * head says: a password behind a flawed head is shown only once, too.
 */
export function createAnswerReader(documents: DocumentRule = XML_DOCUMENTS) {
  let before: Buffer = Buffer.alloc(0);
  let head: Head | undefined;
  let body = collectBody('unclear', documents.watch());

  const begin = (found: Head, bytes: Buffer) => {
    head = found;
    body = collectBody(found.framing, documents.watch());
    body.add(bytes);
  };
  const beginWithoutHead = (flaw: HttpFlaw) => {
    begin({ ...NOT_HTTP, flaw, contentType: undefined, contentEncoding: undefined }, before);
    before = Buffer.alloc(0);
  };
  const lookForHead = (ended: boolean) => {
    const found = findHead(before, ended);
    if (found === 'none') beginWithoutHead('HTTP_NO_HEAD');
    else if (typeof found === 'object') {
      begin(found.head, before.subarray(found.endsAt));
      before = before.subarray(0, found.firstAt);
    } else if (before.length > MAX_HEAD_BYTES) beginWithoutHead('HTTP_HEAD_TOO_LARGE');
    else if (ended && !isBareHead(before, found)) beginWithoutHead('HTTP_HEAD_UNFINISHED');
  };
  const content = () => contentOf(head, body, before, documents);

  return {
    add(piece: Buffer): void {
      if (head) body.add(piece);
      else {
        before = Buffer.concat([before, piece]);
        lookForHead(false);
      }
    },
    isTooLarge: () => body.received() > MAX_READ_BYTES,
    /** The document is closed: the announced end may be wrong, and waiting for it may take all the time there is. */
    isWhole(): boolean {
      const isLarge = body.received() > MAX_ANSWER_BYTES;
      // For a larger document, or one in another charset, the last tag decides.
      if (body.closesAtEnd()) return isLarge || documents.stateOf(content()) !== 'open';
      return !isLarge && body.closes() && documents.stateOf(content()) === 'closed';
    },
    /** The answer may be over here, though its document is not: its announced end has come, or it may have no body. */
    mayBeOver: (): boolean => body.hasEnded() || (head?.bodiless === true && body.received() === 0),
    /** @param closed the server has closed the connection in an orderly way */
    end(closed: boolean): ReadAnswer {
      if (!head && before.length > 0) lookForHead(true);
      body.close();
      const all = content();
      const isHttp = head !== undefined && head.status > 0;
      const ended = body.hasEnded() || (closed && head?.framing === 'until-close');
      const complete = isHttp && all.gapAt === undefined && (ended || documents.stateOf(all) === 'closed');
      return { ...all, httpStatus: head?.status, complete };
    },
  };
}

/** Returns the content. Text before the head is put behind the body, where it is kept and not read. */
function contentOf(
  head: Head | undefined,
  body: ReturnType<typeof collectBody>,
  before: Buffer,
  documents: DocumentRule,
): AnswerContent {
  const { contentType, contentEncoding } = head ?? {};
  const gap = body.gap();
  const hasTextBefore = head !== undefined && before.toString('latin1').trim() !== '';
  const all = { body: body.bytes(), contentType, contentEncoding };
  const flaw = head?.flaw ?? gap?.flaw ?? (hasTextBefore ? 'HTTP_TEXT_BEFORE_HEAD' : undefined);
  // A length that is too small has cut one document in two.
  const isCut =
    gap?.flaw === 'HTTP_BODY_BEYOND_END' &&
    head?.framing !== 'chunked' &&
    documents.stateOf(all) !== undefined;
  const gapAt = gap === undefined || gap.at === 0 || isCut ? undefined : gap.at;
  if (!hasTextBefore) return { ...all, flaw, gapAt };
  return { ...all, flaw, body: Buffer.concat([all.body, before]), gapAt: gapAt ?? all.body.length };
}
