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

  const withBody = (body: string | Buffer) => other({ body });
  const withPath = (path: string) => other({ path });
  const withType = (type: string) => withHeaders({ 'Content-Type': type });
  const withSession = (session: string) => withHeaders({ 'VZ-M2M-Token': session });
  const UNKNOWN = '0f0e0d0c-0000-4000-8000-000000000001';

  /** By the status and the code of the answer. */
  const REFUSED: Record<string, [what: string, 'login' | 'reset' | 'logout', (sent: Sent) => Sent][]> = {
    '405 900906': [
      ['PUT for POST', 'login', other({ method: 'PUT' })],
      ['POST for PUT', 'reset', other({ method: 'POST' })],
      ['DELETE for POST', 'logout', other({ method: 'DELETE' })],
    ],
    '403': [['a path of generated code', 'login', withPath('/api/m2m/v2/session/login')]],
    '404 900906': [
      ['a slash too many', 'login', withPath('/api/m2m/v1/session/login/')],
      ['another case', 'login', withPath('/api/m2m/v1/session/Login')],
      ['a query', 'reset', (sent) => ({ ...sent, path: `${sent.path}?a=1` })],
    ],
    '415': [
      ['a form', 'login', withType('application/x-www-form-urlencoded')],
      ['another charset', 'reset', withType('application/json; charset=latin1')],
      ['XML', 'login', withType('text/xml; charset=utf-8')],
    ],
    '400 DeserializationFailed': [
      ['no JSON', 'login', withBody('username=a&password=b')],
      ['an array', 'login', withBody('[]')],
      ['a byte order mark', 'reset', (sent) => ({ ...sent, body: `\uFEFF${sent.body}` })],
      ['text after the object', 'reset', (sent) => ({ ...sent, body: `${sent.body}x` })],
      ['a member too many', 'reset', withBody('{"oldPassword":"a","b":"c"}')],
      ['a member twice', 'reset', withBody('{"oldPassword":"a","oldPassword":"b"}')],
      ['a member in capitals', 'login', withBody('{"Username":"a","password":"b"}')],
      ['a number', 'login', withBody('{"username":"a","password":1}')],
      ['null', 'login', withBody('{"username":"a","password":null}')],
      ['not UTF-8', 'login', withBody(Buffer.from('{"username":"é","password":"b"}', 'latin1'))],
      [
        'a body where there is none',
        'logout',
        (sent) => ({ ...withHeaders({ 'Content-Length': '2' })(sent), body: '{}' }),
      ],
    ],
    '400 INPUT_INVALID.RequestUndefined': [
      ['a member missing', 'login', withBody('{"username":"a"}')],
      ['an empty member', 'reset', withBody('{"oldPassword":""}')],
    ],
    '400 REQUEST_FAILED.SessionToken.Format': [
      [
        'no session',
        'reset',
        ({ headers: { 'VZ-M2M-Token': _, ...headers }, ...sent }) => ({ ...sent, headers }),
      ],
      ['a session that is not a GUID', 'logout', withSession('abc')],
    ],
    '400 INPUT_INVALID.SessionToken.Invalid': [['an unknown session', 'reset', withSession(UNKNOWN)]],
    '400 INPUT_INVALID.Request.InvalidCharacter': [
      ['a quote', 'login', withBody(`{"username":"a","password":"b'c"}`)],
      ['an escaped backslash', 'reset', withBody(String.raw`{"oldPassword":"a\\b"}`)],
    ],
  };
  const variants = Object.entries(REFUSED).flatMap(([answer, all]) =>
    all.map(([what, call, change]) => ({ what, call, change, answer })),
  );
  it.each(variants)('is refused, and nothing is counted: $what', async ({ call, change, answer }) => {
    const [status, code] = answer.split(' ');
    const refused = await send(world, change(of(call)));
    expect(refused.status).toBe(Number(status));
    if (code !== undefined) expect(codeOf(refused)).toBe(code);
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
    const sent = resetRequest(bearer, UNKNOWN, "a'b");
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
