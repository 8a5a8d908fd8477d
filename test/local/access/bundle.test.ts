import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRecords } from '../../../cli/access-records.ts';
import { bundleAccess, bundleRotation } from '../../../infra/bundle.ts';
import { callAccess, changeOf, deviceList } from '../../../local/access/client.ts';
import { type LocalAccess, startAccess } from '../../../local/access/start.ts';
import { accessScenario } from '../../../local/scenarios/access.ts';
import { play } from '../../../local/scenarios/scenario.ts';
import { startWorld, type World } from '../../../local/world.ts';

let world: World;
let access: LocalAccess;

beforeAll(async () => {
  await Promise.all([bundleRotation(), bundleAccess()]);
  world = await startWorld();
  access = await startAccess(world, { requestsPerMinute: 8 });
  // Two builds, on a machine that may be busy.
}, 120_000);
afterAll(async () => {
  await access.close();
  await world.close();
});

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
  expect(reply.faultcode).toBe('a:ThingSpaceAccess.RequestRefused');
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
  expect(reply.faultcode).toBe('a:ThingSpaceAccess.NotRecorded');
  expect(world.devices.events).toEqual([]);
});

test('records a lost answer as unknown, and does not send its request again', async () => {
  world.gateway.decide = ({ operation }) =>
    operation === 'ChangeDeviceCustomFields' ? 'response-lost' : 'ok';
  const [device] = world.devices.devices;
  const reply = await callAccess(access.url, access.principals.ann, changeOf(device?.iccid ?? '', 'once'));
  world.gateway.decide = () => 'ok';
  expect(reply.faultcode).toBe('a:ThingSpaceAccess.OutcomeUnknown');
  expect(world.devices.events).toHaveLength(1);
  const { records } = await everything();
  expect(records.map(({ outcome }) => outcome)).toEqual(['unknown']);
});

test('renews a session that expired between calls', async () => {
  world.clock.advance(30 * 60_000);
  expect((await callAccess(access.url, access.principals.ann, deviceList)).status).toBe(200);
});

test('throttles a caller across all instances by their shared table', async () => {
  // Eight a minute: of seventeen at least one is too many, also where a minute begins meanwhile.
  const codes = [];
  for (let n = 0; n < 17; n += 1) {
    codes.push((await callAccess(access.url, access.principals.vic, deviceList)).faultcode);
  }
  expect(codes.slice(0, 8)).toEqual(Array(8).fill(undefined));
  expect(new Set(codes)).toEqual(new Set([undefined, 'a:ThingSpaceAccess.Throttled']));
});
