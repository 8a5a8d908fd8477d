import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BaseUrlError } from '../../../lambda/thingspace/base-url.ts';
import { ProxyError } from '../../../lambda/thingspace/proxy-error.ts';
import { checkAddresses, TokenHostError } from '../../../lambda/thingspace/rest/addresses.ts';
import { createRestApi } from '../../../lambda/thingspace/rest/api.ts';
import { http } from '../servers.ts';
import {
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

const TOKEN = 'POST /api/ts/v1/oauth2/token';
const LOG_IN = 'POST /api/m2m/v1/session/login';
const RESET = 'PUT /api/m2m/v1/session/password/actions/reset';
const OTHER_BEARER = 'aa5e5d5c5b5a59585756555453525150';
const session = { token: SESSION, ...KEY };
const refusedBearer = json(401, { fault: { code: '900901', message: 'Invalid Credentials' } });
const done = { outcome: 'done', value: SESSION };

let gateway: Gateway;
beforeEach(async () => {
  gateway = await startGateway();
});
afterEach(() => gateway.close());

describe('a call over REST', () => {
  test('logs in with the bearer of the key, which it asks for once', async () => {
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).toEqual(done);
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).toEqual(done);
    expect(gateway.paths()).toEqual([TOKEN, LOG_IN, LOG_IN]);
    const [token, logIn] = gateway.requests;
    const basic = Buffer.from(`${KEY.apiKey}:${KEY.apiSecret}`).toString('base64');
    expect(token).toContain(`\r\nauthorization: Basic ${basic}\r\n`);
    expect(token).toContain('\r\ncontent-type: application/x-www-form-urlencoded\r\n');
    expect(token).toMatch(/\r\n\r\ngrant_type=client_credentials$/);
    expect(logIn).toContain(`\r\nauthorization: Bearer ${BEARER}\r\n`);
    expect(logIn).toContain('\r\ncontent-type: application/json\r\n');
    expect(logIn).toMatch(/\r\n\r\n\{"username":"EXAMPLEFLEETUWS","password":"aB3dE5fG7hJ9"\}$/);
  });

  test('asks for a new password by one PUT, and gives the bytes unread with their transport', async () => {
    const body = '{"newPassword":"k\\u004c2é"}';
    gateway.answers[0] = json(200, body);
    const raw = await gateway.api.getNewPassword(session, 'old"pässword', LIMITS);
    expect(raw).toEqual({
      outcome: 'answered',
      transport: 'rest',
      httpStatus: 200,
      body: Buffer.from(body),
      contentType: 'application/json',
      complete: true,
      receivedBytes: Buffer.byteLength(body),
    });
    if (raw.outcome === 'answered')
      expect(gateway.api.readNewPassword(raw)).toEqual({ outcome: 'done', value: 'kL2é' });
    expect(gateway.paths()).toEqual([TOKEN, RESET]);
    expect(gateway.requests[1]).toContain(`\r\nvz-m2m-token: ${SESSION}\r\n`);
    expect(gateway.requests[1]).toMatch(/\r\n\r\n\{"oldPassword":"old\\"pässword"\}$/);
  });

  test('sends no reset when fetching a bearer has used up the time to wait for its answer', async () => {
    const slowBy = (ms: number) => (socket: Socket) => {
      gateway.clock.advance(ms);
      socket.end(tokenAnswer(BEARER));
    };
    gateway.tokens[0] = slowBy(10_001);
    expect(await gateway.api.getNewPassword(session, 'old', { timeoutMs: 40_000 })).toMatchObject({
      outcome: 'never-sent',
      cause: { name: 'BearerError', reason: 'slow' },
    });
    expect(gateway.paths()).toEqual([TOKEN]);
    // The bearer is there now: the next reset loses no time.
    gateway.answers[0] = json(200, '{"newPassword":"new"}');
    expect(await gateway.api.getNewPassword(session, 'old', { timeoutMs: 40_000 })).toMatchObject({
      outcome: 'answered',
    });
  });

  test('logs out without a body', async () => {
    expect(await gateway.api.logOut(session, LIMITS)).toEqual({ outcome: 'done', value: undefined });
    expect(gateway.requests[1]).toMatch(/^POST \/api\/m2m\/v1\/session\/logout HTTP/);
    expect(gateway.requests[1]).toMatch(/\r\ncontent-length: 0\r\n(?:.*\r\n)*\r\n$/);
    expect(gateway.requests[1]).not.toContain('content-type');
  });

  test('ends with the JSON document where no length is announced and the connection stays open', async () => {
    gateway.tokens[0] = (socket) =>
      socket.write('HTTP/1.1 200 OK\r\n\r\n{"access_token":"open","expires_in":1000}');
    gateway.answers[0] = (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n{"newPassword":"a}\\"b"}');
    const raw = await gateway.api.getNewPassword(session, 'old', { timeoutMs: 600_000 });
    expect(raw).toMatchObject({
      outcome: 'answered',
      complete: true,
      body: Buffer.from('{"newPassword":"a}\\"b"}'),
    });
  });

  test.each([
    ['no empty line', 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n', 'done'],
    ['no head', '', 'unknown'],
  ])('keeps and ends with a document behind %s, at an open connection', async (_, head, outcome) => {
    const body = '{"newPassword":"kL2mN4pQ6rS8",\n\n"more":1}';
    gateway.answers[0] = (socket) => socket.write(`${head}${body}`);
    const raw = await gateway.api.getNewPassword(session, 'old', { timeoutMs: 600_000 });
    expect(raw).toMatchObject({ outcome: 'answered', body: Buffer.from(body) });
    if (raw.outcome === 'answered') expect(gateway.api.readNewPassword(raw)).toMatchObject({ outcome });
  });

  test.each([
    ['a session token', { ...session, token: 'a b' }, 'pw'],
    ['a session token', { ...session, token: 'a\r\nb' }, 'pw'],
    ['a password', session, '\ud800'],
  ])('sends nothing for %s that cannot be carried', async (_, unsendable, password) => {
    const outcome = await gateway.api.getNewPassword(unsendable, password, LIMITS);
    expect(outcome).toMatchObject({ outcome: 'never-sent', cause: { name: 'UnsendableValueError' } });
    expect(gateway.paths()).not.toContain(RESET);
  });

  test('asks mayLeave before the log-in alone, and sends none when it says no', async () => {
    let asked = 0;
    const mayLeave = () => {
      asked += 1;
      return false;
    };
    const outcome = await gateway.api.logIn(CREDENTIAL, { ...LIMITS, mayLeave });
    expect(outcome).toMatchObject({ outcome: 'never-sent', cause: { name: 'TooLateToSendError' } });
    expect([asked, gateway.paths()]).toEqual([1, [TOKEN]]);
  });

  test('has no time left for the call when the token service took it', async () => {
    gateway.tokens[0] = (socket) => {
      gateway.clock.advance(20_000);
      socket.end(tokenAnswer());
    };
    const outcome = await gateway.api.logIn(CREDENTIAL, LIMITS);
    expect(outcome).toMatchObject({ outcome: 'never-sent', cause: { name: 'NotSentError' } });
    expect(gateway.paths()).toEqual([TOKEN]);
  });
});

test('names the proxy, not the token service, when no tunnel stands for a bearer', async () => {
  const way = { proxy: new URL('http://proxy.example:3128'), target: new URL('https://thingspace.example') };
  const cause = new ProxyError('credentials-refused', way, 407);
  const addresses = { baseUrl: 'https://thingspace.example', tokenUrl: 'https://thingspace.example/token' };
  const api = createRestApi(addresses, gateway.clock, async () => ({ outcome: 'never-sent', cause }));
  expect(await api.prepare(KEY, { timeoutMs: 1_000 })).toEqual({ outcome: 'never-sent', cause });
});

describe('a bearer that the gateway refuses', () => {
  test('is replaced, and the log-in is sent once more', async () => {
    let asked = 0;
    const mayLeave = () => {
      asked += 1;
      return true;
    };
    gateway.tokens.push(tokenAnswer(OTHER_BEARER));
    gateway.answers.unshift(refusedBearer);
    expect(await gateway.api.logIn(CREDENTIAL, { ...LIMITS, mayLeave })).toEqual(done);
    expect(gateway.paths()).toEqual([TOKEN, LOG_IN, TOKEN, LOG_IN]);
    expect(gateway.requests[3]).toContain(`Bearer ${OTHER_BEARER}`);
    expect(asked).toBe(2);
  });

  test.each([
    ['ThingSpace', json(400, { errorCode: 'UnifiedWebService.INPUT_INVALID.Password.Invalid' })],
    ['the gateway for another reason', json(403, { fault: { code: '900908' } })],
    ['the gateway with another status', json(500, { fault: { code: '900901' } })],
  ])('is the only reason for a second log-in: none is sent after a refusal by %s', async (_, refusal) => {
    gateway.tokens.push(tokenAnswer(OTHER_BEARER));
    gateway.answers.unshift(refusal);
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).not.toEqual(done);
    expect(gateway.paths()).toEqual([TOKEN, LOG_IN]);
  });

  test('ends the log-in when the token service gives the same one', async () => {
    gateway.answers.unshift(refusedBearer);
    const refused = { outcome: 'refused', code: 'Gateway.900901' };
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).toEqual(refused);
    expect(gateway.paths()).toEqual([TOKEN, LOG_IN, TOKEN]);
    // The next call asks the token service again.
    gateway.tokens[0] = tokenAnswer(OTHER_BEARER);
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).toEqual(done);
    expect(gateway.paths().slice(3)).toEqual([TOKEN, LOG_IN]);
  });

  test('is replaced once: the second refusal is the outcome', async () => {
    gateway.tokens.push(tokenAnswer(OTHER_BEARER), tokenAnswer('third'));
    gateway.answers[0] = refusedBearer;
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).toMatchObject({ code: 'Gateway.900901' });
    expect(gateway.paths()).toEqual([TOKEN, LOG_IN, TOKEN, LOG_IN]);
  });

  test('leaves one unknown log-in when the repeated one gets no answer', async () => {
    gateway.tokens.push(tokenAnswer(OTHER_BEARER));
    gateway.answers.unshift(refusedBearer);
    gateway.answers[1] = (socket) => socket.destroy();
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).toMatchObject({ outcome: 'unknown' });
  });

  test('stays the outcome when the log-in may not leave a second time', async () => {
    let asked = 0;
    const mayLeave = () => {
      asked += 1;
      return asked === 1;
    };
    gateway.tokens.push(tokenAnswer(OTHER_BEARER));
    gateway.answers.unshift(refusedBearer);
    const outcome = await gateway.api.logIn(CREDENTIAL, { ...LIMITS, mayLeave });
    expect(outcome).toEqual({ outcome: 'refused', code: 'Gateway.900901' });
    expect(gateway.paths()).toEqual([TOKEN, LOG_IN, TOKEN]);
  });

  test('never makes the reset be sent again, and is not used for the next one', async () => {
    gateway.tokens.push(tokenAnswer(OTHER_BEARER));
    gateway.answers[0] = refusedBearer;
    const raw = await gateway.api.getNewPassword(session, 'old', LIMITS);
    expect(raw).toMatchObject({ outcome: 'answered', httpStatus: 401 });
    expect(gateway.paths()).toEqual([TOKEN, RESET]);
    await gateway.api.getNewPassword(session, 'old', LIMITS);
    expect(gateway.requests[3]).toContain(`Bearer ${OTHER_BEARER}`);
  });

  test.each([504, 429, 503, 500])('a reset answered with %i is sent once', async (status) => {
    gateway.answers[0] = http(status, '<html>later</html>', { 'Retry-After': '0' });
    await gateway.api.getNewPassword(session, 'old', LIMITS);
    expect(gateway.paths()).toEqual([TOKEN, RESET]);
  });
});

