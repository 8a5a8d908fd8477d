import { describe, expect, test } from 'vitest';
import { APPLICATION } from '../../session/rest-client.ts';
import { FIRST_PASSWORD } from '../../world/world.ts';
import {
  ACCOUNT,
  answeredJson,
  createAccessWorld,
  DEVICE,
  PORTAL,
  restRequestOf,
  seenJson,
  VIEWER,
} from '../access-world.ts';

const LIST = '/m2m/v1/devices/actions/list';
const SUSPEND = '/m2m/v1/devices/actions/suspend';
const LISTED = { devices: [{ deviceIds: [{ kind: 'ICCID', id: DEVICE }] }] };
const createRestWorld = (options: Parameters<typeof createAccessWorld>[0] = {}) =>
  createAccessWorld({ ...options, transport: 'rest' });
const ruleOf = (...operations: string[]) => ({
  rules: [
    { name: 'ops', principals: [`arn:aws:iam::${ACCOUNT}:role/operations`], credentials: ['*'], operations },
  ],
  speakers: [],
});

describe('a request over REST', () => {
  test('is sent with the session of the function, byte for byte, and recorded before', async () => {
    const world = await createRestWorld();
    const body = ` {"devices":[{"deviceIds":[{"kind":"ICCID","id":"${DEVICE}"}]}],\r\n"a":"\\u00e9"}`;
    const answer = seenJson(await world.start().call(restRequestOf(SUSPEND, { body })));
    expect(answer).toMatchObject({ status: 200, body: { requestId: '7d' } });
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(world.executed).toEqual([{ operation: 'POST /devices/actions/suspend', source: body }]);
    expect([...world.tokens]).toEqual(world.truth().tokens);
    expect(world.records()).toMatchObject([
      {
        operation: `POST ${SUSPEND}`,
        service: 'devices',
        devices: [{ kind: 'ICCID', identifier: DEVICE }],
        outcome: 'done',
        rule: 'operations',
      },
    ]);
  });

  test('goes to version 2 beside version 1', async () => {
    const world = await createRestWorld();
    await world.start().call(restRequestOf('/m2m/v2/devices/actions/list', { body: {} }));
    expect(world.executed).toMatchObject([{ operation: 'POST /../v2/devices/actions/list' }]);
  });

  test('goes to no address of version 2 beside one that is not known to be of version 1', async () => {
    for (const baseUrl of ['https://proxy.example.com/vz', 'https://proxy.example.com/api/v2']) {
      const world = await createRestWorld({ baseUrl });
      const started = world.start();
      const answer = await started.call(restRequestOf('/m2m/v2/devices/actions/list', { body: {} }));
      expect(seenJson(answer)).toMatchObject({ status: 400, code: 'RequestRefused' });
      expect(world.executed).toEqual([]);
      expect(seenJson(await started.call(restRequestOf(LIST, { body: {} }))).status).toBe(200);
    }
  });

  test.each<[string, string, Parameters<typeof restRequestOf>[1]?]>([
    ['a log-in', '/m2m/v1/session/login', { body: { username: 'a', password: 'b' } }],
    ['a log-out', '/m2m/v1/session/logout'],
    ['a reset', '/m2m/v1/session/password/actions/reset', { method: 'PUT', body: { oldPassword: 'a' } }],
    ['a log-in in other letters', '/m2m/v1/Session/Login', { body: {} }],
    ['another call about sessions', '/m2m/v1/session/renew', { body: {} }],
    ['a password elsewhere', '/m2m/v1/users/passwords/actions/new', { body: {} }],
    ['a bearer', '/m2m/v1/oauth2/token', { body: {} }],
  ])('never passes on %s, and is recorded', async (_, path, options) => {
    const world = await createRestWorld({ policy: { ...ruleOf('*'), observeOnly: true } });
    const answer = seenJson(await world.start().call(restRequestOf(path, options)));
    expect(answer).toMatchObject({ status: 403, code: 'AccessDenied', rule: 'never-forwarded' });
    expect(world.executed).toEqual([]);
    expect(world.records()).toMatchObject([{ outcome: 'denied', rule: 'never-forwarded' }]);
  });

  test.each([
    ['/ts/v1/oauth2/token', {}],
    [LIST, { query: 'accountName=1' }],
    ['/m2m/v1/devices/../session/login', {}],
  ])('is refused at %s with %j', async (path, options) => {
    const world = await createRestWorld();
    const answer = seenJson(await world.start().call(restRequestOf(path, { body: {}, ...options })));
    expect(answer).toMatchObject({ status: 400, code: 'RequestRefused' });
    expect([world.executed, world.records()]).toEqual([[], []]);
  });

  test.each<[string, Parameters<typeof restRequestOf>[1]]>([
    ['a session of its own', { body: LISTED, headers: { 'vz-m2m-token': 'mine' } }],
    ['another method', { body: LISTED, headers: { 'x-http-method-override': 'GET' } }],
    ['a member twice', { body: '{"groupName":"East","GROUPNAME":"West"}' }],
  ])('is an attempt when it brings %s', async (_, options) => {
    const world = await createRestWorld();
    const answer = seenJson(await world.start().call(restRequestOf(SUSPEND, options)));
    expect(answer).toMatchObject({ status: 403, code: 'AccessDenied', rule: 'contradiction' });
    expect(world.records()).toMatchObject([{ outcome: 'denied', rule: 'contradiction' }]);
    expect([world.executed, world.counted]).toEqual([[], ['AccessDenied']]);
  });

  test('is denied before its body is read, and the record keeps what it names', async () => {
    const world = await createRestWorld();
    const started = world.start();
    const denied = await started.call(restRequestOf(SUSPEND, { caller: VIEWER, body: LISTED }));
    const unread = await started.call(restRequestOf(SUSPEND, { caller: PORTAL, body: '{' }));
    for (const answer of [denied, unread]) {
      expect(seenJson(answer)).toMatchObject({
        status: 403,
        code: 'AccessDenied',
        rule: 'denied-by-default',
      });
    }
    expect(world.records()).toMatchObject([
      { outcome: 'denied', devices: [{ identifier: DEVICE }], deviceCount: 1 },
      { outcome: 'denied', devices: [] },
    ]);
  });

  test.each<[string[], string, string, number]>([
    [['reads'], 'POST', LIST, 200],
    [['reads'], 'POST', SUSPEND, 403],
    [['reads'], 'GET', '/m2m/v1/callbacks/0342', 403],
    [['POST /m2m/v1/devices/actions/suspend'], 'POST', SUSPEND, 200],
    [['POST /m2m/v1/devices/actions/*'], 'POST', '/m2m/v1/devices/actions/deactivate', 403],
    [['POST /m2m/v1/devices/actions/deactivate'], 'POST', '/m2m/v1/devices/actions/deactivate', 200],
    [['PUT /m2m/v1/devices/actions/*'], 'PUT', '/m2m/v1/devices/actions/gotostate', 403],
    [['PUT /m2m/v1/devices/actions/gotostate'], 'PUT', '/m2m/v1/devices/actions/gotostate', 200],
    [['PUT /m2m/v1/devices/actions/*'], 'PUT', '/m2m/v1/devices/actions/plan', 200],
    [['GET /m2m/v1/callbacks/{accountName}'], 'GET', '/m2m/v1/callbacks/0342', 200],
    [['Get*', 'ChangeDeviceState'], 'POST', SUSPEND, 403],
  ])('by a rule for %j, %s %s has the status %i', async (operations, method, path, status) => {
    const world = await createRestWorld({ policy: ruleOf(...operations) });
    const body = method === 'GET' ? undefined : LISTED;
    expect(seenJson(await world.start().call(restRequestOf(path, { method, body }))).status).toBe(status);
  });

  test('is given by the accounts of a rule where they restrict it', async () => {
    const [rule] = ruleOf('*').rules;
    const world = await createRestWorld({
      policy: { rules: [{ ...rule, accounts: ['0342'] }] as never, speakers: [] },
    });
    const started = world.start();
    const statusOf = async (path: string, body?: object, method = 'POST') =>
      seenJson(await started.call(restRequestOf(path, { method, body }))).status;
    expect(await statusOf(LIST, { accountName: '0342' })).toBe(200);
    expect(await statusOf('/m2m/v1/plans/0342', undefined, 'GET')).toBe(200);
    expect(await statusOf(LIST, { accountName: '0999' })).toBe(403);
    expect(await statusOf(LIST, {})).toBe(403);
    expect(await statusOf(SUSPEND, { accountName: '0342', ...LISTED })).toBe(403);
    expect(await statusOf('/m2m/v1/devices/actions/move', { accountName: '0342' }, 'PUT')).toBe(403);
    expect(await statusOf('/m2m/v1/plans/0999', undefined, 'GET')).toBe(403);
  });
});

