import { textOf } from './answer-text.ts';
import type { AnswerContent } from './api.ts';
import { readXml } from './xml.ts';

/** Says for one format when the document of an answer is whole, whatever end its head announces. */
export type DocumentRule = {
  /**
   * Watches the bytes of an answer come in. Reports after each piece whether they may be a whole document. Costs the
   * same for each byte, however many have come.
   */
  watch(): (piece: Buffer) => boolean;
  /** Reports whether the bytes are one document: whole, with only blanks behind it, or still open. */
  stateOf(answer: AnswerContent): 'closed' | 'open' | undefined;
};

const LOOK_CHARS = 1_024;
const ROOT_NAME = /^(?:\u00EF\u00BB\u00BF)?\s*(?:<\?[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<([^\s<>/!?]+)/s;
const CLOSING_TAG = /<\/([^\s<>/]+)\s*>\s*$/;

/** The bytes may be a whole document when they end with a tag that closes their root. */
function watchForRootEnd(): (piece: Buffer) => boolean {
  let head = '';
  let tail = '';
  return (piece) => {
    if (head.length < LOOK_CHARS) head += piece.toString('latin1', 0, LOOK_CHARS);
    tail = (tail + piece.toString('latin1', Math.max(0, piece.length - LOOK_CHARS))).slice(-LOOK_CHARS);
    const closed = CLOSING_TAG.exec(tail)?.[1];
    return closed !== undefined && closed === ROOT_NAME.exec(head)?.[1];
  };
}

function documentIn(answer: AnswerContent): 'closed' | 'open' | undefined {
  try {
    const root = readXml(textOf(answer));
    return root && (root.closed ? 'closed' : 'open');
  } catch {
    return undefined;
  }
}

export const XML_DOCUMENTS: DocumentRule = { watch: watchForRootEnd, stateOf: documentIn };
