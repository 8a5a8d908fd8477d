import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bearerOf,
  codeOf,
  logIn,
  logInRequest,
  logOutRequest,
  membersOf,
  PASSWORD,
  resetRequest,
  type Sent,
  send,
  startWorld,
  USERNAME,
  type World,
} from './raw-rest.ts';

let world: World;
let bearer: string;
let session: string;
beforeEach(async () => {
  world = await startWorld();
  bearer = await bearerOf(world);
  session = await logIn(world);
});
afterEach(() => world.close());

const answerTo = async (sent: Sent) => {
  const answer = await send(world, sent);
  return [answer.status, answer.text === '' ? undefined : codeOf(answer)];
};

/** The account is as the log-in before each test has left it. */
const expectUntouched = () =>
  expect(world.platform.truth(USERNAME)).toMatchObject({ logIns: 1, getNewPasswords: 0, failures: 0 });

describe('a request as published', () => {
  it('logs in, resets, logs in with the new password, and logs out', async () => {
    const answer = await send(world, resetRequest(bearer, session));
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': /^application\/json/ } });
    const { newPassword } = membersOf(answer);
    expect(newPassword).toBe(world.platform.truth(USERNAME).password);
    const second = await logIn(world, String(newPassword));
    expect(membersOf(await send(world, logOutRequest(bearer, second)))).toEqual({ sessionToken: second });
    expect(await answerTo(logOutRequest(bearer, second))).toEqual([
      400,
      'INPUT_INVALID.SessionToken.Invalid',
    ]);
  });

  it.each(['application/json; charset=utf-8', 'application/json;charset=UTF-8'])(
    'may have the content type %s',
    async (type) => {
      const sent = logInRequest(bearer);
      expect(await answerTo({ ...sent, headers: { ...sent.headers, 'Content-Type': type } })).toEqual([
        200,
        undefined,
      ]);
    },
  );

  it('may escape any character', async () => {
    const escaped = `{"username":"\\u0046leet","password":"${PASSWORD.replace('-', '\\u002D')}"}`;
    expect(await answerTo({ ...logInRequest(bearer), body: escaped })).toEqual([200, undefined]);
  });
});

describe('a bearer', () => {
  const wrong: [string, string | undefined, string][] = [
    ['a wrong one', 'Bearer 00000000000000000000000000000000', '900901'],
    ['none', undefined, '900902'],
    ['Basic in its place', 'Basic a2V5OnNlY3JldA==', '900902'],
    ['an empty one', 'Bearer ', '900902'],
  ];
  it.each(wrong)('is looked at before all else: %s', async (_, authorization, code) => {
    for (const sent of [
      logInRequest(bearer, 'wrong'),
      resetRequest('', 'no session'),
      logOutRequest('', ''),
    ]) {
      const { Authorization: _replaced, ...headers } = sent.headers;
      if (authorization !== undefined) headers.Authorization = authorization;
      expect(await answerTo({ ...sent, headers, ...(sent.body && { body: 'not JSON' }) })).toEqual([
        401,
        code,
      ]);
    }
    expectUntouched();
  });

  it('is dead after an hour, to the millisecond', async () => {
    world.advance(3_600_000 - 1);
    expect(await answerTo(logInRequest(bearer))).toEqual([200, undefined]);
    world.advance(1);
    expect(await answerTo(logInRequest(bearer))).toEqual([401, '900901']);
  });

  it('has the code and the shape that the switches name', async () => {
    Object.assign(world.rest.switches, { expiredCode: '900903', shape: 'flat' });
    world.rest.bearers.revoke(world.application.apiKey);
    const flat = await send(world, logInRequest(bearer));
    expect([flat.status, membersOf(flat)]).toEqual([401, expect.objectContaining({ code: '900903' })]);
    world.rest.switches.shape = 'xml';
    const xml = await send(world, logInRequest(bearer));
    expect(xml.text).toMatch(
      /^<ams:fault xmlns:ams="http:\/\/wso2.org\/apimanager\/security"><ams:code>900903</,
    );
  });
});