describe('the secrets of a call over REST', () => {
  const basic = Buffer.from(`${KEY.apiKey}:${KEY.apiSecret}`).toString('base64').replaceAll('=', '');
  const secrets = [KEY.apiKey, KEY.apiSecret, basic, BEARER, CREDENTIAL.password, SESSION];

  const isHidden = (shown: unknown) => {
    const text = inspect(shown, { depth: 9, showHidden: true });
    for (const hidden of secrets) expect(text).not.toContain(hidden);
  };

  test.each(secrets)('are in no error code that repeats one in some form', async (secret) => {
    // The server has seen them all.
    await gateway.api.logOut(session, LIMITS);
    await gateway.api.getNewPassword(session, CREDENTIAL.password, LIMITS);
    const forms = [secret, [...secret].reverse().join(''), Buffer.from(secret).toString('hex')];
    for (const form of forms) {
      const body = Buffer.from(
        JSON.stringify({ errorCode: `INPUT_INVALID.${form.replaceAll(/[^\w.:-]/g, '.')}.X` }),
      );
      const read = gateway.api.readNewPassword({ body, httpStatus: 400, transport: 'rest' });
      if (/^[\w.:-]+$/.test(form)) expect(read).toEqual({ outcome: 'refused', code: 'Unreadable' });
      isHidden(read);
    }
  });

  test('are in no error code as soon as the server has given them', async () => {
    await gateway.api.logIn(CREDENTIAL, LIMITS);
    gateway.answers[0] = json(400, { errorCode: `INPUT_INVALID.${SESSION}` });
    expect(await gateway.api.logIn(CREDENTIAL, LIMITS)).toEqual({ outcome: 'refused', code: 'Unreadable' });
  });

  test('are in no error, wherever an answer repeats them', async () => {
    const echo = secrets.join(' ');
    for (const answer of [
      json(400, { errorCode: echo, errorMessage: echo }),
      json(200, { sessionToken: echo, newPassword: null }),
      json(401, { fault: { code: BEARER, description: echo } }, { 'X-Echo': echo }),
      json(401, { error: 'invalid_client', error_description: echo }),
      http(500, echo, { 'Content-Type': `text/${basic}` }),
    ]) {
      gateway.answers[0] = answer;
      const raw = await gateway.api.getNewPassword(session, CREDENTIAL.password, LIMITS);
      isHidden(raw.outcome === 'answered' ? gateway.api.readNewPassword(raw) : raw);
      isHidden(await gateway.api.logIn(CREDENTIAL, LIMITS));
      isHidden(await gateway.api.logOut(session, LIMITS));
    }
  });

  test('are in no error about the token request', async () => {
    const echo = `${KEY.apiKey} ${KEY.apiSecret} ${basic} ${BEARER}`;
    for (const answer of [
      json(401, { error: 'invalid_request', error_description: echo }),
      json(400, { error: echo }),
      json(200, { access_token: `${BEARER} ${echo}` }),
      http(500, echo),
      http(200, echo),
    ]) {
      gateway.tokens[0] = answer;
      const ready = await gateway.api.prepare(KEY, LIMITS);
      expect(ready).toMatchObject({ outcome: 'never-sent' });
      isHidden(ready);
    }
  });
});

