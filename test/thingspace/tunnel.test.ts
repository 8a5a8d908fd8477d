import { rootCertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RawAnswer } from '../../lambda/thingspace/api.ts';
import { sendThrough } from '../../lambda/thingspace/tunnel.ts';
import { type LocalProxy, startProxy, TUNNEL_FAULTS, type TunnelFault } from '../../local/proxy/proxy.ts';
import { selfSigned } from '../../local/proxy/self-signed.ts';
import { serve, type TestServer } from './servers.ts';

const pair = selfSigned();
const credentials = { username: 'Proxy-User', password: 'pröxy:P&ss 1' };
const http = (status: number, body: string) =>
  `HTTP/1.1 ${status} OK\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

let proxy: LocalProxy;
let server: TestServer;
let onRequest: Parameters<typeof serve>[0];

beforeAll(() => setDefaultCACertificates([...rootCertificates, pair.cert]));
afterAll(() => setDefaultCACertificates([...rootCertificates]));
beforeEach(async () => {
  proxy = await startProxy();
  onRequest = (socket) => socket.end(http(200, '<a/>'));
  server = await serve((...given) => onRequest(...given), { tls: pair });
});
afterEach(async () => {
  await proxy.close();
  await server.close();
});

const call = () => ({
  method: 'POST' as const,
  url: `https://localhost:${server.port}/`,
  headers: { authorization: 'Bearer Secret' },
  body: '<password>Secret</password>',
});
const send = (timeoutMs = 5_000) => sendThrough({ url: proxy.url })(call(), { timeoutMs });

test('sends one request through a tunnel, in which the proxy sees no part of it', async () => {
  expect(await send()).toMatchObject({ outcome: 'answered', httpStatus: 200, complete: true });
  expect(server.requests).toHaveLength(1);
  expect(proxy.connects).toMatchObject([{ target: `localhost:${server.port}`, fate: 'ok' }]);
  expect(Buffer.concat([...proxy.seen]).toString('latin1')).not.toContain('Secret');
});

test('reaches a proxy over TLS, and TLS of the server within it', async () => {
  const overTls = await startProxy(pair);
  const answer = await sendThrough({ url: overTls.url })(call(), { timeoutMs: 5_000 });
  await overTls.close();
  expect(answer).toMatchObject({ outcome: 'answered', httpStatus: 200 });
  expect(server.requests).toHaveLength(1);
});

const OUTCOMES: Record<TunnelFault, string> = {
  closes: 'no-answer',
  resets: 'no-answer',
  hangs: 'no-answer',
  'refuses (403)': 'refused',
  'refuses (407)': 'credentials-missing',
  'refuses (502)': 'refused',
  'answers in no HTTP': 'no-answer',
  'answers 200 with a page': 'no-answer',
  'half a head, then closes': 'no-answer',
  'half a head, then hangs': 'no-answer',
  'a head without an end': 'no-answer',
  'bytes before TLS': 'no-answer',
  'no TLS': 'no-tls',
  'another certificate': 'no-tls',
  'closes within TLS': 'no-tls',
};

describe('a fault before the tunnel stands is never sent', () => {
  test.each(Object.keys(TUNNEL_FAULTS) as TunnelFault[])('the proxy %s', async (fault) => {
    proxy.decide = () => fault;
    const answer = await send(/hangs/.test(fault) ? 200 : 5_000);
    expect(answer).toMatchObject({
      outcome: 'never-sent',
      cause: { name: 'ProxyError', problem: OUTCOMES[fault] },
    });
    // Only a proxy that sends nothing is waited for.
    const { code } = (answer as { cause: { code?: string } }).cause;
    expect(code === 'ETIMEDOUT').toBe(/hangs/.test(fault));
    expect(server.requests).toEqual([]);
  });

  test('the proxy is not there', async () => {
    const { url } = proxy;
    await proxy.close();
    proxy = await startProxy();
    const answer = await sendThrough({ url })(call(), { timeoutMs: 5_000 });
    expect(answer).toMatchObject({ cause: { problem: 'unreachable', code: 'ECONNREFUSED' } });
  });

  test('the certificate of a proxy over TLS is not trusted', async () => {
    const alien = await startProxy(selfSigned());
    const answer = await sendThrough({ url: alien.url })(call(), { timeoutMs: 5_000 });
    await alien.close();
    expect(answer).toMatchObject({
      cause: { problem: 'unreachable', code: expect.stringMatching(/CERT|VERIFY|SIGN/) },
    });
    expect(String((answer as { cause: Error }).cause.message)).toContain('its certificate');
    expect(alien.connects).toEqual([]);
  });

  test('the address is not https', async () => {
    const plain = { ...call(), url: `http://localhost:${server.port}/` };
    const answer = await sendThrough({ url: proxy.url })(plain, { timeoutMs: 5_000 });
    expect(answer).toMatchObject({ outcome: 'never-sent', cause: { problem: 'no-https' } });
    expect(proxy.connects).toEqual([]);
  });

  test('the caller no longer allows it when the tunnel stands', async () => {
    const answer = await sendThrough({ url: proxy.url })(call(), { timeoutMs: 5_000, mayLeave: () => false });
    expect(answer).toMatchObject({ outcome: 'never-sent', cause: { name: 'TooLateToSendError' } });
    expect(server.requests).toEqual([]);
  });
});

