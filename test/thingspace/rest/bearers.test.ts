import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { http } from '../servers.ts';
import {
  type Answer,
  BEARER,
  CREDENTIAL,
  type Gateway,
  json,
  KEY,
  LIMITS,
  SESSION,
  startGateway,
  tokenAnswer,
} from './gateway.ts';

let gateway: Gateway;
beforeEach(async () => {
  gateway = await startGateway();
});
afterEach(() => gateway.close());

const asked = () => gateway.paths().filter((path) => path.includes('token')).length;
const prepare = (key: object = KEY, timeoutMs = 200_000) => gateway.api.prepare(key, { timeoutMs });
const fails = (reason: string) => ({ outcome: 'never-sent', cause: { name: 'BearerError', reason } });
const done = { outcome: 'done' };

describe('the bearer of a key', () => {
  test('is asked for before a log-in, which then sends no token request', async () => {
    expect(await prepare()).toEqual(done);
    expect(asked()).toBe(1);
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).toMatchObject({ outcome: 'done' });
    expect(asked()).toBe(1);
  });

  test('is one for each key and secret', async () => {
    await prepare();
    await prepare({ ...KEY, apiSecret: 'another' });
    await prepare({ ...KEY, apiKey: 'another' });
    await prepare();
    expect(asked()).toBe(3);
  });

  test('is asked for once by calls that run beside each other', async () => {
    expect(await Promise.all([prepare(), prepare(), prepare()])).toEqual([done, done, done]);
    expect(asked()).toBe(1);
  });

  test('is used until it has less left than a log-in needs, counted from the request', async () => {
    gateway.tokens[0] = (socket) => {
      gateway.clock.advance(10_000);
      socket.end(tokenAnswer(BEARER, { expires_in: 1000 }));
    };
    await prepare();
    gateway.clock.advance(1_000_000 - 10_000 - 90_000);
    await prepare();
    expect(asked()).toBe(1);
    gateway.clock.advance(1);
    await prepare();
    expect(asked()).toBe(2);
  });

  test.each([0, 1, 2, 89])('with %i s left is waited out before the next one is asked for', async (left) => {
    gateway.tokens.unshift(tokenAnswer(BEARER, { expires_in: left }));
    gateway.tokens[1] = tokenAnswer('next');
    expect(await prepare()).toEqual(done);
    expect(gateway.clock.slept).toEqual([left * 1_000 + 1_000]);
    await gateway.api.logIn(CREDENTIAL, LIMITS);
    expect(gateway.requests.at(-1)).toContain('Bearer next');
    expect(asked()).toBe(2);
  });

  test('with too little left ends the call when there is no time to wait', async () => {
    gateway.tokens[0] = tokenAnswer(BEARER, { expires_in: 50 });
    expect(await prepare(KEY, 50_000)).toMatchObject(fails('near-its-end'));
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).toMatchObject(fails('near-its-end'));
    expect(gateway.clock.slept).toEqual([]);
    expect(asked()).toBe(1);
  });

  test('is asked for three times when it comes dead again and again', async () => {
    gateway.tokens[0] = tokenAnswer(BEARER, { expires_in: 0 });
    expect(await prepare()).toMatchObject(fails('near-its-end'));
    expect(asked()).toBe(3);
  });

  test('serves a session until a few seconds before its end', async () => {
    gateway.tokens[0] = tokenAnswer(BEARER, { expires_in: 100 });
    await prepare();
    gateway.clock.advance(90_000);
    await gateway.api.getNewPassword({ token: SESSION, ...KEY }, 'old', LIMITS);
    expect(asked()).toBe(1);
  });

  test.each([{}, { expires_in: null }, { expires_in: -1 }, { expires_in: 'soon' }, { expires_in: 1.5 }])(
    'without a usable end (%j) is used for five minutes',
    async (life) => {
      gateway.tokens[0] = tokenAnswer(BEARER, life);
      await prepare();
      gateway.clock.advance(5 * 60_000 - 1);
      await prepare();
      expect(asked()).toBe(1);
      gateway.clock.advance(1);
      expect(await prepare()).toEqual(done);
      expect([asked(), gateway.clock.slept]).toEqual([2, []]);
    },
  );

  test('is used for an hour at most, whatever the answer says', async () => {
    gateway.tokens[0] = tokenAnswer(BEARER, { expires_in: '999999999' });
    await prepare();
    gateway.clock.advance(60 * 60_000);
    await prepare();
    expect(asked()).toBe(2);
  });
});

