import { describe, expect, test } from 'vitest';
import { spokenByPerson } from '../../lambda/access/audit.ts';
import { personOf } from '../../lambda/access/person.ts';
import type { Policy } from '../../lambda/access/policy.ts';
import { ACCOUNT, changeOf, createAccessWorld, DEVICE, requestOf, seen } from './access-world.ts';

const session = (role: string, name: string) => `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`;
const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const OPS_ROLE = 'AWSReservedSSO_Ops_0123456789abcdef';
const ANN = session(OPS_ROLE, 'ann@example.com');
const BEN = session(OPS_ROLE, 'ben@example.com');

describe('the person of a session', () => {
  test.each<[string, string | undefined]>([
    [ANN, 'ann@example.com'],
    [session(OPS_ROLE, 'a'.repeat(63)), 'a'.repeat(63)],
    [session(OPS_ROLE, 'a'.repeat(64)), undefined],
    [session(OPS_ROLE, 'a/ann@example.com'), undefined],
    [session('operations', 'ann@example.com'), undefined],
    [session('My_AWSReservedSSO_Ops', 'ann@example.com'), undefined],
    [role(`aws-reserved/sso.amazonaws.com/${OPS_ROLE}`), undefined],
    [`arn:aws:iam::${ACCOUNT}:user/ann@example.com`, undefined],
  ])('is read from %s as %s', (callerArn, person) => {
    expect(personOf({}, callerArn)).toBe(person);
  });

  test('is named by the roles of the setting alone, where there is one', () => {
    const trusted = { personsBySessionName: [role('people/staff')] };
    expect(personOf(trusted, session('staff', 'ann@example.com'))).toBe('ann@example.com');
    expect(personOf(trusted, session('staffing', 'ann@example.com'))).toBeUndefined();
    expect(personOf(trusted, ANN)).toBeUndefined();
    expect(personOf({ personsBySessionName: [] }, ANN)).toBeUndefined();
  });
});

describe('a rule for persons', () => {
  const principals = [role(`aws-reserved/sso.amazonaws.com/${OPS_ROLE}`), role('operations')];
  const policy: Policy = {
    rules: [
      { name: 'all-look', principals, credentials: ['*'], operations: ['Get*'] },
      {
        name: 'ann-changes',
        ...{ principals, credentials: ['*'], operations: ['ChangeDevice*'] },
        persons: ['ann@*'],
      },
    ],
    speakers: [role(OPS_ROLE)],
  };

  test('tells two persons of one permission set apart, and the record names each', async () => {
    const world = await createAccessWorld({ policy });
    const { call } = world.start();
    expect(seen(await call(requestOf({ ...changeOf(DEVICE), caller: ANN }))).status).toBe(200);
    const denied = seen(await call(requestOf({ ...changeOf(DEVICE), caller: BEN })));
    expect(denied).toMatchObject({ code: 'AccessDenied', rule: 'denied-by-default' });
    expect(denied.message).toContain('no rule lets ben@example.com (through arn:aws:iam:');
    expect(world.records()).toMatchObject([
      { caller: ANN, person: 'ann@example.com', rule: 'ann-changes', outcome: 'done' },
      { caller: BEN, person: 'ben@example.com', outcome: 'denied' },
    ]);
    expect(world.pointers(spokenByPerson('ann@example.com'))).toEqual([]);
  });

  test.each([session('operations', 'ann@example.com'), session('operations', 'ann@x')])(
    'is not for a role whose callers name their sessions themselves: %s',
    async (caller) => {
      const world = await createAccessWorld({ policy });
      const answer = await world.start().call(requestOf({ ...changeOf(DEVICE), caller }));
      expect(seen(answer)).toMatchObject({ code: 'AccessDenied', rule: 'denied-by-default' });
      expect(world.records()[0]).not.toHaveProperty('person');
    },
  );

  test('is about the caller, whomever the caller names as user', async () => {
    const world = await createAccessWorld({ policy });
    const { call } = world.start();
    const headers = { 'x-on-behalf-of': 'ann@example.com' };
    expect(seen(await call(requestOf({ ...changeOf(DEVICE), caller: BEN, headers }))).code).toBe(
      'AccessDenied',
    );
    expect(
      seen(await call(requestOf({ ...changeOf(DEVICE), caller: ANN, headers: { 'x-on-behalf-of': 'zoe' } })))
        .status,
    ).toBe(200);
    expect(world.records()).toMatchObject([
      { person: 'ben@example.com', user: 'ann@example.com', outcome: 'denied' },
      { person: 'ann@example.com', user: 'zoe', outcome: 'done' },
    ]);
    expect(world.pointers(spokenByPerson('Ann@example.com'))).toHaveLength(1);
  });
});