describe('a request that differs from the published one', () => {
  const other =
    (change: Partial<Sent>) =>
    (sent: Sent): Sent => ({ ...sent, ...change });
  const withHeaders =
    (headers: Record<string, string>) =>
    (sent: Sent): Sent => ({
      ...sent,
      headers: { ...sent.headers, ...headers },
    });
  const of = (call: 'login' | 'reset' | 'logout'): Sent =>
    ({
      login: logInRequest(bearer),
      reset: resetRequest(bearer, session),
      logout: logOutRequest(bearer, session),
    })[call];

  const variants: [string, 'login' | 'reset' | 'logout', (sent: Sent) => Sent, number, string?][] = [
    ['PUT for POST', 'login', other({ method: 'PUT' }), 405, '900906'],
    ['POST for PUT', 'reset', other({ method: 'POST' }), 405, '900906'],
    ['DELETE for POST', 'logout', other({ method: 'DELETE' }), 405, '900906'],
    ['a path of generated code', 'login', other({ path: '/api/m2m/v2/session/login' }), 403],
    ['a slash too many', 'login', other({ path: '/api/m2m/v1/session/login/' }), 404, '900906'],
    ['another case', 'login', other({ path: '/api/m2m/v1/session/Login' }), 404, '900906'],
    ['a query', 'reset', (sent) => ({ ...sent, path: `${sent.path}?a=1` }), 404, '900906'],
    ['a form', 'login', withHeaders({ 'Content-Type': 'application/x-www-form-urlencoded' }), 415],
    ['another charset', 'reset', withHeaders({ 'Content-Type': 'application/json; charset=latin1' }), 415],
    ['XML', 'login', withHeaders({ 'Content-Type': 'text/xml; charset=utf-8' }), 415],
    ['no JSON', 'login', other({ body: 'username=a&password=b' }), 400, 'DeserializationFailed'],
    ['an array', 'login', other({ body: '[]' }), 400, 'DeserializationFailed'],
    [
      'a byte order mark',
      'reset',
      (sent) => ({ ...sent, body: `\uFEFF${sent.body}` }),
      400,
      'DeserializationFailed',
    ],
    [
      'text after the object',
      'reset',
      (sent) => ({ ...sent, body: `${sent.body}x` }),
      400,
      'DeserializationFailed',
    ],
    [
      'a member too many',
      'reset',
      other({ body: '{"oldPassword":"a","b":"c"}' }),
      400,
      'DeserializationFailed',
    ],
    [
      'a member twice',
      'reset',
      other({ body: '{"oldPassword":"a","oldPassword":"b"}' }),
      400,
      'DeserializationFailed',
    ],
    [
      'a member in capitals',
      'login',
      other({ body: '{"Username":"a","password":"b"}' }),
      400,
      'DeserializationFailed',
    ],
    ['a number', 'login', other({ body: '{"username":"a","password":1}' }), 400, 'DeserializationFailed'],
    ['null', 'login', other({ body: '{"username":"a","password":null}' }), 400, 'DeserializationFailed'],
    [
      'not UTF-8',
      'login',
      other({ body: Buffer.from('{"username":"é","password":"b"}', 'latin1') }),
      400,
      'DeserializationFailed',
    ],
    ['a member missing', 'login', other({ body: '{"username":"a"}' }), 400, 'INPUT_INVALID.RequestUndefined'],
    [
      'an empty member',
      'reset',
      other({ body: '{"oldPassword":""}' }),
      400,
      'INPUT_INVALID.RequestUndefined',
    ],
    [
      'a body where there is none',
      'logout',
      (sent) => ({ ...withHeaders({ 'Content-Length': '2' })(sent), body: '{}' }),
      400,
      'DeserializationFailed',
    ],
    [
      'no session',
      'reset',
      ({ headers: { 'VZ-M2M-Token': _, ...headers }, ...sent }) => ({ ...sent, headers }),
      400,
      'REQUEST_FAILED.SessionToken.Format',
    ],
    [
      'a session that is not a GUID',
      'logout',
      withHeaders({ 'VZ-M2M-Token': 'abc' }),
      400,
      'REQUEST_FAILED.SessionToken.Format',
    ],
    [
      'an unknown session',
      'reset',
      withHeaders({ 'VZ-M2M-Token': '0f0e0d0c-0000-4000-8000-000000000001' }),
      400,
      'INPUT_INVALID.SessionToken.Invalid',
    ],
    [
      'a quote',
      'login',
      other({ body: `{"username":"a","password":"b'c"}` }),
      400,
      'INPUT_INVALID.Request.InvalidCharacter',
    ],
    [
      'an escaped backslash',
      'reset',
      other({ body: String.raw`{"oldPassword":"a\\b"}` }),
      400,
      'INPUT_INVALID.Request.InvalidCharacter',
    ],
  ];
  it.each(variants)('is refused, and nothing is counted: %s', async (_, call, change, status, code) => {
    const answer = await send(world, change(of(call)));
    expect(answer.status).toBe(status);
    if (code !== undefined) expect(codeOf(answer)).toBe(code);
    expectUntouched();
  });

  it('is refused for its length: none, or too long', async () => {
    const { 'Content-Length': _, ...unmeasured } = logOutRequest(bearer, session).headers;
    const headers = Object.fromEntries(Object.entries(unmeasured).map(([k, v]) => [k.toLowerCase(), v]));
    const sent = { ...logOutRequest(bearer, session), headers, body: Buffer.alloc(0) };
    expect(world.rest.answer(sent).status).toBe(411);
    expect((await send(world, logInRequest(bearer, 'x'.repeat(70_000)))).status).toBe(413);
    expectUntouched();
  });

  it('is found wrong in its session before its members are read', async () => {
    const sent = resetRequest(bearer, '0f0e0d0c-0000-4000-8000-000000000001', "a'b");
    expect(await answerTo(sent)).toEqual([400, 'INPUT_INVALID.SessionToken.Invalid']);
  });

  it('is an address of no API at all: XML with 403', async () => {
    const { status, text } = await send(world, { ...logInRequest(bearer), path: '/api/ts/v2/oauth2/token' });
    expect(status).toBe(403);
    expect(text).toMatch(/^<am:fault xmlns:am="http:\/\/wso2.org\/apimanager"><am:code>404<\/am:code>/);
  });
});

describe('the characters of a member', () => {
  it('are decoded first, unless the platform looks at the bytes', async () => {
    world.platform.support.reset(USERNAME, 'with "quotes"');
    expect(await answerTo(logInRequest(bearer, 'with "quotes"'))).toEqual([200, undefined]);
    world.rest.switches.fieldCharacters = 'raw';
    expect(await answerTo(logInRequest(bearer, 'with "quotes"'))).toEqual([
      400,
      'INPUT_INVALID.Request.InvalidCharacter',
    ]);
    expect(world.platform.truth(USERNAME)).toMatchObject({ logIns: 2, failures: 0 });
  });
});