describe('a token request that fails', () => {
  const invalidClient = { error: 'invalid_client', error_description: 'no client for client_id: Example' };
  const fault404 =
    '<am:fault xmlns:am="http://wso2.org/apimanager"><am:code>404</am:code><am:type>Status report</am:type></am:fault>';

  test.each<[reason: string, what: string, answer: Answer]>([
    ['wrong-key', 'a wrong key', json(401, invalidClient)],
    ['wrong-key', 'a wrong key', json(400, invalidClient)],
    [
      'wrong-key',
      'an inactive key',
      json(401, { error: 'x', error_description: 'Client is not in active state' }),
    ],
    ['request-refused', 'a request that it does not know', json(400, { error: 'unsupported_grant_type' })],
    ['request-refused', 'a request that it does not know', json(400, { error: 'invalid_request' })],
    ['no-bearer', 'no bearer', json(200, { token_type: 'Bearer' })],
    ['no-bearer', 'an empty bearer', tokenAnswer('')],
    ['no-bearer', 'a number', json(200, { access_token: 1 })],
    ['no-bearer', 'a bearer that no header can carry', tokenAnswer('a\r\nb')],
    ['no-bearer', 'a bearer with a blank', tokenAnswer('a b')],
    ['no-bearer', 'two bearers', json(200, '{"access_token":"a","access_token":"b"}')],
    ['no-bearer', 'a cut answer', json(200, '{"access_token":"a"')],
    ['no-bearer', 'HTML under 200', http(200, '<html></html>', { 'Content-Type': 'text/html' })],
    ['wrong-address', 'a missing page', http(404, 'not found')],
    ['wrong-address', 'an XML fault', http(403, fault404, { 'Content-Type': 'application/xml' })],
    ['wrong-address', '900906', json(400, { fault: { code: '900906' } })],
    ['unavailable', '429', json(429, { fault: { code: '900800' } })],
    ['unavailable', '503', http(503, '')],
    ['unavailable', 'HTML', http(502, '<html></html>')],
    ['unavailable', 'a redirect', http(307, '', { Location: 'http://127.0.0.1:1/' })],
    ['unavailable', '401 of another form', json(401, { message: 'no' })],
    ['unavailable', 'silence', (socket) => socket.destroy()],
    [
      'unavailable',
      'the beginning of a bearer',
      (socket) => {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"access_token":"a');
      },
    ],
  ])('is %s after %s, and nothing else was sent', async (reason, _what, answer) => {
    gateway.tokens[0] = answer;
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).toMatchObject(fails(reason));
    expect(await prepare()).toMatchObject(fails(reason));
    expect(gateway.paths().filter((path) => !path.includes('token'))).toEqual([]);
    // One request a call; after a wrong key, none any more.
    expect(asked()).toBe(reason === 'wrong-key' ? 1 : 2);
  });

  test('for a wrong key is made again after half an hour: an operator may have activated it', async () => {
    gateway.tokens.unshift(json(401, invalidClient));
    await prepare();
    gateway.clock.advance(30 * 60_000 - 1);
    expect(await prepare()).toMatchObject(fails('wrong-key'));
    gateway.clock.advance(1);
    expect(await prepare()).toEqual(done);
  });

  test('for a wrong key does not keep another key from being asked for', async () => {
    gateway.tokens.unshift(json(401, invalidClient));
    await prepare();
    expect(await prepare({ ...KEY, apiSecret: 'right' })).toEqual(done);
  });

  test.each([
    ['no-key', {}],
    ['no-key', { apiKey: 'k' }],
    ['no-key', { apiKey: '', apiSecret: 's' }],
    ['unsendable-key', { apiKey: 'k:k', apiSecret: 's' }],
    ['unsendable-key', { apiKey: 'k\n', apiSecret: 's' }],
    ['unsendable-key', { apiKey: 'k', apiSecret: 's\0' }],
  ])('is not made for %s: %j', async (reason, key) => {
    expect(await prepare(key)).toMatchObject(fails(reason));
    expect(asked()).toBe(0);
  });

  test('is not made when no time is left', async () => {
    expect(await prepare(KEY, 0)).toMatchObject(fails('unavailable'));
    expect(asked()).toBe(0);
  });
});

describe('the bearer of an app’s own call', () => {
  test('is the one of the log-in, and another one after it was refused', async () => {
    await gateway.api.logIn(CREDENTIAL, LIMITS);
    expect(await gateway.api.bearer(KEY, LIMITS)).toMatchObject({
      outcome: 'done',
      value: { bearer: BEARER },
    });
    expect(asked()).toBe(1);
    gateway.api.forgetBearer(BEARER);
    gateway.tokens.unshift(tokenAnswer('another'));
    expect(await gateway.api.bearer(KEY, LIMITS)).toMatchObject({
      outcome: 'done',
      value: { bearer: 'another' },
    });
  });

  test('is absent with the reason, and shows no secret', async () => {
    gateway.tokens.unshift(json(401, { error: 'invalid_client', error_description: KEY.apiKey }));
    const none = await gateway.api.bearer(KEY, LIMITS);
    expect(none).toMatchObject(fails('wrong-key'));
    expect(JSON.stringify(none)).not.toContain(KEY.apiKey);
  });
});
