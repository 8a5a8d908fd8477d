import { textOf } from '../answer-text.ts';
import type { AnswerContent } from '../api.ts';
import { type DocumentRule, XML_DOCUMENTS } from '../root-end.ts';
import { readJson } from './json.ts';

/** Pieces of blanks behind the end after which a document that is not well-formed is looked at no more. */
const MAX_PIECES_BEHIND = 4;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d]);
const BLANK: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BYTE_ORDER_MARK: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf]);

/**
 * The bytes may be a whole document when the bracket is closed that was opened first, with brackets in strings left out,
 * and only blanks are behind it.
 */
function watchForJsonEnd(): (piece: Buffer) => boolean {
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let state: 'before' | 'inside' | 'behind' | 'never' = 'before';
  let piecesBehind = 0;

  const look = (byte: number) => {
    if (state === 'before' && OPENING.has(byte)) state = 'inside';
    else if (state === 'before' && !BLANK.has(byte) && !BYTE_ORDER_MARK.has(byte)) state = 'never';
    else if (state === 'behind' && !BLANK.has(byte)) state = 'never';
    if (state !== 'inside') return;
    if (inString) {
      if (!isEscaped && byte === QUOTE) inString = false;
      isEscaped = !isEscaped && byte === BACKSLASH;
    } else if (byte === QUOTE) inString = true;
    else if (OPENING.has(byte)) depth += 1;
    else if (CLOSING.has(byte)) {
      depth -= 1;
      if (depth === 0) state = 'behind';
    }
  };
  return (piece) => {
    for (const byte of piece) look(byte);
    if (state !== 'behind') return false;
    piecesBehind += 1;
    return piecesBehind <= MAX_PIECES_BEHIND;
  };
}

/** Gateways answer in XML and HTML, too: the first visible character says which rule holds. */
const isMarkup = (body: Buffer) => /^(?:\u00EF\u00BB\u00BF)?\s*</.test(body.toString('latin1', 0, 1_024));

function watch(): (piece: Buffer) => boolean {
  const [endsJson, endsXml] = [watchForJsonEnd(), XML_DOCUMENTS.watch()];
  // Both watch every piece: each is false for the other's documents.
  return (piece) => [endsJson(piece), endsXml(piece)].includes(true);
}

function stateOf(answer: AnswerContent): 'closed' | 'open' | undefined {
  if (isMarkup(answer.body)) return XML_DOCUMENTS.stateOf(answer);
  try {
    const root = readJson(textOf(answer));
    // A number has no end that could be seen.
    if (root === undefined || !('closed' in root)) return undefined;
    return root.closed ? 'closed' : 'open';
  } catch {
    return undefined;
  }
}

/** The end of a JSON document, or of an XML one. */
export const JSON_DOCUMENTS: DocumentRule = { watch, stateOf };
