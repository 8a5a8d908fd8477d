import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MAX_ANSWER_BYTES } from '../../lambda/thingspace/answer-size.ts';
import type { CallLimits, RawAnswer } from '../../lambda/thingspace/api.ts';
import { NoAnswerError, NotSentError, TooLateToSendError } from '../../lambda/thingspace/call-errors.ts';
import { sendOnce } from '../../lambda/thingspace/http-call.ts';
import type { HttpCall } from '../../lambda/thingspace/http-request.ts';
import { onceRead } from '../../local/http.ts';
import { selfSigned } from '../../local/proxy/self-signed.ts';
import { http, type Play, serve, type TestServer } from './servers.ts';

const secret = 'Marker$7';
const patient: CallLimits = { timeoutMs: 20_000 };
let server: TestServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

function call(url: string, limits = patient, options: Pick<HttpCall, 'waitsForDocument'> = {}) {
  const headers = { 'content-type': 'text/xml' };
  return sendOnce({ method: 'POST', url, headers, body: secret, ...options }, limits);
}

async function callServer(play: Play, limits = patient) {
  server = await serve(play);
  return call(`http://127.0.0.1:${server.port}/a/b`, limits);
}

describe('never sent is certain', () => {
  test('when the name does not exist', async () => {
    const outcome = await call('https://thingspace.invalid/');
    expect(outcome).toMatchObject({ outcome: 'never-sent', cause: { name: 'NotSentError' } });
    if (outcome.outcome === 'never-sent')
      expect(outcome.cause.message).toContain('looking up thingspace.invalid');
  });

  test('when the connection is refused', async () => {
    const closed = await serve(() => {});
    await closed.close();
    expect(await call(`http://127.0.0.1:${closed.port}/`)).toMatchObject({
      outcome: 'never-sent',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  test("when the server's certificate is not trusted, whatever the environment", async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      server = await serve(() => {}, { tls: selfSigned() });
      expect(await call(`https://127.0.0.1:${server.port}/`)).toMatchObject({
        outcome: 'never-sent',
        cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      });
      expect(server.requests).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });

  test('when the server hangs up within the TLS handshake', async () => {
    const plain = createServer((socket: Socket) => socket.once('data', () => socket.destroy()));
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const outcome = await call(`https://127.0.0.1:${(plain.address() as AddressInfo).port}/`);
    plain.close();
    expect(outcome).toMatchObject({ outcome: 'never-sent' });
  });

  test('when the TLS handshake does not come to its end in time', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const outcome = await call(`https://127.0.0.1:${(silent.address() as AddressInfo).port}/`, {
      timeoutMs: 100,
    });
    for (const socket of sockets) socket.destroy();
    silent.close();
    expect(outcome).toMatchObject({ outcome: 'never-sent', cause: { code: 'ETIMEDOUT' } });
  });

  test('when no time is left', async () => {
    for (const timeoutMs of [0, -1, Number.NaN]) {
      expect(await call('http://127.0.0.1:1/', { timeoutMs })).toMatchObject({ outcome: 'never-sent' });
    }
  });

  test('when a header cannot be written', async () => {
    server = await serve(() => {});
    const headers = { authorization: `${secret}\n` };
    const url = `http://127.0.0.1:${server.port}/`;
    const outcome = await sendOnce({ method: 'PUT', url, headers, body: '' }, patient);
    expect(outcome).toMatchObject({ outcome: 'never-sent', cause: { code: 'ERR_INVALID_CHAR' } });
  });
});

describe('the outcome is unknown after the first byte was sent', () => {
  test.each<[string, Play]>([
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.end()],
    ['closed within the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-')],
    ['closed after the headers', (socket) => socket.end(http(200, 'abc').subarray(0, -3))],
    ['answered without a body', (socket) => socket.end(http(502, ''))],
    [
      'switched to another protocol',
      (socket) => socket.end('HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
    ],
  ])('%s', async (_, play) => {
    const outcome = await callServer(play);
    expect(outcome.outcome).toBe('unknown');
    if (outcome.outcome === 'unknown') expect(outcome.cause).toBeInstanceOf(NoAnswerError);
    expect(server?.connections()).toBe(1);
  });

  test('reset before the request was read whole', async () => {
    const rude = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    rude.listen(0, '127.0.0.1');
    await once(rude, 'listening');
    const url = `http://127.0.0.1:${(rude.address() as AddressInfo).port}/`;
    const body = secret.repeat(2 ** 20);
    const outcome = await sendOnce({ method: 'POST', url, headers: {}, body }, patient);
    rude.close();
    expect(outcome).toMatchObject({ outcome: 'unknown', cause: { name: 'NoAnswerError' } });
  });

  test('silence until the time is over', async () => {
    expect(await callServer(() => {}, { timeoutMs: 100 })).toMatchObject({ outcome: 'unknown' });
  });

  test('headers and then silence', async () => {
    const outcome = await callServer((socket) => socket.write(http(200, 'abc').subarray(0, -3)), {
      timeoutMs: 100,
    });
    expect(outcome).toMatchObject({ outcome: 'unknown', cause: { name: 'NoAnswerError' } });
    if (outcome.outcome === 'unknown') expect(outcome.cause.message).toContain('HTTP status 200');
  });
});

describe('an answer is kept as far as it arrived', () => {
  const partial = (text: string) => ({ outcome: 'answered', body: Buffer.from(text), complete: false });

  test('whole, whatever its status, by one request without a redirect', async () => {
    for (const status of [200, 302, 401, 500]) {
      const outcome = await callServer((socket) =>
        socket.end(http(status, 'abc', { Location: '/elsewhere' })),
      );
      expect(outcome).toEqual({
        outcome: 'answered',
        httpStatus: status,
        body: Buffer.from('abc'),
        contentType: 'text/xml; charset=utf-8',
        contentEncoding: undefined,
        gapAt: undefined,
        complete: true,
        receivedBytes: 3,
      });
      expect(server?.requests).toEqual([
        `POST /a/b HTTP/1.1\r\ncontent-type: text/xml\r\nhost: 127.0.0.1:${server?.port}\r\nconnection: close\r\n` +
          `accept-encoding: identity\r\ncontent-length: ${secret.length}\r\n\r\n${secret}`,
      ]);
      await server?.close();
    }
    server = undefined;
  });

  test('over TLS', async () => {
    const pair = selfSigned();
    const before = getCACertificates('default');
    setDefaultCACertificates([pair.cert]);
    try {
      server = await serve((socket) => socket.end(http(200, 'abc')), { tls: pair });
      const outcome = await call(`https://127.0.0.1:${server.port}/`);
      expect(outcome).toMatchObject({ outcome: 'answered', body: Buffer.from('abc'), complete: true });
      await server.close();
      server = await serve((socket) => socket.end(http(200, 'abcdef').subarray(0, -2)), { tls: pair });
      expect(await call(`https://localhost:${server.port}/`)).toMatchObject(partial('abcd'));
    } finally {
      setDefaultCACertificates(before);
    }
  });

  test('in part, when the connection is closed or reset within the body', async () => {
    const half = http(200, 'abcdef').subarray(0, -2);
    expect(await callServer((socket) => socket.end(half))).toMatchObject(partial('abcd'));
    await server?.close();
    const reset: Play = (socket) => socket.write(half, () => setImmediate(() => socket.destroy()));
    expect(await callServer(reset)).toMatchObject(partial('abcd'));
  });

  test('in part, when the time is over within the body', async () => {
    const half = http(200, 'abcdef').subarray(0, -2);
    expect(await callServer((socket) => socket.write(half), { timeoutMs: 200 })).toMatchObject(
      partial('abcd'),
    );
  });

  test('in part, when a chunk is malformed', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nZZ\r\n';
    expect(await callServer((socket) => socket.end(chunked))).toMatchObject(partial('abcZZ\r\n'));
  });

  test('byte by byte', async () => {
    const bytes = http(200, 'a longer body, in drops');
    const drip = (socket: Socket, at: number): void => {
      if (at === bytes.length) socket.end();
      else socket.write(bytes.subarray(at, at + 1), () => setImmediate(drip, socket, at + 1));
    };
    const outcome = await callServer((socket) => drip(socket, 0));
    expect(outcome).toMatchObject({ body: Buffer.from('a longer body, in drops'), complete: true });
  });

  test('with headers that contradict each other', async () => {
    const odd =
      'HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    expect(await callServer((socket) => socket.end(odd))).toMatchObject({ body: Buffer.from('abc') });
  });

  test('as it came, when it is not HTTP at all', async () => {
    const outcome = await callServer((socket) => socket.end('not HTTP'));
    expect(outcome).toMatchObject({ ...partial('not HTTP'), httpStatus: 0 });
  });

  test('up to 1 MiB, and not a byte more', async () => {
    const exact = Buffer.alloc(MAX_ANSWER_BYTES, 'x');
    const fits = await callServer((socket) => socket.end(http(200, exact)));
    expect(fits).toMatchObject({ complete: true });
    await server?.close();
    const tooMuch = await callServer((socket) =>
      socket.end(http(200, Buffer.concat([exact, Buffer.from('y')]))),
    );
    expect(tooMuch).toMatchObject({ outcome: 'answered', complete: false });
    if (tooMuch.outcome === 'answered') expect(tooMuch.body.equals(exact)).toBe(true);
  });

  test('with the unchanged headers of its type and coding', async () => {
    const plain = await callServer((socket) => socket.end(http(200, 'abc')));
    expect(plain).toMatchObject({ contentType: 'text/xml; charset=utf-8', contentEncoding: undefined });
    await server?.close();
    const telling = { 'Content-Type': 'Text/XML;charset=UTF-16', 'Content-Encoding': 'gzip' };
    const outcome = await callServer((socket) => socket.end(http(200, 'abc', telling)));
    expect(outcome).toMatchObject({ contentType: 'Text/XML;charset=UTF-16', contentEncoding: 'gzip' });
  });

  test('with at most 256 characters of each header, and with both values of a repeated one', async () => {
    const twice = 'HTTP/1.1 200 x\r\nContent-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 1\r\n';
    const long = `Content-Encoding: ${'x'.repeat(300)}\r\n\r\na`;
    const outcome = await callServer((socket) => socket.end(twice + long));
    expect(outcome).toMatchObject({ contentType: 'a/b, c/d', contentEncoding: 'x'.repeat(256) });
  });
});

