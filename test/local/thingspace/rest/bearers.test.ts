import { afterEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  basic,
  bearerOf,
  codeOf,
  logInRequest,
  logOutRequest,
  membersOf,
  resetRequest,
  type Sent,
  send,
  startWorld,
  tokenRequest,
  USERNAME,
  type World,
} from './raw-rest.ts';

let world: World;
afterEach(() => world?.close());

const askAgain = async (): Promise<Record<string, unknown>> => {
  const answer = await send(world, tokenRequest(world.application));
  expect(answer.status).toBe(200);
  return membersOf(answer);
};

describe('the token endpoint', () => {
  it('answers with the published members', async () => {
    world = await startWorld();
    expect(await askAgain()).toEqual({
      access_token: expect.stringMatching(/^[0-9a-f]{32}$/),
      scope: 'am_application_scope default',
      token_type: expect.stringMatching(/^bearer$/i),
      expires_in: 3_600,
    });
  });

  it('hands out the same bearer within the hour, with the remainder in whole seconds', async () => {
    world = await startWorld();
    const first = await askAgain();
    world.advance(1_726_500);
    expect(await askAgain()).toMatchObject({ access_token: first.access_token, expires_in: 1_873 });
    world.advance(1_873_499);
    expect(await askAgain()).toMatchObject({ access_token: first.access_token, expires_in: 0 });
    world.advance(1);
    const { access_token, expires_in } = await askAgain();
    expect([access_token === first.access_token, expires_in]).toEqual([false, 3_600]);
    expect(world.rest.bearers.made).toEqual([first.access_token, access_token]);
  });

  it.each([
    ['full', 3_600],
    ['missing', undefined],
  ] as const)('may write another expires_in: %s', async (expiresIn, seconds) => {
    world = await startWorld({ expiresIn });
    await askAgain();
    world.advance(3_000_000);
    expect((await askAgain()).expires_in).toBe(seconds);
  });

  it('leaves a bearer as long as a test wants', async () => {
    world = await startWorld();
    const { bearers } = world.rest;
    bearers.leave(world.application.apiKey, 1_500);
    const { access_token, expires_in } = await askAgain();
    expect(expires_in).toBe(1);
    world.advance(1_500);
    const late = await send(world, logInRequest(String(access_token)));
    expect([late.status, codeOf(late)]).toEqual([401, '900901']);
  });

  it('makes a new bearer when another program has revoked the old one', async () => {
    world = await startWorld();
    const { access_token } = await askAgain();
    world.rest.bearers.revoke(world.application.apiKey);
    expect(codeOf(await send(world, logInRequest(String(access_token))))).toBe('900901');
    expect((await askAgain()).access_token).not.toBe(access_token);
  });

  it('may hand out a dead bearer again for a while, as if it lived', async () => {
    world = await startWorld({ deadAgainMs: 60_000 });
    const first = await askAgain();
    world.advance(100_000);
    world.rest.bearers.revoke(world.application.apiKey);
    world.advance(59_999);
    expect(await askAgain()).toMatchObject({ access_token: first.access_token, expires_in: 3_440 });
    expect(codeOf(await send(world, logInRequest(String(first.access_token))))).toBe('900901');
    world.advance(1);
    expect((await askAgain()).access_token).not.toBe(first.access_token);
  });

  it('revokes for a caller that asks for it, and names the bearer in a header alone', async () => {
    world = await startWorld();
    const bearer = await bearerOf(world);
    const revoke = { ...tokenRequest(world.application), path: '/api/ts/v1/oauth2/revoke' };
    const answer = await send(world, { ...revoke, body: `${revoke.body}&token=${bearer}` });
    expect([answer.status, answer.text, answer.headers.revokedaccesstoken]).toEqual([200, '', bearer]);
    expect(await bearerOf(world)).not.toBe(bearer);
  });
});

