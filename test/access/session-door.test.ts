import { describe, expect, test } from 'vitest';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { LOG_IN_PAIR_MS } from '../../lambda/session/create-session.ts';
import { IDLE_LIMIT_MS } from '../../lambda/session/session-item.ts';
import { MINUTE_MS } from '../session/fleet-world.ts';
import { APPLICATION, useOverRest } from '../session/rest-client.ts';
import { USERNAME } from '../world/world.ts';
import {
  type AccessWorld,
  BASE_URL,
  createAccessWorld,
  OPS,
  POLICY,
  PORTAL,
  read,
  requestOf,
  SHOP,
  seenJson,
  sessionRequest,
  VIEWER,
} from './access-world.ts';

const gone = (generation: number, more: object = {}) => sessionRequest({ gone: { generation, ...more } });
const get = async (started: ReturnType<AccessWorld['start']>) => read(await started.call(sessionRequest()));
const everythingWritten = ({ items, logged, counted }: AccessWorld): string =>
  JSON.stringify([[...items.values()], logged, counted]);

const createRestWorld = (options: Parameters<typeof createAccessWorld>[0] = {}) =>
  createAccessWorld({ ...options, transport: 'rest' });

describe('a caller whom a rule allows GetSession by name', () => {
  test('gets the session with the time for which it is good, and a record says so', async () => {
    const world = await createAccessWorld();
    const atMs = world.clock.nowMs();
    const { status, headers, body } = await get(world.start());
    expect({ status, headers }).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    });
    expect(world.use(body?.token ?? '')).toBe(USERNAME);
    expect(body).toEqual({
      credential: 'fleet',
      transport: 'soap',
      baseUrl: BASE_URL,
      generation: 1,
      token: expect.any(String),
      headers: {},
      usableUntil: new Date(world.clock.nowMs() + 60_000).toISOString(),
      usableSeconds: 60,
    });
    expect(world.records()).toMatchObject([
      {
        caller: SHOP,
        credential: 'fleet',
        operation: 'GetSession',
        rule: 'shops',
        outcome: 'handed-out',
        generation: 1,
        at: atMs,
        item: expect.stringMatching(`^${SHOP.toLowerCase()}#`),
      },
    ]);
    expect(world.counted).toEqual([]);
  });

  test('is told no time that the record has taken', async () => {
    const world = await createAccessWorld();
    world.gate.before = (name) => world.sleep(name === 'PutItem (record)' ? 10_000 : 0);
    expect((await get(world.start())).body).toMatchObject({
      usableUntil: new Date(world.clock.nowMs() + 50_000).toISOString(),
      usableSeconds: 50,
    });
  });

  test('shares one log-in with every other caller, also of SOAP requests', async () => {
    const world = await createAccessWorld();
    const functions = Array.from({ length: 5 }, () => world.start());
    const answers = await Promise.all(functions.map(get));
    await world.start().call(requestOf());
    expect(new Set(answers.map(({ body }) => body?.token))).toEqual(world.tokens);
    expect(world.truth().logIns).toBe(1);
  });

  test('gets the headers of a request over REST, bearer included', async () => {
    const world = await createRestWorld();
    const { body } = await get(world.start());
    expect(body).toMatchObject({
      transport: 'rest',
      headers: { Authorization: expect.stringMatching(/^Bearer /), 'VZ-M2M-Token': body?.token },
    });
    expect(useOverRest(world.world, body?.token ?? '', body?.headers ?? {})).toBe(USERNAME);
    expect(world.truth().logIns).toBe(1);
  });

  test('may not say for whom it asks unless it is a speaker', async () => {
    const world = await createAccessWorld();
    const headers = { 'x-on-behalf-of': 'alice@example.com' };
    const answer = await world.start().call(sessionRequest({ caller: SHOP, headers }));
    expect(read(answer)).toMatchObject({ status: 403, error: { code: 'AccessDenied' } });
    expect(world.records()).toMatchObject([{ rule: 'speaks-for-others', outcome: 'denied' }]);
  });
});