describe('an answer whose root element is closed is complete', () => {
  const xml = '<?xml version="1.0"?>\n<!-- <x> --><s:a xmlns:s="n"><s:a>ä</s:a>\n</s:a >\r\n';
  const chunked = `HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n${Buffer.byteLength(xml).toString(16)}\r\n${xml}\r\n`;
  const tooLong = { 'Content-Length': '5000' };

  test.each<[string, string | Buffer]>([
    ['no length on a connection that stays open', `HTTP/1.1 200 x\r\n\r\n${xml}`],
    ['a last chunk that does not come', chunked],
    ['a length that is too large', http(200, xml, tooLong)],
    ['a byte order mark before it', http(200, `\uFEFF${xml}`, tooLong)],
  ])('with %s', async (_, answer) => {
    const outcome = await callServer((socket) => socket.write(answer));
    expect(outcome).toMatchObject({ outcome: 'answered', complete: true });
    if (outcome.outcome === 'answered') expect(outcome.body.toString()).toContain(xml);
  });

  test('byte by byte, also where elements of its name are closed inside it', async () => {
    const bytes = http(200, xml, tooLong);
    const drip = (socket: Socket, at: number): void => {
      if (at < bytes.length)
        socket.write(bytes.subarray(at, at + 1), () => setImmediate(drip, socket, at + 1));
    };
    const outcome = await callServer((socket) => drip(socket, 0));
    expect(outcome).toMatchObject({ complete: true });
    if (outcome.outcome === 'answered') expect(outcome.body.toString()).toBe(xml.trimEnd());
  });

  test.each<[string, string | Buffer, Record<string, string>?]>([
    ['one whose inner elements alone are closed', '<a><a>b</a>'],
    ['one that is not well-formed', '<a><b></a>'],
    ['two documents', '<a></a><a></a>'],
    ['text that ends with a tag', 'text</a>'],
    ['one in another charset', Buffer.from('<a>ä</a>', 'latin1')],
    ['one that is declared to be in another charset', '<a>ä</a>', { 'Content-Type': 'text/xml; charset=x' }],
    ['one that is declared to be compressed', '<a></a>', { 'Content-Encoding': 'gzip' }],
  ])('but %s waits for the announced end', async (_, body, headers = {}) => {
    const answer = http(200, body, { ...tooLong, ...headers });
    const outcome = await callServer((socket) => socket.write(answer), { timeoutMs: 150 });
    expect(outcome).toMatchObject({ outcome: 'answered', complete: false, body: Buffer.from(body) });
  });
});

