import { describe, expect, test } from 'vitest';
import { accessMay } from '../../cli/access-may.ts';
import { NotWellError, UsageError } from '../../cli/errors.ts';
import type { Options } from '../../cli/options.ts';
import { decide } from '../../lambda/access/policy.ts';
import { OPERATIONS } from '../../lambda/access/rest/operations.ts';
import { readRequest } from '../../lambda/access/rest/request.ts';
import { POLICY, PORTAL } from '../access/access-world.ts';

const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const FILE = JSON.stringify({ policy: POLICY, secrets: {}, retentionDays: 1, requestsPerMinute: 1 });
const CHANGE = { credential: 'fleet', operation: 'ChangeDeviceCustomFields' };

function ask(options: Options, file = FILE) {
  const said: string[] = [];
  try {
    accessMay({ say: (text) => void said.push(text) }, file, options);
  } catch (failure) {
    if (!(failure instanceof NotWellError)) throw failure;
    return { denied: true, text: said.join('\n') };
  }
  return { denied: false, text: said.join('\n') };
}

const OPS_RULE = { principals: [role('operations')], credentials: ['*'], operations: ['reads', '*'] };
const CONDITIONS = [
  { name: 'east', accounts: ['0342-1'], groups: ['East'] },
  { name: 'account', accounts: ['0342-1'] },
  { name: 'group', groups: ['East'] },
  { name: 'lists', operations: ['POST /m2m/v1/devices/actions/list'] },
];
type Names = { account?: string[]; group?: string[]; device?: string[] };
const SELECTORS: Names[] = [
  {},
  ...[{ account: ['0342-1'] }, { account: ['0777-1'] }, { group: ['East'] }, { group: ['West'] }],
  ...[
    { account: ['0342-1'], group: ['East'] },
    { account: ['0777-1'], group: ['East'] },
  ],
  ...[{ device: ['8914'] }, { account: ['0342-1'], device: ['8914'] }],
];

/** Returns the request that names these in its path, or else in its body; undefined where it has no place for one. */
function sentAs(name: string, { account, group, device }: Names) {
  const [method = '', template = ''] = name.split(' ');
  const inPath: Record<string, string | undefined> = { accountName: account?.[0], groupName: group?.[0] };
  const path = template.replace(/\{(\w+)\}/g, (_, parameter) =>
    parameter in inPath ? (inPath[parameter] ?? '') : 'x',
  );
  if (path.includes('//') || path.endsWith('/')) return undefined;
  const body = {
    ...(account && !template.includes('{accountName}') ? { accountName: account[0] } : {}),
    ...(group && !template.includes('{groupName}') ? { groupName: group[0] } : {}),
    ...(device ? { devices: [{ deviceIds: device.map((id) => ({ id, kind: 'ICCID' })) }] } : {}),
  };
  const text = Object.keys(body).length === 0 ? '' : JSON.stringify(body);
  if (method === 'GET' && text !== '') return undefined;
  return { method, path, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) };
}

const pick = ({ allowed, rule }: { allowed: boolean; rule: string }) => ({ allowed, rule });