describe('the right to get the session', () => {
  test.each([OPS, VIEWER, PORTAL])('does not belong to a pattern: %s is denied', async (caller) => {
    const world = await createAccessWorld();
    const answer = await world.start().call(sessionRequest({ caller }));
    expect(read(answer)).toMatchObject({
      status: 403,
      error: { code: 'AccessDenied', message: expect.stringContaining('call GetSession') },
    });
    expect(world.records()).toMatchObject([
      { operation: 'GetSession', outcome: 'denied', rule: 'denied-by-default' },
    ]);
    expect(world.counted).toEqual(['AccessDenied']);
    expect(world.truth().logIns).toBe(0);
  });

  test('does not belong to a rule for accounts: a session reaches every account', async () => {
    const rules = POLICY.rules.map((rule) => ({ ...rule, accounts: ['*'] }));
    const world = await createAccessWorld({ policy: { ...POLICY, rules } });
    expect(read(await world.start().call(sessionRequest({ caller: SHOP }))).status).toBe(403);
    expect(world.truth().logIns).toBe(0);
  });

  test('is needed to say that a session is gone', async () => {
    const world = await createAccessWorld();
    await get(world.start());
    const answer = await world.start().call(sessionRequest({ caller: OPS, gone: { generation: 1 } }));
    expect(read(answer)).toMatchObject({ status: 403, error: { code: 'AccessDenied' } });
    expect(world.records().at(-1)).toMatchObject({ operation: 'SessionGone', outcome: 'denied' });
    expect((await get(world.start())).body?.generation).toBe(1);
  });

  test('denies a caller although the denial cannot be recorded', async () => {
    const world = await createAccessWorld();
    world.plan.decide = ({ name }) => (name === 'PutItem (record)' ? 'failed-before' : 'ok');
    const answer = await world.start().call(sessionRequest({ caller: OPS }));
    expect(read(answer)).toMatchObject({ status: 403, error: { code: 'AccessDenied' } });
    expect(world.counted).toEqual(['AccessDenied']);
    expect(world.logged.join()).toContain('A denial could not be recorded');
  });
});

test('hands no session out that cannot be recorded', async () => {
  const world = await createAccessWorld();
  world.plan.decide = ({ name }) => (name === 'PutItem (record)' ? 'failed-before' : 'ok');
  const answer = await world.start().call(sessionRequest());
  // The log-in for it was sent.
  const message = 'No session was handed out: the request could not be recorded. Try again.';
  expect(read(answer)).toMatchObject({
    status: 503,
    retryAfter: '5',
    error: { code: 'NotRecorded', message },
  });
  expect(world.truth().logIns).toBe(1);
  expect(JSON.stringify(answer)).not.toContain(world.truth().tokens[0]);
  expect(world.counted).toEqual(['AccessFailed']);
});

