import { request } from 'node:http';
import { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnswerReader, type ReadAnswer } from '../../lambda/thingspace/http-answer.ts';
import { readNewPassword } from '../../lambda/thingspace/read-new-password.ts';
import { FLAWED_HEADS, flawedHead, type HeadFlaw } from '../../local/gateway/flawed-head.ts';
import { newPasswordAnswer } from './envelopes.ts';

const PASSWORD = 'Ab3$kQ9z';
const BODY = Buffer.from(newPasswordAnswer(PASSWORD));
const flaws = Object.keys(FLAWED_HEADS) as HeadFlaw[];

/** Reads pieces as they would come from a connection, until the reader calls the answer whole. */
function readPieces(pieces: readonly (Buffer | string)[], closed = true): ReadAnswer {
  const reader = createAnswerReader();
  for (const piece of pieces) {
    reader.add(Buffer.from(piece));
    if (reader.isWhole()) break;
  }
  return reader.end(closed);
}

function cutAt(bytes: Buffer, at: number): Buffer[] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

describe('a password behind a flawed head', () => {
  test.each(flaws)('is read wherever the bytes are cut in two: %s', (flaw) => {
    const head = flawedHead(flaw, BODY.length);
    const bytes = Buffer.concat([head, BODY]);
    // A very large head is read anew with each piece: there only some places near its end are tried.
    const isLarge = head.length > 10_000;
    for (let at = isLarge ? head.length - 40 : 0; at < bytes.length; at += isLarge ? 13 : 1) {
      const answer = readPieces(cutAt(bytes, at));
      expect(readNewPassword(answer), `cut at ${at}`).toEqual({ outcome: 'done', value: PASSWORD });
    }
  });

  test.each(flaws.filter((flaw) => FLAWED_HEADS[flaw](9).length < 1_000))(
    'is read byte by byte: %s',
    (flaw) => {
      const bytes = Buffer.concat([flawedHead(flaw, BODY.length), BODY]);
      const answer = readPieces([...bytes].map((byte) => Buffer.of(byte)));
      expect(readNewPassword(answer)).toEqual({ outcome: 'done', value: PASSWORD });
    },
  );

  test('is kept when the bytes end anywhere behind it', () => {
    const end = BODY.indexOf('</a:NewPassword>') + '</a:NewPassword>'.length;
    for (const flaw of flaws) {
      for (let length = end; length <= BODY.length; length += 1) {
        const answer = readPieces([flawedHead(flaw, BODY.length), BODY.subarray(0, length)]);
        expect(answer.body.includes(PASSWORD), flaw).toBe(true);
      }
    }
  });

  test('is read in time behind a head of 300,000 lines without a colon', () => {
    const answer = readPieces([`HTTP/1.1 200 OK\r\n${'a\r\n'.repeat(300_000)}\r\n`, BODY]);
    expect(readNewPassword(answer)).toEqual({ outcome: 'done', value: PASSWORD });
  });

  test('is kept with a head above 1 MiB, without a search for the head’s end', () => {
    const head = `HTTP/1.1 200 OK\r\nSet-Cookie: ${'x'.repeat(2 ** 20)}\r\n\r\n`;
    const answer = readPieces([head.slice(0, 2 ** 20 + 1), head.slice(2 ** 20 + 1), BODY]);
    expect(answer).toMatchObject({ httpStatus: 0, flaw: 'HTTP_HEAD_TOO_LARGE', complete: false });
    expect(answer.body.equals(Buffer.concat([Buffer.from(head), BODY]))).toBe(true);
  });
});