test('calls an outcome unknown when the tunnel breaks after the request left', async () => {
  onRequest = () => proxy.dropTunnels();
  expect(await send()).toMatchObject({ outcome: 'unknown', cause: { name: 'NoAnswerError' } });
  expect(server.requests).toHaveLength(1);
});

test('keeps the bytes of an answer that the tunnel cuts off', async () => {
  onRequest = (socket) => {
    socket.end(http(200, '<a>12345</a>').slice(0, -4));
  };
  const answer = (await send()) as RawAnswer;
  expect(answer).toMatchObject({ outcome: 'answered', complete: false });
  expect(answer.body.toString()).toContain('<a>12345');
});

describe('the credentials', () => {
  const read: (typeof credentials | Error)[] = [];
  let reads = 0;
  const sendAs = () =>
    sendThrough({
      url: proxy.url,
      readCredentials: async () => {
        reads += 1;
        const next = read.length > 1 ? read.shift() : read[0];
        if (next instanceof Error) throw next;
        return next ?? credentials;
      },
    });
  const isRefused = { outcome: 'never-sent', cause: { problem: 'credentials-refused' } };
  beforeEach(() => {
    reads = 0;
    read.length = 0;
    proxy.credentials = credentials;
  });

  test('are read once, and sent with each tunnel', async () => {
    const sender = sendAs();
    for (let sent = 0; sent < 2; sent += 1)
      expect(await sender(call(), { timeoutMs: 5_000 })).toMatchObject({ outcome: 'answered' });
    expect(reads).toBe(1);
  });

  test('are read once more after a refusal, and only others are sent', async () => {
    const old = { ...credentials, password: 'old' };
    read.push(old, credentials);
    proxy.credentials = old;
    const sender = sendAs();
    await sender(call(), { timeoutMs: 5_000 });
    proxy.credentials = credentials;
    expect(await sender(call(), { timeoutMs: 5_000 })).toMatchObject({ outcome: 'answered' });
    expect(proxy.connects.map(({ fate }) => fate)).toEqual(['ok', 'unauthorized', 'ok']);
    expect(reads).toBe(2);
  });

  test('serve calls beside each other, when they are first read and when others take their place', async () => {
    const old = { ...credentials, password: 'old' };
    read.push(old, old, credentials);
    proxy.credentials = old;
    const sender = sendAs();
    const both = () => Promise.all([1, 2].map(() => sender(call(), { timeoutMs: 5_000 })));
    expect(await both()).toMatchObject([{ outcome: 'answered' }, { outcome: 'answered' }]);
    proxy.credentials = credentials;
    expect(await both()).toMatchObject([{ outcome: 'answered' }, { outcome: 'answered' }]);
  });

  test('are not sent again to a proxy that refused them', async () => {
    read.push({ ...credentials, password: 'wrong' });
    const sender = sendAs();
    for (let sent = 0; sent < 3; sent += 1)
      expect(await sender(call(), { timeoutMs: 5_000 })).toMatchObject(isRefused);
    expect(proxy.connects).toHaveLength(1);
    read.splice(0, 1, credentials);
    expect(await sender(call(), { timeoutMs: 5_000 })).toMatchObject({ outcome: 'answered' });
  });

  test('stand in no error, though the proxy’s page repeats them', async () => {
    proxy.decide = () => 'refuses (407)';
    const answer = await sendAs()(call(), { timeoutMs: 5_000 });
    const basic = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
    const text = JSON.stringify(answer) + String((answer as { cause: Error }).cause.stack);
    for (const secret of [credentials.password, credentials.username, basic])
      expect(text).not.toContain(secret);
  });

  test('lead to no request, not even to the proxy, when they cannot be read', async () => {
    read.push(new Error('the value is Secret'));
    const answer = await sendAs()(call(), { timeoutMs: 5_000 });
    expect(answer).toMatchObject({ outcome: 'never-sent', cause: { problem: 'no-credentials' } });
    expect(JSON.stringify(answer) + String((answer as { cause: Error }).cause.message)).not.toContain(
      'Secret',
    );
    expect(proxy.connects).toEqual([]);
  });
});
