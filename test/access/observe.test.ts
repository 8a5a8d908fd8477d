import { describe, expect, test } from 'vitest';
import type { Policy } from '../../lambda/access/policy.ts';
import {
  ACCOUNT,
  changeOf,
  createAccessWorld,
  DEVICE,
  OPS,
  POLICY,
  read,
  requestOf,
  seen,
  sessionRequest,
  VIEWER,
} from './access-world.ts';
import { V2 } from './arbitrary-envelope.ts';

const OBSERVED: Policy = { ...POLICY, observeOnly: true };
const STRANGER = `arn:aws:iam::${ACCOUNT}:user/stranger`;

describe('a policy that is only observed', () => {
  test('lets a request pass that no rule allows, and records the rule that would deny it', async () => {
    const world = await createAccessWorld({ policy: OBSERVED });
    const { call } = world.start();
    expect(seen(await call(requestOf({ ...changeOf(DEVICE), caller: STRANGER }))).status).toBe(200);
    expect(seen(await call(requestOf({ ...changeOf(DEVICE), caller: OPS }))).status).toBe(200);
    expect(world.records()).toMatchObject([
      { caller: STRANGER, rule: 'denied-by-default', observed: true, outcome: 'done' },
      { caller: OPS, rule: 'operations', outcome: 'done' },
    ]);
    expect(world.records()[1]).not.toHaveProperty('observed');
    expect(world.counted).toEqual([]);
  });

  test('lets a caller pass that may not speak for others, and records no user', async () => {
    const world = await createAccessWorld({ policy: OBSERVED });
    const headers = { 'x-on-behalf-of': 'alice@example.com' };
    expect(seen(await world.start().call(requestOf({ caller: VIEWER, headers }))).status).toBe(200);
    const [record] = world.records();
    expect(record).toMatchObject({ rule: 'speaks-for-others', observed: true, outcome: 'sent' });
    expect(record?.user).toBeUndefined();
  });

  test('lets a caller pass whose token proves no user, and records no user', async () => {
    const userTokens = {
      ...{ speakers: [`arn:aws:iam::${ACCOUNT}:user/people/*`], issuer: 'i', audience: 'a' },
      ...{ userClaim: 'sub', keys: { keys: [] } },
    };
    const world = await createAccessWorld({ policy: { ...OBSERVED, userTokens } });
    const headers = { 'x-on-behalf-of-token': 'e30.e30.e30' };
    expect(seen(await world.start().call(requestOf({ caller: VIEWER, headers }))).status).toBe(200);
    expect(world.records()).toMatchObject([{ rule: 'token-rejected', observed: true, outcome: 'sent' }]);
    expect(world.records()[0]?.user).toBeUndefined();
  });

  test.each(['RegisterCallback', 'GetCallbackRegistrations'])(
    'denies %s, which goes by name',
    async (operation) => {
      const world = await createAccessWorld({ policy: OBSERVED });
      const answer = seen(await world.start().call(requestOf({ caller: STRANGER, operation })));
      expect(answer).toMatchObject({ code: 'AccessDenied', rule: 'denied-by-default' });
      expect(world.records()[0]).toMatchObject({ outcome: 'denied' });
      expect(world.records()[0]).not.toHaveProperty('observed');
    },
  );

  test('hands the session out by its rule alone', async () => {
    const world = await createAccessWorld({ policy: OBSERVED });
    const { call } = world.start();
    expect(read(await call(sessionRequest({ caller: STRANGER }))).status).toBe(403);
    expect(read(await call(sessionRequest({ caller: STRANGER, gone: { generation: 1 } }))).status).toBe(403);
    expect(read(await call(sessionRequest())).status).toBe(200);
  });

  test.each([
    ['SessionService', 'LogIn', {}],
    ['AccountService', 'GetNewPassword', {}],
    ['SessionService', 'LogIn', { 'x-on-behalf-of': 'alice@example.com' }],
    ['AccountService', 'GetNewPassword', { 'x-on-behalf-of': 'alice@example.com' }],
  ])('denies %s/%s whatever else would deny it (%j)', async (service, operation, headers) => {
    const world = await createAccessWorld({ policy: OBSERVED });
    const answer = seen(await world.start().call(requestOf({ caller: VIEWER, service, operation, headers })));
    expect(answer.code).toBe('AccessDenied');
    expect(world.executed).toEqual([]);
    expect(world.counted).toEqual(['AccessDenied']);
  });

  test('denies a contradiction, and does not record it as let pass', async () => {
    const world = await createAccessWorld({ policy: OBSERVED });
    const headers = { soapaction: `"${V2}/IDeviceService/GetDeviceInformation"` };
    const answer = seen(await world.start().call(requestOf({ caller: STRANGER, headers })));
    expect(answer).toMatchObject({ code: 'AccessDenied', rule: 'contradiction' });
    expect(world.records()).toMatchObject([{ rule: 'contradiction', outcome: 'denied' }]);
    expect(world.records()[0]?.observed).toBeUndefined();
  });
});

test('denies by the policy where it does not say that it is only observed', async () => {
  for (const observeOnly of [undefined, false]) {
    const world = await createAccessWorld({ policy: { ...POLICY, observeOnly } });
    expect(seen(await world.start().call(requestOf({ caller: STRANGER }))).code).toBe('AccessDenied');
  }
});