describe('the addresses of REST', () => {
  const baseUrl = 'https://thingspace.verizon.com/api/m2m/v1';
  const tokenUrl = 'https://thingspace.verizon.com/api/ts/v1/oauth2/token';

  test('are both checked, and an error names the setting', () => {
    expect(checkAddresses({ baseUrl: `${baseUrl}/`, tokenUrl })).toEqual({ baseUrl, tokenUrl });
    const wrong = 'http://thingspace.verizon.com/token';
    expect(() => checkAddresses({ baseUrl: wrong, tokenUrl })).toThrow(BaseUrlError);
    expect(() => checkAddresses({ baseUrl: wrong, tokenUrl })).toThrow(/^THINGSPACE_BASE_URL .*m2m/);
    expect(() => checkAddresses({ baseUrl, tokenUrl: wrong })).toThrow(/^THINGSPACE_TOKEN_URL .*oauth2/);
  });

  test('have one host, unless a setting allows two', () => {
    const two = { baseUrl, tokenUrl: 'https://example.com/token' };
    expect(() => checkAddresses(two)).toThrow(TokenHostError);
    expect(() => checkAddresses({ baseUrl, tokenUrl: tokenUrl.replace('.com', '.com:444') })).toThrow(
      TokenHostError,
    );
    expect(checkAddresses({ ...two, tokenHostMayDiffer: true })).toEqual(two);
  });
});