describe('a session that a caller found gone', () => {
  /** Two instances of the function that hold the session, which ThingSpace has ended. */
  async function endedSession() {
    const world = await createAccessWorld({ platform: { logInEndsOlderSessions: true } });
    const functions = [world.start(), world.start()] as const;
    for (const one of functions) await get(one);
    world.platform.logIn(world.truth().username, world.truth().password);
    world.advance(MINUTE_MS);
    return { world, functions };
  }

  test('is replaced in every instance of the function', async () => {
    const { world, functions } = await endedSession();
    const [told, another] = functions;
    expect(read(await told.call(gone(1)))).toEqual(expect.objectContaining({ status: 204, body: undefined }));
    const { body } = await get(another);
    expect(body?.generation).toBe(2);
    expect(world.use(body?.token ?? '')).toBe(USERNAME);
    expect(world.records().at(-2)).toMatchObject({
      operation: 'SessionGone',
      caller: SHOP,
      outcome: 'dropped',
      dropped: 'session',
      generation: 1,
    });
  });

  test('is replaced once, however many callers say so', async () => {
    const { world, functions } = await endedSession();
    const before = world.truth().logIns;
    await Promise.all(Array.from({ length: 20 }, (_, n) => functions[n % 2]?.call(gone(1))));
    expect((await get(functions[0])).body?.generation).toBe(2);
    expect(world.truth().logIns).toBe(before + 1);
  });

  test('costs no log-in when the fleet has another one already, or never had it', async () => {
    const world = await createAccessWorld();
    const started = world.start();
    await get(started);
    world.advance(MINUTE_MS);
    await started.call(gone(1));
    expect(world.truth().logIns).toBe(2);
    world.advance(MINUTE_MS);
    expect(read(await world.start().call(gone(1))).status).toBe(204);
    expect(world.truth().logIns).toBe(2);
  });

  test('costs no log-in when its number is from before an operator deleted the item', async () => {
    const world = await createAccessWorld();
    const started = world.start();
    await get(started);
    await started.call(gone(1));
    world.table.clear();
    const anew = world.start();
    const { body } = await get(anew);
    expect(body?.generation).toBe(1);
    for (let caller = 0; caller < 3; caller += 1) {
      expect(read(await anew.call(gone(2))).status).toBe(204);
      world.advance(MINUTE_MS);
    }
    expect((await get(anew)).body?.token).toBe(body?.token);
    expect(world.truth().logIns).toBe(3);
  });

  test('is replaced twice in 20 seconds at most, whatever callers say to however many instances', async () => {
    const world = await createAccessWorld();
    const functions = Array.from({ length: 6 }, () => world.start());
    const startedAtMs = world.clock.nowMs();
    const untilMs = startedAtMs + MINUTE_MS;
    const loop = async (n: number) => {
      for (let turn = n; world.clock.nowMs() < untilMs; turn += 1) {
        const started = functions[turn % functions.length] as (typeof functions)[number];
        const { body } = await get(started);
        if (body?.generation) await started.call(gone(body.generation));
        else await world.clock.sleep(1_000);
      }
    };
    await Promise.all([0, 1, 2, 3, 4, 5].map(loop));
    const lastedMs = world.clock.nowMs() - startedAtMs;
    expect(world.truth().logIns).toBeLessThanOrEqual(2 + (2 * lastedMs) / LOG_IN_PAIR_MS);
    expect(world.truth().failures).toBe(0);
  });

  test('drops a refused bearer and makes no log-in', async () => {
    const world = await createRestWorld();
    const started = world.start();
    const first = await get(started);
    world.rest.bearers.revoke(APPLICATION.apiKey);
    expect(read(await started.call(gone(1, { refused: 'bearer' }))).status).toBe(204);
    const { body } = await get(started);
    expect(body?.token).toBe(first.body?.token);
    expect(useOverRest(world.world, body?.token ?? '', body?.headers ?? {})).toBe(USERNAME);
    expect(world.truth().logIns).toBe(1);
    expect(world.records()).toMatchObject([
      { outcome: 'handed-out' },
      { outcome: 'dropped', dropped: 'bearer' },
      { outcome: 'handed-out' },
    ]);
  });

  test('hands a refused bearer out in no instance, once one of them was told', async () => {
    const world = await createRestWorld();
    const [one, other, fresh] = [world.start(), world.start(), world.start()];
    await get(one);
    await get(other);
    world.rest.bearers.revoke(APPLICATION.apiKey);
    expect(read(await fresh.call(gone(1, { refused: 'bearer' }))).status).toBe(204);
    for (const instance of [other, one, fresh]) {
      const { body } = await get(instance);
      expect(useOverRest(world.world, body?.token ?? '', body?.headers ?? {})).toBe(USERNAME);
    }
    const before = world.calls.length;
    world.clock.advance(1_000);
    for (const instance of [one, other, fresh]) await instance.call(gone(1, { refused: 'bearer' }));
    expect(world.calls.slice(before).map(({ name }) => name)).not.toContain('PutItem (session)');
    expect(world.truth().logIns).toBe(1);
  });

  test('keeps the bearer of a log-in that was made after the note of a refused one', async () => {
    const world = await createRestWorld();
    const [one, other] = [world.start(), world.start()];
    await get(one);
    world.rest.bearers.revoke(APPLICATION.apiKey);
    await other.call(gone(1, { refused: 'bearer' }));
    world.clock.advance(IDLE_LIMIT_MS);
    await get(one);
    const requests = world.tokenRequests();
    expect((await get(one)).body?.generation).toBe(2);
    expect(world.tokenRequests()).toBe(requests);
  });
});

