import { createHmac, createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../lambda/access/policy.ts';
import { proveUser } from '../../lambda/access/user-token.ts';
import type { UserTokens } from '../../lambda/access/user-tokens.ts';
import { createIssuer, signedBy } from '../../local/access/issuer.ts';
import {
  ACCOUNT,
  changeOf,
  createAccessWorld,
  DEVICE,
  PORTAL,
  read,
  requestOf,
  seen,
  sessionRequest,
  VIEWER,
} from './access-world.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
const SECONDS = NOW / 1000;
const issuer = createIssuer('key-1');
const rsa = createIssuer('key-2', 'RS256');
const stranger = createIssuer('key-1');
const PORTAL_ROLE = `arn:aws:iam::${ACCOUNT}:role/portal`;
const SETTINGS: UserTokens = {
  speakers: [PORTAL_ROLE],
  issuer: 'https://login.example.com/',
  audience: 'portal',
  keys: { keys: [issuer.key, rsa.key] },
  userClaim: 'email',
  groupsClaim: 'groups',
};
const CLAIMS = {
  iss: 'https://login.example.com/',
  aud: 'portal',
  sub: '17',
  email: 'alice@example.com',
  groups: ['editors', 'staff'],
  exp: SECONDS + 600,
};
const { exp: _exp, email: _email, groups: _groups, ...FEWER } = CLAIMS;

/** A token with another signature, made by a key that is no secret. */
const byHmac = (secret: string | Buffer, alg = 'HS256') =>
  signedBy((text) => createHmac('sha256', secret).update(text).digest(), CLAIMS, { alg, kid: 'key-2' });
const pem = createPublicKey({ key: rsa.key as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
const unsigned = signedBy(() => Buffer.from('x'), CLAIMS, { alg: 'none', kid: 'key-1' });

describe('a token', () => {
  test.each([
    ['of ES256', issuer.token(CLAIMS)],
    ['of RS256', rsa.token(CLAIMS)],
    ['for several audiences', issuer.token({ ...CLAIMS, aud: ['other', 'portal'] })],
    ['for access', issuer.token(CLAIMS, { typ: 'at+jwt' })],
    ['without a type', issuer.token(CLAIMS, { typ: undefined })],
    ['that ended 29 seconds ago', issuer.token({ ...CLAIMS, exp: SECONDS - 29 })],
    ['that begins in 30 seconds', issuer.token({ ...CLAIMS, nbf: SECONDS + 30 })],
    ['with a verified address', issuer.token({ ...CLAIMS, email_verified: true })],
  ])('%s proves its user and groups', async (_, token) => {
    expect(await proveUser(SETTINGS, token, NOW)).toEqual({
      user: 'alice@example.com',
      groups: ['editors', 'staff'],
    });
  });

  test('without groups proves a user without groups', async () => {
    const token = issuer.token({ ...FEWER, email: 'alice@example.com', exp: SECONDS + 1 });
    expect(await proveUser(SETTINGS, token, NOW)).toEqual({ user: 'alice@example.com', groups: [] });
    const { groupsClaim: _, ...others } = SETTINGS;
    expect(await proveUser(others, issuer.token(CLAIMS), NOW)).toEqual({
      user: 'alice@example.com',
      groups: [],
    });
  });

  test.each<[string, string, string]>([
    ['of another signer with the same kid', stranger.token(CLAIMS), 'its signature is not by the key'],
    ['with changed claims', tampered(), 'its signature is not by the key'],
    ['without a kid', issuer.token(CLAIMS, { kid: undefined }), 'it names no key (kid)'],
    ['with a kid that is no text', issuer.token(CLAIMS, { kid: 1 }), 'it names no key (kid)'],
    ['with an unknown kid', issuer.token(CLAIMS, { kid: 'key-9' }), 'not in the configuration'],
    [
      'with a key in its header',
      stranger.token(CLAIMS, { jwk: stranger.key }),
      'its signature is not by the key',
    ],
    ['without a signature', unsigned, 'its algorithm is not allowed'],
    ['with an empty signature', unsigned.replace(/[^.]*$/, ''), 'is not one signed JWT'],
    ['of HS256 by the public key', byHmac(pem), 'its algorithm is not allowed'],
    ['of HS256 that says RS256', byHmac(pem, 'RS256'), 'its signature is not by the key'],
    ['of another issuer', issuer.token({ ...CLAIMS, iss: 'https://evil.test/' }), 'its claim iss'],
    ['without an issuer', issuer.token({ ...CLAIMS, iss: undefined }), 'its claim iss'],
    ['for another app', issuer.token({ ...CLAIMS, aud: 'shop' }), 'its claim aud'],
    ['without an end', issuer.token({ ...CLAIMS, exp: undefined }), 'its claim exp'],
    ['with an end that is text', issuer.token({ ...CLAIMS, exp: '9999999999' }), 'its claim exp'],
    ['that begins in 31 seconds', issuer.token({ ...CLAIMS, nbf: SECONDS + 31 }), 'its claim nbf'],
    ['of a type that proves no user', issuer.token(CLAIMS, { typ: 'logout+jwt' }), 'its typ is not JWT'],
    ['with a critical extension', issuer.token(CLAIMS, { crit: ['x'], x: 1 }), 'can be read'],
    ['without the user', issuer.token({ ...CLAIMS, email: undefined }), 'it has no claim email'],
    ['with a list of users', issuer.token({ ...CLAIMS, email: ['a', 'b'] }), 'it has no claim email'],
    ['of a user beyond ASCII', issuer.token({ ...CLAIMS, email: 'älice' }), 'its claim email is not a name'],
    ['of a user with a comma', issuer.token({ ...CLAIMS, email: 'a,b' }), 'its claim email holds a comma'],
    ['of a user like an ARN', issuer.token({ ...CLAIMS, email: 'arn:aws:x' }), 'its claim email is an ARN'],
    [
      'with an address that is not verified',
      issuer.token({ ...CLAIMS, email_verified: false }),
      'not verified',
    ],
    [
      'with one group as text',
      issuer.token({ ...CLAIMS, groups: 'editors' }),
      'its claim groups is not a list',
    ],
    [
      'with groups that are no texts',
      issuer.token({ ...CLAIMS, groups: [1] }),
      'its claim groups is not a list',
    ],
    ['that is longer than 8 KiB', issuer.token({ ...CLAIMS, x: 'x'.repeat(8192) }), 'is not one signed JWT'],
    ['that came twice', `${issuer.token(CLAIMS)},${issuer.token(CLAIMS)}`, 'is not one signed JWT'],
    ['that is no JSON', `${Buffer.from('{').toString('base64url')}.e30.eA`, 'can be read'],
  ])('%s is rejected', async (_, token, why) => {
    const proof = await proveUser(SETTINGS, token, NOW);
    expect(proof).toEqual({ rule: 'token-rejected', why: expect.stringContaining(why) });
  });

  test('has expired 30 seconds after its end, and only an authentic one says so', async () => {
    const claims = { ...CLAIMS, exp: SECONDS - 30 };
    const proof = { rule: 'token-expired', why: 'it has expired' };
    expect(await proveUser(SETTINGS, issuer.token(claims), NOW)).toEqual(proof);
    expect(await proveUser(SETTINGS, stranger.token(claims), NOW)).toMatchObject({ rule: 'token-rejected' });
  });
});

function tampered(): string {
  const [header, , signature] = issuer.token(CLAIMS).split('.');
  const claims = Buffer.from(JSON.stringify({ ...CLAIMS, email: 'root@example.com' }));
  return [header, claims.toString('base64url'), signature].join('.');
}

const POLICY: Policy = {
  rules: [
    {
      name: 'editors',
      principals: [PORTAL_ROLE],
      ...{ credentials: ['*'], operations: ['ChangeDevice*', 'GetSession'], personGroups: ['edit*'] },
    },
    {
      name: 'all-users',
      principals: [`arn:aws:iam::${ACCOUNT}:*`],
      ...{ credentials: ['*'], operations: ['Get*'], users: ['*@example.com'] },
    },
  ],
  speakers: [`arn:aws:iam::${ACCOUNT}:user/people/vic`],
  userTokens: SETTINGS,
};

describe('a request with a token', () => {
  const TOKEN = 'x-on-behalf-of-token';
  async function ask(headers: Record<string, string>, options: object = changeOf(DEVICE)) {
    const world = await createAccessWorld({ policy: POLICY });
    const answer = seen(await world.start().call(requestOf({ caller: PORTAL, ...options, headers })));
    return { world, answer };
  }
  const fresh = async (claims: object = {}) => {
    const { clock } = await createAccessWorld();
    return issuer.token({ ...CLAIMS, exp: Math.floor(clock.nowMs() / 1000) + 600, ...claims });
  };

  test('is allowed by the groups of its user, and recorded with the proof', async () => {
    const { world, answer } = await ask({ [TOKEN]: await fresh() });
    expect(answer.status).toBe(200);
    expect(world.records()).toMatchObject([
      { user: 'alice@example.com', userBy: 'token', rule: 'editors', outcome: 'done' },
    ]);
  });

  test('is denied once its user is no longer in the group', async () => {
    const { world, answer } = await ask({ [TOKEN]: await fresh({ groups: ['staff'] }) });
    expect(answer).toMatchObject({ code: 'AccessDenied', rule: 'denied-by-default' });
    expect(world.records()).toMatchObject([
      { user: 'alice@example.com', userBy: 'token', outcome: 'denied' },
    ]);
    const reading = await ask({ [TOKEN]: await fresh({ groups: [] }) }, {});
    expect(reading.world.records()).toMatchObject([{ rule: 'all-users', userBy: 'token' }]);
  });

  test.each<[string, object, string]>([
    ['forged', {}, 'token-rejected'],
    ['expired', { exp: 1 }, 'token-expired'],
  ])('is denied and recorded without a user when it is %s', async (kind, claims, rule) => {
    const signer = kind === 'forged' ? stranger : issuer;
    const { world, answer } = await ask({ [TOKEN]: signer.token({ ...CLAIMS, ...claims }) });
    expect(answer).toMatchObject({ code: 'AccessDenied', rule });
    expect(answer.message).toContain('the token in x-on-behalf-of-token proves no user: it');
    expect(world.executed).toEqual([]);
    const [record] = world.records();
    expect(record).toMatchObject({ rule, outcome: 'denied', caller: PORTAL });
    expect(record?.user).toBeUndefined();
    expect(record).not.toHaveProperty('userBy');
  });

  test('cannot be replaced by a name, nor stand beside one', async () => {
    for (const headers of [{}, { [TOKEN]: await fresh() }]) {
      const { world, answer } = await ask({ ...headers, 'x-on-behalf-of': 'alice@example.com' }, {});
      expect(answer).toMatchObject({ code: 'AccessDenied', rule: 'token-rejected' });
      expect(world.records()[0]?.user).toBeUndefined();
    }
  });

  test('is denied to a caller that the setting does not list, whatever it proves', async () => {
    const { answer } = await ask({ [TOKEN]: await fresh() }, { caller: VIEWER });
    expect(answer).toMatchObject({ code: 'AccessDenied', rule: 'speaks-for-others' });
  });

  test('gets the session by a rule for groups, and a name without a token does not', async () => {
    const world = await createAccessWorld({ policy: POLICY });
    const { call } = world.start();
    const given = await call(sessionRequest({ caller: PORTAL, headers: { [TOKEN]: await fresh() } }));
    expect(read(given).status).toBe(200);
    const denied = await call(
      sessionRequest({ caller: PORTAL, headers: { 'x-on-behalf-of': 'a@example.com' } }),
    );
    expect(read(denied).status).toBe(403);
    expect(world.records()).toMatchObject([
      { userBy: 'token', outcome: 'handed-out' },
      { outcome: 'denied' },
    ]);
  });

  test('leaves no part of the token in log, record, fault or request', async () => {
    for (const token of [
      await fresh(),
      stranger.token(CLAIMS),
      'bm90aGVhZGVy.bm90Y2xhaW1z.bm90c2lnbmVk',
      issuer.token({ ...CLAIMS, exp: 1 }),
    ]) {
      const { world, answer } = await ask({ [TOKEN]: token });
      const written = JSON.stringify([...world.items.values(), world.logged, world.executed, answer]);
      for (const part of token.split('.')) expect(written).not.toContain(part.length > 3 ? part : token);
    }
  });
});
