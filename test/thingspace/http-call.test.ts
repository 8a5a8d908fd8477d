import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { NoAnswerError, NotSentError } from '../../lambda/thingspace/call-errors.ts';
import { MAX_ANSWER_BYTES, sendOnce } from '../../lambda/thingspace/http-call.ts';
import { selfSigned } from './self-signed.ts';
import { http, type Play, serve, type TestServer } from './servers.ts';

const secret = 'Marker$7';
const patient = { timeoutMs: 20_000 };
let server: TestServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

function call(url: string, limits = patient) {
  return sendOnce({ method: 'POST', url, headers: { 'content-type': 'text/xml' }, body: secret }, limits);
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

  test("when the server's certificate is not trusted, whatever the environment says", async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      server = await serve(() => {}, selfSigned());
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

describe('what happened after the first byte is unknown', () => {
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

  test('whole, whatever its status, with no redirect followed and one request sent', async () => {
    for (const status of [200, 302, 401, 500]) {
      const outcome = await callServer((socket) =>
        socket.end(http(status, 'abc', { Location: '/elsewhere' })),
      );
      expect(outcome).toEqual({
        outcome: 'answered',
        httpStatus: status,
        body: Buffer.from('abc'),
        complete: true,
        mediaKind: 'XML',
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
      server = await serve((socket) => socket.end(http(200, 'abc')), pair);
      const outcome = await call(`https://127.0.0.1:${server.port}/`);
      expect(outcome).toMatchObject({ outcome: 'answered', body: Buffer.from('abc'), complete: true });
      await server.close();
      server = await serve((socket) => socket.end(http(200, 'abcdef').subarray(0, -2)), pair);
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
    expect(await callServer((socket) => socket.end(chunked))).toMatchObject(partial('abc'));
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

  test.each([
    ['text/html; charset=utf-8', 'HTML'],
    ['application/soap+xml', 'XML'],
    ['application/json', 'JSON'],
    ['text/plain', 'plain text'],
    [`${secret}/x`, 'another media type'],
  ])('%s is called %s', async (type, mediaKind) => {
    const outcome = await callServer((socket) => socket.end(http(200, 'abc', { 'Content-Type': type })));
    expect(outcome).toMatchObject({ mediaKind });
  });
});

test('errors say what happened and what that means', () => {
  expect(new NotSentError('Failed while looking up x').message).toContain('nothing was sent');
  expect(new NoAnswerError('Silence').message).toContain('may have executed');
  const telling = Object.assign(new Error(secret), { code: `E ${secret}`, rawPacket: Buffer.from(secret) });
  expect(
    JSON.stringify(new NoAnswerError('Silence', telling)) + new NoAnswerError('Silence', telling).stack,
  ).not.toContain(secret);
});