describe('the command access-may', () => {
  test('names the rule that allows a request, for a role and for one of its sessions', () => {
    for (const as of [role('teams/operations'), 'arn:aws:sts::111122223333:assumed-role/operations/ann']) {
      const { denied, text } = ask({ ...CHANGE, as });
      expect(denied).toBe(false);
      expect(text).toMatch(/^Allowed by the rule operations\./);
    }
  });

  test('says of each rule that denies a request the part that it fails', () => {
    const { denied, text } = ask({ ...CHANGE, as: PORTAL, user: 'bob@example.com' });
    expect(denied).toBe(true);
    expect(text).toMatch(/^Denied \(denied-by-default\): no rule lets bob@example\.com \(through /);
    expect(text).toMatch(/operations +principals +arn:/);
    expect(text).toMatch(/portal-users +users +alice@example\.com/);
  });

  test('decides by the kind of a state change', () => {
    const alice = { as: PORTAL, user: 'alice@example.com', credential: 'fleet' };
    expect(ask({ ...alice, operation: 'ChangeDeviceState/Suspend' }).denied).toBe(false);
    const { denied, text } = ask({ ...alice, operation: 'ChangeDeviceState/Deactivate' });
    expect(denied).toBe(true);
    expect(text).toContain('call ChangeDeviceState/Deactivate with fleet');
    expect(text).toMatch(/portal-users +operations +ChangeDevice\*/);
  });

  test('decides for REST, by the name of an operation or by a request', () => {
    const operations = ['reads', 'POST /m2m/v1/devices/actions/*'];
    const rules = [{ ...POLICY.rules[0], operations, accounts: ['0342-*'] }];
    const file = JSON.stringify({ access: { rules } });
    const asked = { as: role('operations'), credential: 'fleet', account: ['0342-1'] };
    const deniedFor = (operation: string, more = {}) => ask({ ...asked, ...more, operation }, file).denied;
    expect(deniedFor('POST /m2m/v1/devices/actions/suspend')).toBe(false);
    expect(deniedFor('POST /m2m/v1/devices/actions/list')).toBe(false);
    expect(deniedFor('POST /m2m/v1/devices/actions/deactivate')).toBe(true);
    expect(deniedFor('GET /m2m/v1/plans/{accountName}')).toBe(false);
    expect(deniedFor('GET /m2m/v1/plans/0342-7', { account: [] })).toBe(false);
    expect(deniedFor('GET /m2m/v1/plans/0777-7', { account: [] })).toBe(true);
    expect(deniedFor('GET /m2m/v1/callbacks/{accountName}')).toBe(true);
    expect(ask({ ...asked, operation: 'POST /m2m/v1/session/login' }, file).text).toContain(
      'never-forwarded',
    );
    for (const operation of ['POST /m2m/v1/devices/*', 'POST /ts/v1/oauth2/token', 'PATCH /m2m/v1/sms']) {
      expect(() => ask({ ...asked, operation }, file)).toThrow('--operation');
    }
  });

  test('says of each operation of REST, in each selector, the same as the function', () => {
    const policy = { rules: CONDITIONS.map((more) => ({ ...OPS_RULE, ...more })), speakers: [] };
    const file = JSON.stringify({ access: { rules: policy.rules } });
    const asked = { principal: role('operations'), user: undefined, credential: 'fleet' };
    for (const name of OPERATIONS.keys()) {
      for (const names of SELECTORS) {
        const sent = sentAs(name, names);
        if (sent === undefined) continue;
        const { subjects, own, ...named } = readRequest(sent);
        const { allowed, rule } = decide(policy, {
          ...asked,
          ...named,
          content: { subjects, own, kind: '' },
        });
        const { device, ...selectors } = names;
        const options = { as: asked.principal, credential: 'fleet', operation: name, json: true };
        const { text } = ask({ ...options, ...selectors, ...(device ? { device } : {}) }, file);
        expect({ name, names, ...pick(JSON.parse(text)) }).toEqual({ name, names, allowed, rule });
      }
    }
  });

  test('decides by accounts, groups and devices', () => {
    const rules = POLICY.rules.map((rule) => ({ ...rule, accounts: ['0342-*'] }));
    const file = JSON.stringify({ access: { rules } });
    const asked = { ...CHANGE, as: role('operations') };
    expect(ask({ ...asked, account: ['0342-1'] }, file).denied).toBe(false);
    for (const options of [{}, { account: ['0777-1'] }, { account: ['0342-1'], device: ['8914'] }]) {
      const { denied, text } = ask({ ...asked, ...options }, file);
      expect(denied).toBe(true);
      expect(text).toMatch(/operations +accounts and groups +account 0342-\*/);
    }
  });

  test('decides by the person that the caller’s session names', () => {
    const persons = ['*@example.com'];
    const rules = [
      { ...POLICY.rules[0], principals: [role('operations'), role('AWSReservedSSO_Ops_*')], persons },
    ];
    const asked = {
      ...CHANGE,
      as: 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Ops_1/ann@example.com',
    };
    expect(ask(asked, JSON.stringify({ access: { rules } })).denied).toBe(false);
    for (const [as, personsBySessionName] of [
      [asked.as, []],
      [role('AWSReservedSSO_Ops_1'), undefined],
      ['arn:aws:sts::111122223333:assumed-role/operations/ann@example.com', undefined],
    ] as const) {
      const { denied, text } = ask(
        { ...asked, as },
        JSON.stringify({ access: { rules, personsBySessionName } }),
      );
      expect(denied).toBe(true);
      expect(text).toMatch(/operations +persons +\*@example\.com/);
    }
  });

  test('decides by the groups that a user’s token names', () => {
    const speakers = [role('portal')];
    const userTokens = { speakers, issuer: 'i', audience: 'a', keys: 'keys.json', groupsClaim: 'groups' };
    const rules = [{ ...POLICY.rules[2], users: ['*@example.com'], personGroups: ['editors'] }];
    const file = JSON.stringify({ access: { rules, userTokens } });
    const asked = { ...CHANGE, as: PORTAL, user: 'alice@example.com' };
    expect(ask({ ...asked, personGroup: ['staff', 'editors'] }, file).denied).toBe(false);
    for (const groups of [{}, { personGroup: ['staff'] }]) {
      expect(ask({ ...asked, ...groups }, file).text).toMatch(/portal-users +groups of persons +editors/);
    }
    for (const [options, text] of [
      [{ ...asked, as: role('operations') }, file],
      [asked, FILE],
      [{ ...CHANGE, as: PORTAL }, file],
    ] as const) {
      expect(() => ask({ ...options, personGroup: ['editors'] }, text)).toThrow('only tokens name groups');
    }
  });

  test('says that a denied request passes while the policy is only observed', () => {
    const file = JSON.stringify({ access: { ...POLICY, observeOnly: true } });
    const passes = 'The policy is only observed: the function lets the request pass';
    const stranger = { ...CHANGE, as: role('stranger') };
    expect(ask(stranger, file)).toEqual({ denied: true, text: expect.stringContaining(passes) });
    expect(ask({ ...stranger, user: 'alice' }, file).text).toContain(passes);
    for (const operation of ['GetSession', 'GetNewPassword']) {
      expect(ask({ ...stranger, operation }, file).text).not.toContain(passes);
    }
    expect(ask(stranger).text).not.toContain(passes);
  });

  test('decides by the service where one is named', () => {
    const rules = POLICY.rules.map((rule) => ({ ...rule, services: ['Device*'] }));
    const file = JSON.stringify({ access: { rules } });
    const asked = { ...CHANGE, as: role('operations') };
    const { denied, text } = ask(asked, file);
    expect(denied).toBe(false);
    expect(text).toMatch(/^Allowed by the rule operations for the services Device\* alone \(--service\)\./);
    expect(ask({ ...asked, service: 'DeviceService' }, file).text).toMatch(
      /^Allowed by the rule operations\./,
    );
    expect(ask({ ...asked, service: 'CarrierService' }, file).text).toMatch(/operations +services +Device\*/);
  });

  test.each([
    [{ as: role('operations'), operation: 'GetNewPassword' }, 'never-forwarded'],
    [{ as: role('operations'), operation: 'GetSession' }, 'denied-by-default'],
    [{ as: role('operations'), operation: 'GetDeviceList', user: 'alice' }, 'speaks-for-others'],
  ])('names the function’s own rule for %j', (options, rule) => {
    const { denied, text } = ask({ credential: 'fleet', ...options });
    expect(denied).toBe(true);
    expect(text).toContain(`Denied (${rule})`);
  });

  test('prints a document with --json, also for a denial', () => {
    const { text } = ask({ ...CHANGE, as: PORTAL, json: true });
    expect(JSON.parse(text)).toMatchObject({
      allowed: false,
      rule: 'denied-by-default',
      others: expect.arrayContaining([
        { rule: 'portal-users', fails: 'users', allows: ['alice@example.com'] },
      ]),
    });
  });

  test.each<[string, Options, string, string]>([
    ['no JSON', CHANGE, '{', 'in JSON'],
    ['a file without a policy', CHANGE, '{"stackName": "Ours"}', 'has no policy'],
    ['a pattern of operations', { ...CHANGE, operation: 'Get*' }, FILE, 'no pattern'],
    ['a kind of another operation', { ...CHANGE, operation: 'MoveDevice/Suspend' }, FILE, 'no pattern'],
    [
      'a state change without its kind',
      { ...CHANGE, operation: 'ChangeDeviceState' },
      FILE,
      'the kind as well',
    ],
    [
      'a kind that does not exist',
      { ...CHANGE, operation: 'ChangeDeviceState/End' },
      FILE,
      'the kind as well',
    ],
  ])('rejects %s in one sentence', (_, options, file, words) => {
    expect(() => ask({ as: PORTAL, ...options }, file)).toThrow(UsageError);
    expect(() => ask({ as: PORTAL, ...options }, file)).toThrow(words);
  });
});