describe('bytes after a broken chunk are kept, behind a gap', () => {
  const start = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  test.each([
    ['a size that is none', `${start}3\r\nabc\r\nZZ\r\nrest`, 'abcZZ\r\nrest', 3],
    ['a size that is too small', `${start}5\r\nvwxyz<rest>`, 'vwxyz<rest>', 5],
    ['a size that is too small, before hexadecimal', `${start}2\r\nxafghi`, 'xafghi', 2],
    ['a length that is too small', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef', 'abcdef', 3],
  ])('%s', async (_, answer, body, gapAt) => {
    const outcome = await callServer((socket) => socket.end(answer));
    expect(outcome).toMatchObject({ outcome: 'answered', httpStatus: 200, complete: false, gapAt });
    if (outcome.outcome === 'answered') expect(outcome.body.toString()).toBe(body);
  });
});

describe('a connection that stays open behind an answer that may be over', () => {
  const GRACE_MS = 1_000;
  const head = (lines: string) => `HTTP/1.1 200 OK\r\n${lines}\r\n`;

  /** A call whose time stands still; `pass` lets time go by and says whether the call is over. */
  async function heldOpen(bytes: string, options: Pick<HttpCall, 'waitsForDocument'> = {}) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const asked = Promise.withResolvers<Socket>();
    server = await serve(asked.resolve, { inOnePacket: true });
    const outcome = call(`http://127.0.0.1:${server.port}/`, patient, options);
    const socket = await asked.promise;
    let isOver = false;
    void outcome.then(() => {
      isOver = true;
    });
    const pass = async (ms: number) => {
      vi.advanceTimersByTime(ms);
      await onceRead();
      return isOver;
    };
    /** One timer is the call's own; a second one shows that the answer may be over. */
    const untilTimers = async (count: number) => {
      while (vi.getTimerCount() !== count) await onceRead();
    };
    socket.write(bytes);
    return {
      outcome,
      pass,
      untilTimers,
      write: (more: string) => socket.write(more),
      end: (more: string) => socket.end(more),
    };
  }
  afterEach(() => vi.useRealTimers());

  test.each([
    ['a length of zero', head('Content-Length: 0\r\n')],
    ['status 204', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['status 304 with a length', 'HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n'],
    ['status 101', 'HTTP/1.1 101 x\r\n\r\n'],
    ['no chunk but the last', `${head('Transfer-Encoding: chunked\r\n')}0\r\n\r\n`],
    ['a stray line end', `${head('Content-Length: 0\r\n')}\r\n`],
  ])('is read for one more second, and the answer is unknown: %s', async (_, bytes) => {
    const { outcome, pass, untilTimers } = await heldOpen(bytes);
    await untilTimers(2);
    expect(await pass(GRACE_MS - 1)).toBe(false);
    expect(await pass(1)).toBe(true);
    expect(await outcome).toMatchObject({ outcome: 'unknown', cause: { name: 'NoAnswerError' } });
  });

  test.each([
    ['no byte of a body came', 0, ''],
    ['its length cuts the XML declaration', 5, '<?xml'],
    ['its length cuts the document', 4, '<a>b'],
    ['its length cuts the text before the document', 2, 'ab'],
  ])('is read for the whole time when the caller waits for a document and %s', async (_, length, part) => {
    const { outcome, pass, end } = await heldOpen(`${head(`Content-Length: ${length}\r\n`)}${part}`, {
      waitsForDocument: true,
    });
    await onceRead();
    expect(await pass(patient.timeoutMs / 4)).toBe(false);
    expect(await pass(patient.timeoutMs / 4)).toBe(false);
    end('<c>d</c>');
    const { body } = (await outcome) as RawAnswer;
    expect(body.toString()).toBe(`${part}<c>d</c>`);
  });

  test('is read for one more second behind text, which is complete then', async () => {
    const { outcome, pass, untilTimers } = await heldOpen(`${head('Content-Length: 3\r\n')}abc`);
    await untilTimers(2);
    expect(await pass(GRACE_MS - 1)).toBe(false);
    expect(await pass(1)).toBe(true);
    expect(await outcome).toMatchObject({ complete: true, body: Buffer.from('abc') });
  });

  test('is not read further when the document is closed at the end of its length', async () => {
    const { outcome } = await heldOpen(`${head('Content-Length: 8\r\n')}<a>b</a>`);
    expect(await outcome).toMatchObject({ complete: true });
  });

  test('is read for as long as the call may take when bytes come behind the end', async () => {
    const { outcome, pass, untilTimers, write } = await heldOpen(`${head('Content-Length: 3\r\n')}abc`);
    await untilTimers(2);
    await pass(GRACE_MS - 1);
    write('def');
    await untilTimers(1);
    expect(await pass(patient.timeoutMs / 2)).toBe(false);
    expect(await pass(patient.timeoutMs / 2)).toBe(true);
    expect(await outcome).toMatchObject({ complete: false, gapAt: 3, body: Buffer.from('abcdef') });
  });

  test('is kept while a body is still to come', async () => {
    const { pass, write, outcome } = await heldOpen(head('Content-Length: 5000\r\n'));
    expect(await pass(patient.timeoutMs / 2)).toBe(false);
    write('<a>b</a>');
    expect(await outcome).toMatchObject({ complete: true, body: Buffer.from('<a>b</a>') });
  });
});

test('names the rule of HTTP that an answer without a body breaks, without a quotation', async () => {
  const outcome = await callServer((socket) =>
    socket.end(`HTTP/1.1 200 OK\r\nX-Echo ${secret}\r\nContent-Length: 0\r\n\r\n`),
  );
  expect(outcome).toMatchObject({ outcome: 'unknown', cause: { code: 'HTTP_HEADER_WITHOUT_COLON' } });
  if (outcome.outcome !== 'unknown') return;
  expect(outcome.cause.message).toContain('(HTTP_HEADER_WITHOUT_COLON)');
  expect(inspect(outcome.cause, { depth: 9, showHidden: true })).not.toContain(secret);
});

describe('keeps the part around the password of an answer larger than 1 MiB', () => {
  const MIB = 1024 * 1024;
  const filler = (bytes: number) => Buffer.alloc(bytes, 'x');

  test('wherever it stands, up to 16 MiB', async () => {
    const value = Buffer.from('<a:NewPassword>the password</a:NewPassword>');
    const body = Buffer.concat([filler(3 * MIB), value, filler(2 * MIB)]);
    const outcome = await callServer((socket) => socket.end(http(200, body)));
    expect(outcome).toMatchObject({ complete: false, receivedBytes: body.length, gapAt: MIB / 2 });
    if (outcome.outcome !== 'answered') return;
    expect(outcome.body.length).toBeLessThanOrEqual(MIB);
    expect(outcome.body.includes(value)).toBe(true);
    expect(outcome.body.subarray(0, MIB / 2).equals(filler(MIB / 2))).toBe(true);
  });

  test('and reads no byte behind 16 MiB', async () => {
    const endless = (socket: Socket): void => {
      while (socket.writable && socket.write(filler(MIB)));
      socket.once('drain', () => endless(socket));
    };
    const outcome = await callServer((socket) => {
      socket.write(`HTTP/1.1 200 x\r\n\r\n`);
      endless(socket);
    });
    expect(outcome).toMatchObject({ outcome: 'answered', complete: false });
    if (outcome.outcome !== 'answered') return;
    expect(outcome.body.length).toBe(MIB);
    expect(outcome.receivedBytes).toBeGreaterThan(16 * MIB);
    expect(outcome.receivedBytes).toBeLessThan(17 * MIB);
  });
});

describe('the caller’s check before the first byte leaves', () => {
  const askedBy = async (mayLeave: () => boolean, tls?: ReturnType<typeof selfSigned>) => {
    const bytes: Buffer[] = [];
    server = await serve((socket) => socket.end(http(200, 'abc')), { tls });
    server.onBytes = (chunk) => bytes.push(chunk);
    const url = `http${tls ? 's' : ''}://localhost:${server.port}/`;
    const outcome = await call(url, { ...patient, mayLeave });
    await server.quiet();
    return { outcome, bytes: Buffer.concat(bytes).toString() };
  };

  test('sends no request, and names the cause, after a no', async () => {
    const { outcome, bytes } = await askedBy(() => false);
    expect(outcome).toMatchObject({ outcome: 'never-sent' });
    if (outcome.outcome === 'never-sent') expect(outcome.cause).toBeInstanceOf(TooLateToSendError);
    expect(bytes).toBe('');
    expect(server?.connections()).toBe(1);
  });

  test('sends no request after a no over TLS, after the handshake', async () => {
    const pair = selfSigned();
    const before = getCACertificates('default');
    setDefaultCACertificates([pair.cert]);
    try {
      const { outcome, bytes } = await askedBy(() => false, pair);
      expect(outcome).toMatchObject({ outcome: 'never-sent', cause: { name: 'TooLateToSendError' } });
      expect(bytes).toBe('');
    } finally {
      setDefaultCACertificates(before);
    }
  });

  test('counts a failed check as a no, without an end of the process', async () => {
    const { outcome, bytes } = await askedBy(() => {
      throw new Error(secret);
    });
    expect(outcome).toMatchObject({ outcome: 'never-sent', cause: { name: 'TooLateToSendError' } });
    expect(bytes).toBe('');
  });

  test('sends the request after a yes, by one check on an open connection', async () => {
    const asked: number[] = [];
    const { outcome } = await askedBy(() => {
      asked.push(server?.requests.length ?? -1);
      return true;
    });
    expect(outcome).toMatchObject({ outcome: 'answered' });
    expect(asked).toEqual([0]);
  });

  test('sends no request from a process that was suspended while it connected', async () => {
    const pair = selfSigned();
    const before = getCACertificates('default');
    setDefaultCACertificates([pair.cert]);
    // Time passes at the server's end of the TCP connection, so before the handshake can be over.
    let nowMs = 0;
    server = await serve((socket) => socket.end(http(200, 'abc')), { tls: pair });
    const bytes: Buffer[] = [];
    server.onBytes = (chunk) => bytes.push(chunk);
    server.onConnection = () => {
      nowMs += 90_000;
    };
    const mayLeave = () => nowMs < 60_000;
    const outcome = await call(`https://localhost:${server.port}/`, { ...patient, mayLeave });
    await server.quiet();
    setDefaultCACertificates(before);
    expect(outcome).toMatchObject({ outcome: 'never-sent', cause: { name: 'TooLateToSendError' } });
    expect(bytes).toEqual([]);
  });

  test('is not made when no connection is open', async () => {
    const closed = await serve(() => {});
    await closed.close();
    let asked = 0;
    const mayLeave = () => {
      asked += 1;
      return true;
    };
    await call(`http://127.0.0.1:${closed.port}/`, { ...patient, mayLeave });
    expect(asked).toBe(0);
  });
});

test('errors name the event and its consequence', () => {
  expect(new NotSentError('Failed while looking up x').message).toContain('nothing was sent');
  expect(new NoAnswerError('Silence').message).toContain('may have executed');
  const telling = Object.assign(new Error(secret), { code: `E ${secret}`, rawPacket: Buffer.from(secret) });
  expect(
    JSON.stringify(new NoAnswerError('Silence', telling)) + new NoAnswerError('Silence', telling).stack,
  ).not.toContain(secret);
});
