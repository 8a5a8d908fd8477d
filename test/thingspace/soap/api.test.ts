import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { BaseUrlError } from '../../../lambda/thingspace/base-url.ts';
import { UnsendableValueError, UnusableAnswerError } from '../../../lambda/thingspace/call-errors.ts';
import { createSoapApi } from '../../../lambda/thingspace/soap/api.ts';
import { PasswordElementError } from '../../../lambda/thingspace/soap/requests.ts';
import { answer, fault, newPasswordAnswer, sessionAnswer } from '../envelopes.ts';
import { http, type Play, serve, type TestServer } from '../servers.ts';

const token = '0f0e0d0c-0000-4000-8000-000000000001';
const limits = { timeoutMs: 20_000 };
let server: TestServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function apiAgainst(play: Play) {
  await server?.close();
  server = await serve(play);
  return createSoapApi({ baseUrl: `http://127.0.0.1:${server.port}/api/v2` });
}
const answers = (status: number, body: string, headers?: Record<string, string>) =>
  apiAgainst((socket) => socket.end(http(status, body, headers)));

describe('a call over SOAP', () => {
  test('LogIn gives the session token', async () => {
    const api = await answers(200, sessionAnswer(token));
    expect(await api.logIn({ username: 'user', password: 'pw<1' }, limits)).toEqual({
      outcome: 'done',
      value: token,
    });
    const [request] = server?.requests ?? [];
    expect(request).toMatch(/^POST \/api\/v2\/SessionService\.svc HTTP\/1\.1\r\n/);
    expect(request).toContain('\r\ncontent-type: text/xml; charset=utf-8\r\n');
    expect(request).toContain(
      '\r\nsoapaction: "http://nphase.com/unifiedwebservice/v2/ISessionService/LogIn"\r\n',
    );
    expect(request).toContain('<con:Password>pw&lt;1</con:Password>');
    expect(server?.requests).toHaveLength(1);
  });

  test('LogOut is done', async () => {
    const api = await answers(200, answer('LogOut', `<a:SessionToken>${token}</a:SessionToken>`));
    expect(await api.logOut({ token }, limits)).toEqual({ outcome: 'done', value: undefined });
  });

  test('GetNewPassword gives the bytes unread, whatever the status, and they can be read', async () => {
    const xml = newPasswordAnswer(' n&amp;w ');
    const api = await answers(500, xml);
    const raw = await api.getNewPassword({ token }, 'old', limits);
    expect(raw).toEqual({
      outcome: 'answered',
      httpStatus: 500,
      body: Buffer.from(xml),
      contentType: 'text/xml; charset=utf-8',
      complete: true,
      receivedBytes: xml.length,
    });
    expect(api.readNewPassword({ body: Buffer.from(xml) })).toEqual({ outcome: 'done', value: ' n&w ' });
    expect(server?.requests[0]).toContain(`<v2:token>${token}</v2:token>`);
    expect(server?.requests[0]).toContain('<con:OldPassword>old</con:OldPassword>');
  });

  test('a fault is a refusal', async () => {
    const api = await answers(500, fault('a:UnifiedWebService.INPUT_INVALID.Password.Invalid'));
    const refused = { outcome: 'refused', code: 'INPUT_INVALID.Password.Invalid' };
    expect(await api.logIn({ username: 'user', password: 'pw' }, limits)).toEqual(refused);
    expect(await api.logOut({ token }, limits)).toEqual(refused);
    const raw = await api.getNewPassword({ token }, 'pw', limits);
    expect(raw.outcome === 'answered' && api.readNewPassword(raw)).toEqual(refused);
  });

  test.each([
    [502, '<html><body>Bad Gateway</body></html>', 'text/html', 'HTTP status 502, HTML'],
    [503, '{}', 'application/json', 'HTTP status 503, JSON'],
    [200, sessionAnswer(''), 'text/xml', 'HTTP status 200, XML'],
    [200, newPasswordAnswer('x'), 'text/xml', 'HTTP status 200, XML'],
  ])(
    'an answer of HTTP status %d that is neither a response nor a fault is unknown (%#)',
    async (status, body, type, seen) => {
      const api = await answers(status, body, { 'Content-Type': type });
      const outcome = await api.logIn({ username: 'user', password: 'pw' }, limits);
      expect(outcome).toMatchObject({ outcome: 'unknown' });
      if (outcome.outcome !== 'unknown') return;
      expect(outcome.cause).toBeInstanceOf(UnusableAnswerError);
      expect(outcome.cause.message).toContain(seen);
    },
  );

  test('an answer to LogIn or GetNewPassword with another charset or a coding is unknown', async () => {
    for (const headers of [
      { 'Content-Type': 'text/xml; charset=utf-16' },
      { 'Content-Encoding': 'gzip' },
    ] as Record<string, string>[]) {
      const logIn = await (await answers(200, sessionAnswer(token), headers)).logIn(
        { username: 'user', password: 'pw' },
        limits,
      );
      expect(logIn).toMatchObject({ outcome: 'unknown', cause: { name: 'UnusableAnswerError' } });
      const api = await answers(200, newPasswordAnswer('x'), headers);
      const raw = await api.getNewPassword({ token }, 'pw', limits);
      expect(raw.outcome).toBe('answered');
      if (raw.outcome === 'answered') expect(api.readNewPassword(raw).outcome).toBe('unknown');
    }
  });

  test('every call asks for its permission to leave', async () => {
    const api = await answers(200, sessionAnswer(token));
    const late = { ...limits, mayLeave: () => false };
    for (const outcome of [
      await api.logIn({ username: 'user', password: 'pw' }, late),
      await api.logOut({ token }, late),
      await api.getNewPassword({ token }, 'pw', late),
    ]) {
      expect(outcome).toMatchObject({ outcome: 'never-sent', cause: { name: 'TooLateToSendError' } });
    }
    expect(server?.requests).toEqual([]);
  });

  test('a fault that was cut off is unknown, and the error names the cut', async () => {
    const half = http(500, fault('a:DeserializationFailed')).subarray(0, -80);
    const api = await apiAgainst((socket) => socket.end(half));
    const outcome = await api.logIn({ username: 'user', password: 'pw' }, limits);
    expect(outcome).toMatchObject({ outcome: 'unknown' });
    if (outcome.outcome === 'unknown') expect(outcome.cause.message).toContain('cut off');
  });

  test('never sends a value that XML cannot carry', async () => {
    const api = await answers(200, sessionAnswer(token));
    const outcomes = [
      await api.logIn({ username: 'user', password: 'p\0w' }, limits),
      await api.getNewPassword({ token }, 'p\0w', limits),
    ];
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ outcome: 'never-sent' });
      if (outcome.outcome === 'never-sent') expect(outcome.cause).toBeInstanceOf(UnsendableValueError);
    }
    expect(server?.connections()).toBe(0);
  });

  test('rejects at once settings with which no request may be sent', () => {
    expect(() => createSoapApi({ baseUrl: 'http://example.com' })).toThrow(BaseUrlError);
    expect(() => createSoapApi({ baseUrl: 'https://example.com', passwordElement: 'a:b' })).toThrow(
      PasswordElementError,
    );
  });
});

