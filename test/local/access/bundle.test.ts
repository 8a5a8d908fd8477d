import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRecords } from '../../../cli/access-records.ts';
import { curl } from '../../../local/access/apps.ts';
import { CALLS, callAccess, callSession, changeOf, deviceList } from '../../../local/access/client.ts';
import { CREDENTIAL, type LocalAccess, startAccess } from '../../../local/access/start.ts';
import { findSecret } from '../../../local/explorer/find-secret.ts';
import { listDevices } from '../../../local/fleet/rest.ts';
import { accessScenario } from '../../../local/scenarios/access.ts';
import { play } from '../../../local/scenarios/scenario.ts';
import { startWorld, type World } from '../../../local/world.ts';
import { built } from '../../built.ts';

let world: World;
let access: LocalAccess;

beforeAll(async () => {
  await built('rotation', 'access');
  world = await startWorld();
  access = await startAccess(world, { requestsPerMinute: 8 });
  // Two builds, on a machine that may be busy.
}, 120_000);
afterAll(async () => {
  await access.close();
  await world.close();
});

const hasCurl = spawnSync('curl', ['--version']).status === 0;

const everything = async () => {
  const nowMs = Date.now();
  return findRecords(access.reader, { sinceMs: nowMs - 60 * 60_000, untilMs: nowMs });
};

test('serves two users of different rights and an app’s own users during a rotation', async () => {
  const another = await startWorld();
  try {
    const shown: string[] = [];
    const { checks } = await play(accessScenario, another, undefined, (text) => shown.push(text));
    expect(checks.filter(({ held }) => !held)).toEqual([]);
    expect(shown.join()).toContain('alice@example.com');
  } finally {
    await another.close();
  }
});

test('counts the first request of a process once, while the rest of its code is loaded', async () => {
  const before = world.gateway.calls.length;
  const refused = { service: 'No-Service', operation: 'Get', input: '' };
  const reply = await callAccess(access.url, access.principals.ann, refused);
  expect(reply.code).toBe('ThingSpaceAccess.RequestRefused');
  const calls = world.gateway.calls.slice(before).map(({ operation }) => operation);
  expect(calls).toEqual(['UpdateItem']);
});

test('denies a direct Invoke by the bundle as well', async () => {
  expect(await access.invoke({ rawPath: '/fleet/DeviceService.svc' })).toMatchObject({
    ok: true,
    value: { statusCode: 500, body: expect.any(String) },
  });
  expect(world.devices.events).toEqual([]);
});

test('sends no request without DynamoDB', async () => {
  world.gateway.decide = ({ service, operation }) =>
    service === 'dynamodb' && operation === 'PutItem' ? 'denied' : 'ok';
  const reply = await callAccess(access.url, access.principals.ann, deviceList);
  world.gateway.decide = () => 'ok';
  expect(reply.code).toBe('ThingSpaceAccess.NotRecorded');
  expect(world.devices.events).toEqual([]);
});

test('records a lost answer as unknown, and does not send its request again', async () => {
  world.gateway.decide = ({ operation }) =>
    operation === 'ChangeDeviceCustomFields' ? 'response-lost' : 'ok';
  const [device] = world.devices.devices;
  const reply = await callAccess(access.url, access.principals.ann, changeOf(device?.iccid ?? '', 'once'));
  world.gateway.decide = () => 'ok';
  expect(reply.code).toBe('ThingSpaceAccess.OutcomeUnknown');
  expect(world.devices.events).toHaveLength(1);
  const { records } = await everything();
  expect(records.map(({ outcome }) => outcome)).toEqual(['unknown']);
});

test('renews a session that expired between calls', async () => {
  world.clock.advance(30 * 60_000);
  expect((await callAccess(access.url, access.principals.ann, deviceList)).status).toBe(200);
});

test('hands the session out with its record, and no session without one', async () => {
  const { shop } = access.principals;
  const { status, document } = await callSession(access.url, shop);
  expect(status).toBe(200);
  expect(world.platform.truth(world.username).tokens).toContain(document.token);
  const handedOut = (await everything()).records.filter(({ outcome }) => outcome === 'handed-out');
  expect(handedOut).toMatchObject([{ operation: 'GetSession', generation: document.generation }]);
  world.gateway.decide = ({ service, operation }) =>
    service === 'dynamodb' && operation === 'PutItem' ? 'denied' : 'ok';
  const refused = await callSession(access.url, shop);
  world.gateway.decide = () => 'ok';
  expect(refused).toMatchObject({ status: 503, error: { code: 'NotRecorded' } });
});

test('a new process hands the live session out while Secrets Manager is away', async () => {
  const { shop } = access.principals;
  await access.kill();
  world.gateway.decide = ({ service }) => (service === 'secretsmanager' ? 'request-lost' : 'ok');
  const { status, document } = await callSession(access.url, shop);
  world.gateway.decide = () => 'ok';
  expect(status).toBe(200);
  expect(world.platform.truth(world.username).tokens.at(-1)).toBe(document.token);
});

test.runIf(hasCurl)('answers the line with curl, signed with temporary credentials', async () => {
  const { region } = world.aws;
  const { shop } = access.principals;
  const door = { url: access.url, credential: CREDENTIAL, region, principal: shop };
  const { status, body } = await curl(door, '');
  expect(status).toBe(200);
  const { token } = JSON.parse(body);
  expect(world.platform.truth(world.username).tokens).toContain(token);
  const { sessionToken: _, ...keysAlone } = shop;
  expect((await curl({ ...door, principal: keysAlone }, '')).status).toBe(403);
});

test('forwards REST, hands out its session with the bearer, and answers SOAP in a sentence', async () => {
  const another = await startWorld({ transport: 'rest' });
  const door = await startAccess(another);
  try {
    const { shop, ann } = door.principals;
    const { document } = await callSession(door.url, shop);
    const { baseUrl = '', headers } = document;
    expect((await listDevices({ baseUrl }, headers ?? {})).status).toBe(200);
    const list = await callAccess(door.url, ann, CALLS.rest.list);
    expect(list).toMatchObject({ status: 200, code: undefined });
    expect(list.text).toContain(another.devices.devices[0]?.iccid);
    const soap = await callAccess(door.url, ann, deviceList);
    expect(soap.code).toBe('ThingSpaceAccess.RequestRefused');
    const bearer = headers?.Authorization?.replace('Bearer ', '') as string;
    const written = [...door.lines, JSON.stringify(await another.aws.dynamodb.items(door.tableName))].join();
    for (const secret of [bearer, document.token as string]) expect(findSecret(written, secret)).toEqual([]);
  } finally {
    await door.close();
    await another.close();
  }
});

test('throttles a caller across all instances by their shared table', async () => {
  // Eight a minute: of seventeen at least one is too many, also where a minute begins meanwhile.
  const codes = [];
  for (let n = 0; n < 17; n += 1) {
    codes.push((await callAccess(access.url, access.principals.vic, deviceList)).code);
  }
  expect(codes.slice(0, 8)).toEqual(Array(8).fill(undefined));
  expect(new Set(codes)).toEqual(new Set([undefined, 'ThingSpaceAccess.Throttled']));
});