describe('a token request that is refused', () => {
  const [unknown, type] = ['key-of-nobody', 'application/x-www-form-urlencoded'];
  const authorized =
    (value: string) =>
    (sent: Sent): Sent => ({
      ...sent,
      headers: { ...sent.headers, Authorization: value },
    });
  const variants: [string, (sent: Sent) => Sent, number[], string][] = [
    ['an unknown key', authorized(basic(unknown, 'x')), [400, 401], 'invalid_client'],
    ['no Basic', authorized('Bearer x'), [401], 'invalid_client'],
    ['Basic without a colon', authorized('Basic a2V5'), [401], 'invalid_client'],
    ['another grant', (sent) => ({ ...sent, body: 'grant_type=password' }), [400], 'unsupported_grant_type'],
    ['no grant', (sent) => ({ ...sent, body: '' }), [400], 'invalid_request'],
    [
      'the key in the form',
      (sent) => ({ ...sent, body: `${sent.body}&client_id=x` }),
      [400],
      'invalid_request',
    ],
    [
      'JSON',
      (sent) => ({ ...sent, headers: { ...sent.headers, 'Content-Type': 'application/json' } }),
      [400],
      'invalid_request',
    ],
  ];
  it.each(variants)('has the shape of an OAuth error: %s', async (_, change, statuses, error) => {
    world = await startWorld();
    const answer = await send(world, change(tokenRequest(world.application)));
    expect(statuses).toContain(answer.status);
    expect(membersOf(answer)).toEqual({ error, error_description: expect.any(String) });
    expect(world.rest.bearers.made).toEqual([]);
  });

  it('repeats the client id', async () => {
    world = await startWorld();
    const answer = await send(world, tokenRequest({ apiKey: unknown, apiSecret: 'x' }));
    expect(membersOf(answer).error_description).toContain(unknown);
    const wrong = await send(world, tokenRequest({ ...world.application, apiSecret: 'wrong' }));
    expect(membersOf(wrong).error_description).toContain(world.application.apiKey);
  });

  it('is a GET', async () => {
    world = await startWorld();
    const { body: _, ...sent } = tokenRequest(world.application);
    const headers = { Authorization: sent.headers.Authorization ?? '', 'Content-Type': type };
    expect((await send(world, { ...sent, method: 'GET', headers })).status).toBe(405);
  });

  it('comes from a key that five wrong secrets or a person have made inactive', async () => {
    world = await startWorld();
    const { apiKey } = world.application;
    const failed = async (): Promise<Answer> => send(world, tokenRequest(world.application));
    for (let wrong = 1; wrong <= 4; wrong++) await send(world, tokenRequest({ apiKey, apiSecret: 'wrong' }));
    await askAgain();
    for (let wrong = 1; wrong <= 5; wrong++) await send(world, tokenRequest({ apiKey, apiSecret: 'wrong' }));
    expect(membersOf(await failed()).error_description).toContain('not in active state');
    world.rest.bearers.setActive(apiKey, true);
    await askAgain();
    world.rest.bearers.setActive(apiKey, false);
    expect(membersOf(await failed()).error).toBe('invalid_client');
  });

  it('is one too many within a minute, as are log-ins', async () => {
    world = await startWorld({ tokenRequestsPerMinute: 2, logInsPerMinute: 1 });
    const bearer = await bearerOf(world);
    await askAgain();
    const throttled = await send(world, tokenRequest(world.application));
    expect([throttled.status, codeOf(throttled)]).toEqual([429, '900803']);
    expect((await send(world, logInRequest(bearer))).status).toBe(200);
    const tooMany = await send(world, logInRequest(bearer, 'wrong'));
    expect([tooMany.status, codeOf(tooMany)]).toEqual([429, '900804']);
    expect(world.platform.truth(USERNAME).failures).toBe(0);
    world.advance(60_000);
    expect((await send(world, logInRequest(bearer))).status).toBe(200);
    await askAgain();
  });
});

describe('a bearer of the portal’s simulator', () => {
  const everythingSucceeds = async (bearer: string) => {
    const before = world.platform.truth(USERNAME);
    const session = membersOf(await send(world, logInRequest(bearer, 'wrong', 'anybody'))).sessionToken;
    const made = membersOf(await send(world, resetRequest(bearer, 'no session', 'wrong'))).newPassword;
    const again = await send(world, logInRequest(bearer, String(made)));
    const out = await send(world, logOutRequest(bearer, String(session)));
    expect([session, made]).toEqual([expect.any(String), expect.any(String)]);
    expect([again.status, out.status]).toEqual([200, 200]);
    expect(world.platform.truth(USERNAME)).toEqual(before);
    expect(world.rest.sandboxCalls).toBe(4);
  };

  it('lets every call succeed and changes nothing: the test token, which never expires', async () => {
    world = await startWorld({ testToken: 'the-test-token' });
    world.advance(365 * 24 * 3_600_000);
    await everythingSucceeds('the-test-token');
  });

  it('lets every call succeed and changes nothing: an application of a sandbox', async () => {
    world = await startWorld({ applications: [{ apiKey: 'key', apiSecret: 'secret', sandbox: true }] });
    await everythingSucceeds(await bearerOf(world));
  });
});

it('answers for a suspended backend for thirty seconds, and forwards nothing', async () => {
  world = await startWorld();
  const bearer = await bearerOf(world);
  world.rest.suspendBackend();
  world.advance(29_999);
  const answer = await send(world, logInRequest(bearer, 'wrong'));
  expect([answer.status, codeOf(answer)]).toEqual([503, '303001']);
  expect(world.platform.truth(USERNAME).failures).toBe(0);
  world.advance(1);
  expect((await send(world, logInRequest(bearer))).status).toBe(200);
});
