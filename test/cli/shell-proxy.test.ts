import { once } from 'node:events';
import { request } from 'node:https';
import { rootCertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { UsageError } from '../../cli/errors.ts';
import { agentFromShell, sendFromShell } from '../../cli/shell-proxy.ts';
import { type LocalProxy, startProxy } from '../../local/proxy/proxy.ts';
import { selfSigned } from '../../local/proxy/self-signed.ts';
import { serve, type TestServer } from '../thingspace/servers.ts';

const pair = selfSigned();
const credentials = { username: 'me', password: 'p:ä@ /1' };
let proxy: LocalProxy;
let server: TestServer;

beforeAll(() => setDefaultCACertificates([...rootCertificates, pair.cert]));
afterAll(() => setDefaultCACertificates([...rootCertificates]));
beforeEach(async () => {
  proxy = await startProxy();
  proxy.credentials = credentials;
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>';
  server = await serve((socket) => socket.end(answer), { tls: pair });
});
afterEach(async () => {
  await proxy.close();
  await server.close();
});

const address = () => `https://localhost:${server.port}/`;
const shell = () => {
  const [user, word] = [credentials.username, credentials.password].map(encodeURIComponent);
  return proxy.url.replace('//', `//${user}:${word}@`);
};
const send = (env: Record<string, string>) =>
  sendFromShell(env)({ method: 'POST', url: address(), headers: {}, body: 'x' }, { timeoutMs: 5_000 });

test('reaches ThingSpace through the proxy of the shell, with the credentials in its address', async () => {
  expect(await send({ HTTPS_PROXY: shell() })).toMatchObject({ outcome: 'answered' });
  expect(proxy.connects.map(({ fate }) => fate)).toEqual(['ok']);
});

test.each(['localhost', '*', 'example.com, LOCALHOST', '.localhost', 'localhost.'])(
  'goes straight to a host that NO_PROXY names (%s)',
  async (NO_PROXY) => {
    expect(await send({ HTTPS_PROXY: shell(), NO_PROXY })).toMatchObject({ outcome: 'answered' });
    expect(proxy.connects).toEqual([]);
  },
);

test('goes straight to an address of IPv6 that NO_PROXY names with or without brackets', async () => {
  const call = { method: 'POST' as const, url: 'https://[::1]:1/', headers: {}, body: 'x' };
  for (const NO_PROXY of ['::1', '[::1]'])
    await sendFromShell({ HTTPS_PROXY: shell(), NO_PROXY })(call, { timeoutMs: 5_000 });
  expect(proxy.connects).toEqual([]);
});

test('goes straight without a proxy, and to all other hosts than those of NO_PROXY through it', async () => {
  expect(await send({ HTTPS_PROXY: '' })).toMatchObject({ outcome: 'answered' });
  expect(proxy.connects).toEqual([]);
  await send({ https_proxy: shell(), NO_PROXY: 'host,ocalhost' });
  expect(proxy.connects).toHaveLength(1);
});

test('refuses an address that is not one of a proxy, without repeating it', () => {
  for (const HTTPS_PROXY of ['socks5://me:word@proxy', 'http://me:word@', '://', 'http://me:word%@proxy']) {
    expect(() => sendFromShell({ HTTPS_PROXY }), HTTPS_PROXY).toThrow(UsageError);
    expect(() => sendFromShell({ HTTPS_PROXY })).toThrow(/^(?!.*word).*HTTPS_PROXY must be the address/);
  }
});

test('gives the clients of AWS an agent that takes the same way', async () => {
  expect(agentFromShell({})).toBeUndefined();
  proxy.credentials = { username: 'me', password: 'word' };
  const agent = agentFromShell({ HTTPS_PROXY: proxy.url.replace('//', '//me:word@') });
  const asked = request(address(), {
    method: 'POST',
    ...(agent && { agent }),
    headers: { 'content-length': 1 },
  });
  asked.end('x');
  const [response] = await once(asked, 'response');
  response.resume();
  await once(response, 'end');
  agent?.destroy();
  expect(proxy.connects.map(({ fate }) => fate)).toEqual(['ok']);
});