describe('no byte of a body is lost', () => {
  const anyBytes = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
  const line = fc.oneof(
    fc.constantFrom(
      'HTTP/1.1 200 OK',
      'HTTP/1.1 204 x',
      'HTTP/1.1 100 Continue',
      'Content-Length: 3',
      'Content-Length: 0',
      'Transfer-Encoding: chunked',
      'Content-Type: text/xml',
      'X-Powered-By ASP.NET',
      '',
      '5',
      '0',
    ),
    anyBytes,
  );
  const lines = fc.array(fc.tuple(line, fc.constantFrom('\r\n', '\n', '\r', '')), { maxLength: 12 });

  test('property: whatever the bytes are and however they are cut, markup with the password is kept', () => {
    fc.assert(
      fc.property(
        lines,
        lines,
        fc.array(fc.nat(400), { maxLength: 6 }),
        fc.boolean(),
        (before, after, cuts, closed) => {
          const joined = (all: typeof before) =>
            Buffer.concat(all.flatMap(([text, end]) => [Buffer.from(text), Buffer.from(end)]));
          const value = `<NewPassword>${PASSWORD}</NewPassword>`;
          const bytes = Buffer.concat([joined(before), Buffer.from(`\n${value}`), joined(after)]);
          const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
          const reader = createAnswerReader();
          for (const [index, end] of at.slice(1).entries()) reader.add(bytes.subarray(at[index], end));
          const { body } = reader.end(closed);
          return body.includes(value);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ['a body with no head', '<a>b</a>', '<a>b</a>'],
    ['a head without its end, and markup in its last line', 'HTTP/1.1 200 OK\r\nX: <a>b</a>', undefined],
    ['a head whose lines end with a carriage return', 'HTTP/1.1 200 OK\rX: y\r\r<a>b</a>', '<a>b</a>'],
    ['a head whose lines end with two of them', 'HTTP/1.1 200 OK\r\r\nX: y\r\r\n\r\r\nab', 'ab'],
    ['a head that ends within a line', 'HTTP/1.1 200 OK\r\nX: y\r\n\0<a>b</a>\n\n', '\0<a>b</a>\n\n'],
    [
      'two answers on one connection',
      `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 400 x\r\n\r\nb`,
      'aHTTP/1.1 400 x\r\n\r\nb',
    ],
    [
      'the beginning of a chunk’s size at the end',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nbc',
      'abc',
    ],
    [
      'bytes behind the last chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nbc',
      'abc',
    ],
    [
      'markup in place of a trailer',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n<a>b</a>',
      '<a>b</a>',
    ],
    ['text before the head', 'text HTTP/1.1 200 OK\r\n\r\na', 'atext '],
  ])('%s', (_, bytes, body = bytes) => {
    expect(readPieces([bytes]).body.toString()).toBe(body);
  });

  test.each([
    ['the beginning of a status line', 'HTTP/1.'],
    ['the beginning of a head', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-'],
    ['a head cut within a line end', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r'],
    ['a head and an empty body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a head and a stray line end', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n\r\n'],
    ['an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['an interim answer and the beginning of a head', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX'],
    ['the framing of chunks alone', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n'],
    ['nothing', ''],
  ])('%s contains no document', (_, bytes) => {
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(readPieces(cutAt(Buffer.from(bytes), at)).body.toString()).toBe('');
    }
  });
});

describe('where a document was cut by a wrong end', () => {
  const head = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;

  test('a document is one again, and complete when its root is closed', () => {
    expect(readPieces([head(4), '<a>b', 'c</a>'])).toMatchObject({ complete: true, gapAt: undefined });
    expect(readPieces([head(4), '<a>b', 'c'])).toMatchObject({ complete: false, gapAt: undefined });
  });

  test('an inner element with the name of the root does not end the document', () => {
    const reader = createAnswerReader();
    reader.add(Buffer.from(`${head(11)}<a><a>b</a>`));
    expect(reader.isWhole()).toBe(false);
    reader.add(Buffer.from('</a>'));
    expect(reader.isWhole()).toBe(true);
    expect(reader.end(false)).toMatchObject({ complete: true, gapAt: undefined });
  });

  test('a second document is not part of it', () => {
    const answer = readPieces([`${head(8)}<a>b</a><a>c</a>`]);
    expect(answer).toMatchObject({ complete: false, gapAt: 8, flaw: 'HTTP_BODY_BEYOND_END' });
    expect(answer.body.toString()).toBe('<a>b</a><a>c</a>');
  });

  test('text that is not a document stays behind a gap', () => {
    expect(readPieces([head(2), 'ab', 'cd'])).toMatchObject({ complete: false, gapAt: 2 });
  });

  test('bytes that another chunk was taken out of stay behind a gap', () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a>b\r\n0\r\n\r\nc</a>';
    expect(readPieces([chunked])).toMatchObject({ complete: false, gapAt: 4 });
  });
});

describe('interim answers', () => {
  test.each([100, 102, 103])('%d before the answer leaves no trace, wherever it is cut', (status) => {
    const interim = `HTTP/1.1 ${status} x\r\nContent-Length: 7\r\n\r\n`;
    const bytes = Buffer.from(`${interim}${interim}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na`);
    for (let at = 0; at < bytes.length; at += 1) {
      const answer = readPieces(cutAt(bytes, at), false);
      expect(answer).toMatchObject({ httpStatus: 200, complete: true, flaw: undefined });
      expect(answer.body.toString()).toBe('a');
    }
  });
});

describe('the reader names the first rule that is broken, in a code of its own', () => {
  test.each([
    ['HTTP_NO_HEAD', '<a>'],
    ['HTTP_HEAD_UNFINISHED', 'not HTTP'],
    ['HTTP_TEXT_BEFORE_HEAD', 'text HTTP/1.1 200 OK\r\n\r\na'],
    ['HTTP_HEADER_WITHOUT_COLON', 'HTTP/1.1 200 OK\r\nX-Powered-By ASP.NET\r\n\r\na'],
    ['HTTP_HEADER_NAME', 'HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na'],
    ['HTTP_HEADER_NAME', 'HTTP/1.1 200 OK\r\nX (y): 1\r\n\r\na'],
    ['HTTP_CONTENT_LENGTH', 'HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\na'],
    ['HTTP_CONTENT_LENGTH', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\na'],
    ['HTTP_CHUNK', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n'],
    ['HTTP_BODY_BEYOND_END', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab'],
  ])('%s', (flaw, bytes) => {
    const answer = readPieces([bytes]);
    expect(answer.flaw).toBe(flaw);
    const read = readNewPassword(answer);
    expect(read.outcome === 'unknown' && read.cause.message).toContain(`(${flaw})`);
  });

  test('equal lengths break no rule, and unequal ones announce no end', () => {
    const equal = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1, 1\r\n\r\na';
    expect(readPieces([equal], false)).toMatchObject({ complete: true, flaw: undefined });
    const unequal = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na';
    expect(readPieces([unequal])).toMatchObject({ complete: false, flaw: 'HTTP_CONTENT_LENGTH' });
  });
});

describe('an answer that keeps to HTTP', () => {
  const content = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  const chunked = fc.array(content.filter(({ length }) => length > 0)).chain((chunks) =>
    fc
      .record({ extension: fc.constantFrom('', ';a=b'), trailer: fc.constantFrom('', 'X: y\r\n') })
      .map((extra) => {
        const framed = chunks.flatMap((chunk) => [
          Buffer.from(`${chunk.length.toString(16)}${extra.extension}\r\n`),
          chunk,
          Buffer.from('\r\n'),
        ]);
        return {
          header: 'Transfer-Encoding: chunked\r\n',
          bytes: Buffer.concat([...framed, Buffer.from(`0\r\n${extra.trailer}\r\n`)]),
        };
      }),
  );
  const body = fc.oneof(
    content.map((bytes) => ({ header: `content-length:${bytes.length}\r\n`, bytes })),
    content.map((bytes) => ({ header: '', bytes })),
    chunked,
  );

  /** Reads the bytes by Node's own client. */
  async function readByNode(bytes: Buffer) {
    const connection = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    const { promise, resolve, reject } = Promise.withResolvers<object>();
    const asking = request({ createConnection: () => connection, method: 'POST' }, async (response) =>
      resolve({ httpStatus: response.statusCode, body: await buffer(response), complete: response.complete }),
    );
    asking.on('error', reject).end();
    connection.push(bytes);
    connection.push(null);
    return promise;
  }

  test('property: is read as Node’s own client reads it', async () => {
    await fc.assert(
      fc.asyncProperty(
        body,
        fc.constantFrom(200, 404, 500),
        fc.constantFrom('', 'X: y\r\n', 'Set-Cookie: a=b; c\r\nSet-Cookie: d\r\n'),
        fc.constantFrom('', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 x\r\nLink: </a>\r\n\r\n'),
        fc.array(fc.nat(200), { maxLength: 4 }),
        async ({ header, bytes }, status, headers, interim, cuts) => {
          const head = `${interim}HTTP/1.1 ${status} x\r\n${headers}${header}\r\n`;
          const all = Buffer.concat([Buffer.from(head), bytes]);
          const places = [...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
          const ours = readPieces(places.map((end, at) => all.subarray(at === 0 ? 0 : places[at - 1], end)));
          expect(ours).toMatchObject(await readByNode(all));
          expect(ours).toMatchObject({ flaw: undefined, gapAt: undefined });
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