describe('without a session', () => {
  test('a rotation under way is an answer with Retry-After, and not a failure', async () => {
    const world = await createAccessWorld({ rotations: 1 });
    world.plan.decide = ({ name }) => (name === 'GetNewPassword' ? 'killed-after' : 'ok');
    await world.rotate({ attempts: 1, backoffMs: 0 });
    world.plan.decide = () => 'ok';
    const { status, error, retryAfter } = await get(world.start());
    expect({ status, code: error?.code }).toEqual({ status: 503, code: 'LogInWaitsError' });
    expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(error?.retryAt).toMatch(/^\d{4}-/);
    expect(world.counted).toEqual([]);
    expect(world.records()).toMatchObject([{ outcome: 'not-sent', code: 'LogInWaitsError' }]);
    expect(world.truth().failures).toBe(0);
  });

  test('a refused password is an answer without Retry-After, which does not name the username', async () => {
    const world = await createAccessWorld();
    world.storeByHand('Mistyped Marker 1');
    const answer = read(await world.start().call(sessionRequest()));
    expect(answer).toMatchObject({ status: 409, error: { code: 'LogInRefusedError' } });
    expect(answer.retryAfter).toBeUndefined();
    expect(answer.error?.message).toContain('store a working password');
    expect(JSON.stringify(answer)).not.toContain(world.truth().username);
    expect(world.logged.join()).toContain(world.truth().username);
    expect(world.counted).toEqual(['AccessFailed']);
    // No other caller causes another failed log-in.
    await get(world.start());
    expect(world.truth().failures).toBe(1);
  });

  test.each(['Decrypt', 'GetItem (session)'])('%s away is an answer with Retry-After', async (call) => {
    const world = await createAccessWorld();
    await get(world.start());
    world.plan.decide = ({ name }) => (name === call ? 'failed-before' : 'ok');
    const { status, retryAfter } = await get(world.start());
    expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: '5' });
  });
});

test.each([undefined, { generation: 1 }])(
  'a right that is missing is an answer without Retry-After, which does not say to try again (gone: %o)',
  async (gone) => {
    const world = await createAccessWorld();
    await get(world.start());
    world.gate.before = async (name) => {
      if (name === 'Encrypt' || name === 'Decrypt')
        throw new AwsCallError('kms:Decrypt', { name: 'AccessDeniedException', message: 'User: arn:x' });
    };
    const answer = read(await world.start().call(sessionRequest(gone && { gone })));
    expect(answer).toMatchObject({ status: 409, error: { code: 'AwsCallError' } });
    expect(answer.retryAfter).toBeUndefined();
    expect(answer.error?.message).toContain('AWS denied a call');
    expect(answer.error?.message).not.toMatch(/again|arn:/);
  },
);