describe('an answer over REST', () => {
  test.each<[number, unknown, string, string?]>([
    [200, { requestId: 'a' }, 'done'],
    [200, [], 'done'],
    [200, { code: null }, 'done'],
    [200, { errorCode: 'X' }, 'unknown', 'HTTP 200'],
    [200, { fault: { code: '900901' } }, 'unknown', 'HTTP 200'],
    [200, '{"requestId":', 'unknown', 'HTTP 200'],
    [200, '{"a":1}{"a":2}', 'unknown', 'HTTP 200'],
    [200, '<html></html>', 'unknown', 'HTTP 200'],
    [201, { requestId: 'a' }, 'unknown', 'HTTP 201'],
    [307, {}, 'unknown', 'HTTP 307'],
    [400, { errorCode: 'REQUEST_FAILED.AccountNotFound' }, 'refused', 'REQUEST_FAILED.AccountNotFound'],
    [400, { errorCode: 'A', fault: { code: '1' } }, 'unknown', 'HTTP 400'],
    [403, { errorCode: 'A' }, 'unknown', 'HTTP 403'],
    [429, { fault: { code: '900800' } }, 'unknown', 'Gateway.900800'],
    [503, { fault: { code: '101504' } }, 'unknown', 'HTTP 503'],
    [502, '<html></html>', 'unknown', 'HTTP 502'],
  ])('with %i and %j is returned, and recorded as %s', async (status, body, outcome, code) => {
    const world = await createRestWorld();
    const sent = answeredJson(status, body);
    world.link.spoil = () => sent;
    const answer = await world.start().call(restRequestOf(SUSPEND, { body: LISTED }));
    expect(answer).toMatchObject({ statusCode: status, body: sent.body.toString('base64') });
    expect(world.records()).toMatchObject([{ outcome, sends: 1, ...(code === undefined ? {} : { code }) }]);
  });

  test('is not the caller’s when it says that the session is gone: another one is used', async () => {
    const world = await createRestWorld();
    const started = world.start();
    await started.call(restRequestOf(SUSPEND, { body: LISTED }));
    world.clock.advance(30 * 60_000);
    world.link.spoil = undefined;
    const answer = seenJson(await started.call(restRequestOf(SUSPEND, { body: LISTED })));
    expect(answer.status).toBe(200);
    expect(world.truth()).toMatchObject({ logIns: 2, failures: 0 });
  });

  test('leads to another bearer, without a log-in, when it refuses the bearer', async () => {
    const world = await createRestWorld();
    const started = world.start();
    await started.call(restRequestOf(SUSPEND, { body: LISTED }));
    world.rest.bearers.revoke(APPLICATION.apiKey);
    const answer = seenJson(await started.call(restRequestOf(SUSPEND, { body: LISTED })));
    expect(answer.status).toBe(200);
    expect(world.truth().logIns).toBe(1);
    expect(world.records().map(({ outcome, sends }) => [outcome, sends])).toEqual([
      ['done', 1],
      ['done', 2],
    ]);
  });

  test.each(['token', 'bearer', 'key', 'secret', 'escaped token', 'Basic'])(
    'is withheld when it quotes the %s',
    async (what) => {
      const world = await createRestWorld();
      const started = world.start();
      const { apiKey, apiSecret } = APPLICATION;
      let quoted = '';
      const session = started.services.sessionOf('fleet');
      const { headers = {} } = (await session?.handOut()) ?? {};
      const token = headers['VZ-M2M-Token'] ?? '';
      const escaped = [...token]
        .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join('');
      const texts: Record<string, string> = {
        token: token.toUpperCase(),
        bearer: headers.Authorization?.replace('Bearer ', '') ?? '',
        key: apiKey,
        secret: apiSecret,
        'escaped token': escaped,
        Basic: Buffer.from(`${apiKey}:${apiSecret}`).toString('base64'),
      };
      quoted = texts[what] ?? '';
      world.link.spoil = () => answeredJson(400, `{"errorCode":"X.Y","errorMessage":"Bad ${quoted}"}`);
      const answer = seenJson(await started.call(restRequestOf(SUSPEND, { body: LISTED })));
      expect(answer).toMatchObject({ status: 409, code: 'AnswerWithheld' });
      expect(JSON.stringify([answer, world.records(), world.logged])).not.toContain(quoted);
    },
  );
});

