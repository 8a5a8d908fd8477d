import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { callAccess, deviceList } from '../../../local/access/client.ts';
import { type FunctionUrlOptions, startFunctionUrl } from '../../../local/access/function-url.ts';
import type { Principal } from '../../../local/access/signature.ts';
import { type Listening, listen, readBody } from '../../../local/http.ts';

const ANN: Principal = {
  accessKeyId: 'AKIAANN',
  secretAccessKey: 'a secret',
  userArn: 'arn:aws:sts::111122223333:assumed-role/operations/ann',
};

let url: Listening;
let events: Record<string, unknown>[];

const options: FunctionUrlOptions = {
  principals: [ANN],
  region: 'us-east-1',
  accountId: '111122223333',
  invoke: async (event) => {
    events.push(event as Record<string, unknown>);
    const headers = { 'content-type': 'text/xml' };
    return { ok: true, value: { statusCode: 200, headers, body: 'PGEvPg==', isBase64Encoded: true } };
  },
};

beforeAll(async () => {
  url = await startFunctionUrl(options);
});
afterAll(() => url.close());
beforeEach(() => {
  events = [];
});

test('passes a signed request with its signer’s name, in AWS’s form', async () => {
  const reply = await callAccess(url.url, ANN, deviceList);
  expect(reply).toMatchObject({ status: 200, text: '<a/>' });
  expect(events).toMatchObject([
    {
      rawPath: '/fleet/DeviceService.svc',
      requestContext: { authorizer: { iam: { userArn: ANN.userArn } }, http: { method: 'POST' } },
      isBase64Encoded: false,
      body: expect.stringContaining('<GetDeviceList'),
    },
  ]);
});

test.each([
  ['with a wrong key', { ...ANN, secretAccessKey: 'another secret' }, {}],
  ['by nobody who is known', { ...ANN, accessKeyId: 'AKIANOBODY' }, {}],
  ['for another region', ANN, { region: 'eu-west-1' }],
])('rejects a request signed %s', async (_, principal, options) => {
  expect((await callAccess(url.url, principal, deviceList, options)).status).toBe(403);
  expect(events).toEqual([]);
});

test('rejects a request that is not signed', async () => {
  const reply = await fetch(`${url.url}/fleet/DeviceService.svc`, { method: 'POST', body: '<a/>' });
  expect(reply.status).toBe(403);
  expect(events).toEqual([]);
});

type Signed = { headers: Record<string, string>; body: string };

test.each<[what: string, change: (signed: Signed) => Signed, status: number]>([
  ['a request that somebody passes on unchanged is taken', (signed) => signed, 200],
  [
    'a body that was changed after signing is refused',
    ({ headers, body }) => ({ headers, body: body.replace('GetDeviceList', 'GetDeviceLisp') }),
    403,
  ],
  [
    'a header that was changed after signing is refused',
    ({ headers, body }) => ({ headers: { ...headers, 'x-on-behalf-of': 'mallory' }, body }),
    403,
  ],
  [
    'a signature of another time is refused',
    ({ headers, body }) => ({ headers: { ...headers, 'x-amz-date': '20200101T000000Z' }, body }),
    403,
  ],
])('%s', async (_, change, status) => {
  // Stands between the client and the function.
  const target = new URL(url.url);
  const meddler = await listen(
    createServer(async (request, response) => {
      const { host = '', ...received } = request.headers;
      const headers = Object.fromEntries(
        Object.entries(received)
          .filter(([name]) => name !== 'content-length' && name !== 'connection')
          .map(([name, value]) => [name, String(value)]),
      );
      const changed = change({ headers: { host, ...headers }, body: (await readBody(request)).toString() });
      const socket = connect(Number(target.port), target.hostname);
      const { promise, resolve } = Promise.withResolvers<number>();
      socket.once('data', (data) => resolve(Number(/ (\d{3}) /.exec(data.toString())?.[1])));
      const lines = Object.entries(changed.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const length = `content-length: ${Buffer.byteLength(changed.body)}`;
      socket.write(`POST ${request.url} HTTP/1.1\r\n${lines.join('')}${length}\r\n\r\n${changed.body}`);
      response.writeHead(await promise).end();
      socket.destroy();
    }),
  );
  const reply = await callAccess(meddler.url, ANN, deviceList, { user: 'alice' });
  await meddler.close();
  expect(reply.status).toBe(status);
  expect(events).toHaveLength(status === 200 ? 1 : 0);
});

test('never calls the function for a request without an end', async () => {
  const impatient = await startFunctionUrl({ ...options, requestTimeoutMs: 300 });
  const target = new URL(impatient.url);
  const socket = connect(Number(target.port), target.hostname);
  const { promise, resolve } = Promise.withResolvers<string>();
  let heard = '';
  socket.on('data', (data) => {
    heard += data;
  });
  socket.on('close', () => resolve(heard));
  socket.write('POST /fleet/DeviceService.svc HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n<half');
  expect(await promise).toMatch(/^(?:HTTP\/1\.1 408|$)/);
  await impatient.close();
  expect(events).toEqual([]);
});

test('rejects a request larger than Lambda takes, before the function sees it', async () => {
  const reply = await callAccess(url.url, ANN, { ...deviceList, input: ' '.repeat(6 * 1024 * 1024) });
  expect(reply.status).toBe(413);
  expect(events).toEqual([]);
});