describe('the address', () => {
  test.each<[string, Parameters<typeof sessionRequest>[0], number, string]>([
    ['another path', { path: '/fleet/session/token' }, 404, 'NotFound'],
    ['a slash at its end', { path: '/fleet/session/' }, 404, 'NotFound'],
    ['a query', { query: 'generation=1' }, 404, 'NotFound'],
    ['a credential that no file names', { credential: 'gone' }, 404, 'NotFound'],
    ['a POST', { method: 'POST' }, 405, 'MethodNotAllowed'],
    ['a GET of gone', { method: 'GET', gone: '' }, 405, 'MethodNotAllowed'],
    ['no body', { gone: '' }, 400, 'RequestRefused'],
    ['a body that is not JSON', { gone: 'generation=1' }, 400, 'RequestRefused'],
    ['a body without a generation', { gone: { refused: 'bearer' } }, 400, 'RequestRefused'],
    ['two users', { headers: { 'x-on-behalf-of': 'alice,bob' } }, 400, 'RequestRefused'],
    ['a caller that AWS does not name', { caller: 'shop' }, 403, 'CallerUnknown'],
  ])('answers %s in JSON', async (_, request, status, code) => {
    const world = await createAccessWorld();
    const answer = await world.start().call(sessionRequest(request));
    expect(read(answer)).toMatchObject({
      status,
      headers: { 'content-type': 'application/json' },
      error: { code },
    });
    expect(world.truth().logIns).toBe(0);
    expect(world.records()).toEqual([]);
  });

  test('throttles with the time until the next minute', async () => {
    const world = await createAccessWorld({ requestsPerMinute: 1 });
    const started = world.start();
    await get(started);
    const answer = await get(started);
    expect(answer).toMatchObject({ status: 429, error: { code: 'Throttled' } });
    const leftMs = MINUTE_MS - (world.clock.nowMs() % MINUTE_MS);
    expect(Math.abs(Number(answer.retryAfter) * 1_000 - leftMs)).toBeLessThanOrEqual(1_000);
  });
});

test('sends no SOAP request where the service calls ThingSpace over REST', async () => {
  const world = await createRestWorld();
  const answer = seenJson(await world.start().call(requestOf()));
  expect(answer).toMatchObject({ status: 400, code: 'RequestRefused' });
  expect(answer.message).toContain('over REST');
  expect(world.executed).toEqual([]);
  expect(world.truth().logIns).toBe(0);
});

test.each(['soap', 'rest'] as const)(
  'writes no token, no bearer and no password over %s',
  async (transport) => {
    const world = transport === 'rest' ? await createRestWorld() : await createAccessWorld();
    const started = world.start();
    const { body } = await get(started);
    const bearer = body?.headers.Authorization?.replace('Bearer ', '') ?? APPLICATION.apiSecret;
    await started.call(gone(1));
    await started.call(gone(1, { refused: 'bearer' }));
    await started.call(sessionRequest({ gone: `{"generation": "${body?.token}"` }));
    await started.call(sessionRequest({ path: `/fleet/session/${body?.token}` }));
    await started.call(sessionRequest({ headers: { 'x-on-behalf-of': `arn:${body?.token}` } }));
    world.plan.decide = ({ name }) => (name === 'PutItem (record)' ? 'failed-before' : 'ok');
    await get(started);
    const written = everythingWritten(world);
    const { tokens, passwords } = world.truth();
    for (const secret of [...tokens, ...passwords, bearer]) expect(written).not.toContain(secret);
    expect(tokens.length).toBeGreaterThan(0);
  },
);

test('answers an unforeseen error by its kind alone', async () => {
  const world = await createAccessWorld();
  const started = world.start();
  const { body } = await get(started);
  const failing = async (): Promise<never> => {
    throw new TypeError(`it quotes ${body?.token}`);
  };
  const session = started.services.sessionOf('fleet');
  started.services.sessionOf = () => session && { ...session, handOut: failing };
  const answer = read(await started.call(sessionRequest()));
  expect(answer).toMatchObject({ status: 500, error: { code: 'UnexpectedError' } });
  expect(JSON.stringify([answer, everythingWritten(world)])).not.toContain(body?.token);
});