describe('no outcome shows a secret, whatever the server sends', () => {
  const password = 'Mk7zPassw0rdQ4';
  const session = 'Tk9ySess10nW3';
  const forms = (secret: string) => {
    const reversed = [...secret].reverse().join('');
    const base64 = Buffer.from(secret).toString('base64');
    const url = [...secret].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('');
    const xml = [...secret].map((char) => `&#${char.charCodeAt(0)};`).join('');
    return [
      secret,
      reversed,
      base64,
      base64.replaceAll('=', ''),
      Buffer.from(secret).toString('hex'),
      url,
      xml,
    ];
  };
  const echoes = [...forms(password), ...forms(session)];
  const bodies = echoes.flatMap((echo) => [
    fault(echo),
    fault(`a:UnifiedWebService.INPUT_INVALID.${echo}.Invalid`),
    fault('a:UnifiedWebService.REQUEST_FAILED.UnexpectedError', echo),
    `<html>${echo}</html>`,
    `<Envelope><Body><${echo.replace(/[^A-Za-z0-9]/g, '')}Response/></Body></Envelope>`,
    answer('LogIn', `<a:${echo.replace(/[^A-Za-z0-9]/g, '')}>`),
    echo,
  ]);
  const plays: Play[] = bodies.flatMap((body) => {
    const whole = http(500, body, { 'Content-Type': `${echoes[0]}/${echoes[0]}`, [echoes[0] ?? '']: body });
    return [(socket) => socket.end(whole), (socket) => socket.end(whole.subarray(0, -5))] satisfies Play[];
  });
  const junk: Play[] = [
    (socket, request) => socket.end(request),
    (socket, request) => socket.end(`HTTP/1.1 ${request}`),
    (socket, request) => socket.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${request}`),
    (socket) => socket.resetAndDestroy(),
  ];

  test('after the first call that sent it and after later ones', async () => {
    const echoing = fault(`INPUT_INVALID.${password}`);
    const api = await answers(500, echoing);
    const unreadable = { outcome: 'refused', code: 'Unreadable' };
    expect(await api.logIn({ username: 'user', password: password }, limits)).toEqual(unreadable);
    expect(await api.logOut({ token: session }, limits)).toEqual(unreadable);
    expect(api.readNewPassword({ body: Buffer.from(echoing) })).toEqual(unreadable);
  });

  test('in clear, reversed, base64, hexadecimal, URL- or XML-encoded', async () => {
    let play: Play = () => {};
    const api = await apiAgainst((socket, request) => play(socket, request));
    for (play of [...plays, ...junk]) {
      const raw = await api.getNewPassword({ token: session }, password, limits);
      const outcomes = [
        await api.logIn({ username: 'user', password: password }, limits),
        await api.logOut({ token: session }, limits),
        raw.outcome === 'answered' ? api.readNewPassword(raw) : raw,
      ];
      for (const outcome of outcomes) {
        expect(['refused', 'unknown']).toContain(outcome.outcome);
        const shown = inspect(outcome, { depth: 20, showHidden: true }).toLowerCase();
        for (const echo of echoes) expect(shown).not.toContain(echo.toLowerCase());
      }
    }
  });
});
