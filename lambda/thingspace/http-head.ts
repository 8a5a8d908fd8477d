import { MAX_HEADER_CHARS } from './answer-size.ts';

/**
 * Reads heads of HTTP/1 answers as they come. The reader notes a flaw and continues: a password that is shown only once
 * may follow the head. curl and Python's http.client read most of these heads, too.
 */

/** The rules of HTTP that an answer may break, as the product's codes: they quote nothing of the answer. */
export type HttpFlaw =
  | 'HTTP_NO_HEAD'
  | 'HTTP_HEAD_UNFINISHED'
  | 'HTTP_HEAD_TOO_LARGE'
  | 'HTTP_TEXT_BEFORE_HEAD'
  | 'HTTP_HEADER_WITHOUT_COLON'
  | 'HTTP_HEADER_NAME'
  | 'HTTP_CONTENT_LENGTH'
  | 'HTTP_CHUNK'
  | 'HTTP_BODY_BEYOND_END';

/** The end of the body, as the head announces it. `unclear`: the head announces none that could be followed. */
export type Framing = 'chunked' | 'until-close' | 'unclear' | number;

export type Head = {
  status: number;
  framing: Framing;
  /** Whether HTTP lets no body follow this status. */
  bodiless: boolean;
  /** The header as received, at most 256 characters of it. */
  contentType: string | undefined;
  contentEncoding: string | undefined;
  flaw: HttpFlaw | undefined;
};

/** The head of the final answer, where it ends, and where the first head begins. */
export type FoundHead = { head: Head; firstAt: number; endsAt: number };

const STATUS_LINE = /HTTP\/\d+(?:\.\d+)?[ \t]+(\d{3})(?!\d)/g;
/** An empty line. Where it is missing, markup or a JSON object ends the head: no header’s name holds `<` or `{`. */
const END = /\n\r*\n|[\r\n](?=(?![ \t])(?:[^\r\n:]*<|\{))/g;
const DOCUMENT = /^(?:\u00EF\u00BB\u00BF)?\s*[<{]/;
const HEAD = /^\s*HTTP\/\d/;
const BEGINNING_OF_HEAD = /^\s*(?:H(?:T(?:T(?:P\/?)?)?)?)?$/;
const LOOK_CHARS = 64;
const NAME = /^[-\w!#$%&'*+.^`|~]+$/;

/**
 * Returns the head of the final answer; one with status 1xx (100 Continue) only when no other head follows. `none`:
 * bytes that begin with markup or a JSON object have none. A number: not known yet, and the final head begins there or later.
 * @param ended no more bytes come
 */
export function findHead(bytes: Buffer, ended: boolean): FoundHead | 'none' | number {
  const text = bytes.toString('latin1');
  if (DOCUMENT.test(text)) return 'none';
  const firstAt = Math.max(0, text.search(STATUS_LINE));
  for (let from = 0; ; ) {
    STATUS_LINE.lastIndex = from;
    const startsAt = STATUS_LINE.exec(text)?.index ?? text.length;
    END.lastIndex = startsAt;
    const end = END.exec(text);
    if (end === null) return from;
    const endsAt = END.lastIndex;
    const head = readHead(text.slice(startsAt, end.index));
    const behind = text.slice(endsAt, endsAt + LOOK_CHARS);
    if (head.status >= 200 || !HEAD.test(behind)) {
      // ThingSpace is not asked to switch protocols, so nothing is awaited behind 101.
      const isInterim = head.status < 200 && head.status !== 101 && !ended;
      return isInterim && BEGINNING_OF_HEAD.test(behind) ? endsAt : { head, firstAt, endsAt };
    }
    from = endsAt;
  }
}

/**
 * Reports whether bytes are the beginning of a head and nothing else, so that no byte of a body is among them.
 * @param from where interim answers end, whose heads stand before
 */
export function isBareHead(bytes: Buffer, from: number): boolean {
  const text = bytes.toString('latin1');
  const last = text.slice(from);
  if (!HEAD.test(text) || !(HEAD.test(last) || BEGINNING_OF_HEAD.test(last))) return false;
  // The last line may be cut, which is not a flaw.
  const whole = last.slice(0, Math.max(0, last.lastIndexOf('\n')));
  return !/[<{]|\r[^\n]/.test(last) && readHead(whole).flaw === undefined;
}

/** @param text from the status line to the last header */
function readHead(text: string): Head {
  const [statusLine = '', ...lines] = text.replace(/[\r\n]+[ \t]+/g, ' ').split(/[\r\n]+/);
  const values = new Map<string, string[]>();
  let flaw: HttpFlaw | undefined;
  for (const line of lines.filter(Boolean)) {
    const colonAt = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colonAt));
    if (colonAt < 0) flaw ??= 'HTTP_HEADER_WITHOUT_COLON';
    else if (!NAME.test(name)) flaw ??= 'HTTP_HEADER_NAME';
    const key = name.trim().toLowerCase();
    // Not copied: thousands of lines of one name would hold the answer back from its seal for minutes.
    const before = values.get(key);
    const value = line.slice(colonAt + 1).trim();
    if (before) before.push(value);
    else values.set(key, [value]);
  }
  // Several values of one header are joined, and none is chosen.
  const header = (name: string) => values.get(name)?.join(', ');
  STATUS_LINE.lastIndex = 0;
  const status = Number(STATUS_LINE.exec(statusLine)?.[1] ?? 0);
  const framing = framingOf(header('transfer-encoding'), header('content-length'));
  if (framing === 'unclear') flaw ??= 'HTTP_CONTENT_LENGTH';
  return {
    status,
    framing,
    bodiless: status < 200 || status === 204 || status === 304,
    contentType: header('content-type')?.slice(0, MAX_HEADER_CHARS),
    contentEncoding: header('content-encoding')?.slice(0, MAX_HEADER_CHARS),
    flaw,
  };
}

/** Several equal lengths are one (RFC 9110, 8.6). */
function framingOf(transferEncoding = 'identity', contentLength: string | undefined): Framing {
  if (/(?:^|,)\s*chunked\s*$/i.test(transferEncoding)) return 'chunked';
  if (contentLength === undefined || transferEncoding.toLowerCase() !== 'identity') return 'until-close';
  const lengths = new Set(contentLength.split(',').map((length) => length.trim()));
  const [length = ''] = lengths;
  return lengths.size === 1 && /^\d+$/.test(length) ? Number(length) : 'unclear';
}