describe('a refusal over REST', () => {
  test('is not of a status that clients repeat by themselves, where the request may have been sent', async () => {
    const world = await createRestWorld();
    world.plan.decide = ({ name }) => (name.startsWith('Send') ? 'response-lost' : 'ok');
    const answer = seenJson(await world.start().call(restRequestOf(SUSPEND, { body: LISTED })));
    expect(answer).toMatchObject({ status: 409, code: 'OutcomeUnknown' });
    expect(world.records()).toMatchObject([{ outcome: 'unknown' }]);
  });

  test('says when a repetition helps', async () => {
    const world = await createRestWorld({ requestsPerMinute: 1 });
    const started = world.start();
    await started.call(restRequestOf(LIST, { body: {} }));
    const throttled = seenJson(await started.call(restRequestOf(LIST, { body: {} })));
    expect(throttled).toMatchObject({ status: 429, code: 'Throttled' });
    expect(Number(throttled.headers?.['retry-after'])).toBeGreaterThan(0);
    const failing = await createRestWorld();
    failing.plan.decide = ({ name }) => (name === 'PutItem (record)' ? 'failed-before' : 'ok');
    const unrecorded = seenJson(await failing.start().call(restRequestOf(SUSPEND, { body: LISTED })));
    expect(unrecorded).toMatchObject({ status: 503, code: 'NotRecorded', headers: { 'retry-after': '5' } });
    expect(failing.executed).toEqual([]);
  });
});

test('writes no token, no bearer, no key and no password over REST', async () => {
  const world = await createRestWorld();
  const started = world.start();
  await started.call(restRequestOf(SUSPEND, { body: LISTED }));
  await started.call(
    restRequestOf('/m2m/v1/session/login', { body: { username: 'a', password: FIRST_PASSWORD } }),
  );
  await started.call(restRequestOf(SUSPEND, { body: `{"password":"${FIRST_PASSWORD}"` }));
  const written = JSON.stringify([[...world.items.values()], world.logged]);
  const { tokens, passwords } = world.truth();
  for (const secret of [...tokens, ...passwords, APPLICATION.apiKey, APPLICATION.apiSecret]) {
    expect(written).not.toContain(secret);
  }
});
