import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  GET_SESSION,
  looksLikeByName,
  matchesOperation,
  SESSION_SERVICE,
} from '../../lambda/access/by-name.ts';
import { givesOperation } from '../../lambda/access/operation-patterns.ts';
import { matches, matchesName } from '../../lambda/access/patterns.ts';
import { allowsNothing, decide, isNeverForwarded } from '../../lambda/access/policy.ts';
import { principalOf } from '../../lambda/access/principal.ts';
import { POLICY } from './access-world.ts';

describe('a pattern', () => {
  test.each([
    ['Get*', 'GetDeviceList', true],
    ['Get*', 'Get', true],
    ['Get*', 'ForGetting', false],
    ['GetDeviceList', 'GetDeviceListed', false],
    ['*', '', true],
    ['*List*', 'GetDeviceList', true],
    ['a*a', 'a', false],
    ['a*b*a', 'aba', true],
    ['Get.*', 'GetDevice', false],
    ['[A-Z]*', 'Get', false],
    ['get*', 'GetDeviceList', false],
  ])('%s and %s: %s', (pattern, text, held) => {
    expect(matches(pattern, text)).toBe(held);
  });

  test('means what a regular expression with .* in place of each asterisk means', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(letters, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }), (pattern, text) => {
        expect(matches(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text));
      }),
    );
  });
});

describe('a pattern of persons', () => {
  test.each([
    ['*', 'mallory@evil.test@example.com', true],
    ['*', 'alice', true],
    ['*@example.com', 'alice@example.com', true],
    ['*@example.com', 'alice+tag.x@example.com', true],
    ['*@example.com', 'mallory@evil.test@example.com', false],
    ['*@example.com', 'mallory_evil.test#EXT#@example.com', false],
    ['*@example.com', 'EVIL\\mallory@example.com', false],
    ['*@example.com', 'https://evil.test/mallory@example.com', false],
    ['*@example.com', 'evil:mallory@example.com', false],
    ['*@example.com', 'evil|mallory@example.com', false],
    ['*@example.com', 'evil.test!mallory@example.com', false],
    ['*@example.com', 'mallory%evil.test@example.com', false],
    ['*@example.com', 'alice@example.com.evil.test', false],
    ['*@example.com', 'alice@Example.com', false],
    ['*@*', 'alice@example.com', true],
    ['*@*', 'alice', false],
    ['*@*.example.com', 'alice@eu.example.com', true],
    ['*@*.example.com', 'alice@evil.test/.example.com', false],
    ['**@example.com', 'a@b@example.com', false],
    ['alice*', 'alice@evil.test', false],
    ['ali*', 'alice', true],
    ['CORP\\*', 'CORP\\alice', true],
    ['CORP\\*', 'CORP\\x@evil.test', false],
    ['auth0|*', 'auth0|17', true],
    ['shop/*/clerk', 'shop/eu/clerk', true],
    ['shop/*/clerk', 'shop/eu/x/clerk', false],
    ['alice@example.com', 'alice@example.com', true],
    ['a@b', 'a:b', false],
  ])('%s and %s: %s', (pattern, name, held) => {
    expect(matchesName(pattern, name)).toBe(held);
  });

  test('means nothing that the same pattern of any text does not mean', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', '*', '@', '#'), maxLength: 7 });
    fc.assert(
      fc.property(texts, texts, (pattern, name) => {
        if (matchesName(pattern, name)) expect(matches(pattern, name)).toBe(true);
        const regExp = `^${pattern.replaceAll('*', '[^@#]*')}$`;
        if (pattern !== '*') expect(matchesName(pattern, name)).toBe(new RegExp(regExp).test(name));
      }),
    );
  });

  test('is used for users and for persons', () => {
    const rule = { name: 'a', principals: ['*'], credentials: ['*'], operations: ['*'] };
    const asked = { principal: 'p', credential: 'c', service: 'S', operation: 'GetX', content: undefined };
    const mallory = 'mallory@evil@example.com';
    for (const [name, allowed] of [
      ['alice@example.com', true],
      [mallory, false],
    ] as const) {
      const users = { rules: [{ ...rule, users: ['*@example.com'] }], speakers: [] };
      const persons = { rules: [{ ...rule, persons: ['*@example.com'] }], speakers: [] };
      expect(decide(users, { ...asked, user: name }).allowed).toBe(allowed);
      expect(decide(persons, { ...asked, user: undefined, person: name }).allowed).toBe(allowed);
    }
  });
});

describe('a principal', () => {
  test.each([
    ['arn:aws:sts::111122223333:assumed-role/portal/i-0a', 'arn:aws:iam::111122223333:role/portal'],
    ['arn:aws:sts::111122223333:assumed-role/portal/a/b', 'arn:aws:iam::111122223333:role/portal'],
    [
      'arn:aws-us-gov:sts::111122223333:assumed-role/portal/i',
      'arn:aws-us-gov:iam::111122223333:role/portal',
    ],
    ['arn:aws:iam::111122223333:role/a/path/portal', 'arn:aws:iam::111122223333:role/portal'],
    ['arn:aws:iam::111122223333:user/people/vic', 'arn:aws:iam::111122223333:user/people/vic'],
    ['arn:aws:iam::111122223333:root', 'arn:aws:iam::111122223333:root'],
    ['arn:aws:sts::111122223333:federated-user/vic', 'arn:aws:sts::111122223333:federated-user/vic'],
  ])('reads %s as %s', (userArn, principal) => {
    expect(principalOf(userArn)).toBe(principal);
  });

  test('matches no rule for a federated user or the root user', () => {
    const asked = {
      user: undefined,
      credential: 'fleet',
      service: 'DeviceService',
      operation: 'GetDeviceList',
      content: undefined,
    };
    for (const principal of [
      'arn:aws:sts::111122223333:federated-user/vic',
      'arn:aws:iam::111122223333:root',
    ]) {
      expect(decide(POLICY, { ...asked, principal }).allowed).toBe(false);
    }
  });
});

test('allows no password operation by any pattern, but the other operations it matches', () => {
  for (const pattern of ['GetNewPassword', '*password*', 'LogIn', 'logout'])
    expect(allowsNothing(pattern)).toBe(true);
  for (const pattern of ['*', 'Get*', 'Log*', 'LogInformation']) expect(allowsNothing(pattern)).toBe(false);
});

describe('an operation that goes by name alone', () => {
  test.each([
    '*',
    'Get*',
    '*Session',
    'GetSession*',
    '*GetSession',
    'GetS*n',
    'getsession',
    'GETSESSION',
    '',
  ])('is not given by %s', (pattern) => {
    expect(matchesOperation(pattern, GET_SESSION)).toBe(false);
  });

  test('is given by its exact name, beside any patterns', () => {
    const [shop] = POLICY.rules.filter(({ name }) => name === 'shops');
    const asked = {
      ...{ user: undefined, credential: 'fleet', service: SESSION_SERVICE, operation: GET_SESSION },
      content: undefined,
    };
    const principal = shop?.principals[0] ?? '';
    for (const [operations, allowed] of [
      [[GET_SESSION], true],
      [['*', GET_SESSION], true],
      [['*'], false],
    ] as const) {
      const rules = [{ name: 'a', principals: [principal], credentials: ['*'], operations }];
      expect(decide({ rules, speakers: [] }, { ...asked, principal }).allowed).toBe(allowed);
    }
  });

  test('gives no other operation, and its letter case gives it to no pattern', () => {
    expect(matchesOperation(GET_SESSION, 'GetSessionLength')).toBe(false);
    expect(matchesOperation('*', 'getSession')).toBe(false);
    expect(matchesOperation('*', 'GetSessionLength')).toBe(true);
  });

  test.each([
    ['GetSession*', true],
    ['*Session', true],
    ['GetSess*', true],
    ['getsession', true],
    ['GetSession', false],
    ['Get*', false],
    ['*', false],
    ['GetSer*', false],
    ['GetSessionLength', false],
  ])('reports whether %s looks as if it would: %s', (pattern, looks) => {
    expect(looksLikeByName(pattern)).toBe(looks ? GET_SESSION : undefined);
  });
});

test('recognizes an operation that is never forwarded by service or name, in any letter case', () => {
  expect(isNeverForwarded('SESSIONSERVICE', 'Anything')).toBe(true);
  expect(isNeverForwarded('AccountService', 'getnewpassword')).toBe(true);
  expect(isNeverForwarded('DeviceService', 'GetDeviceList')).toBe(false);
});

describe('operations that hand data to the outside', () => {
  test.each(['RegisterCallback', 'GetCallbackRegistrations'])('go by name alone: %s', (operation) => {
    for (const pattern of ['*', 'Get*', 'Register*', '*Callback*', operation.toLowerCase()]) {
      expect(givesOperation(pattern, { operation, kind: '' }), pattern).toBe(false);
    }
    expect(givesOperation(operation, { operation, kind: '' })).toBe(true);
  });
});

describe('a pattern of an operation with kinds', () => {
  test.each([
    ['*', 'Deactivate', true],
    ['*', 'Suspend', true],
    ['*', '', true],
    ['ChangeDevice*', 'Suspend', true],
    ['ChangeDevice*', 'Deactivate', false],
    ['ChangeDevice*', '', false],
    ['ChangeDeviceState', 'Restore', true],
    ['ChangeDeviceState', 'Deactivate', false],
    ['**', 'Deactivate', false],
    ['ChangeDeviceState/Deactivate', 'Deactivate', true],
    ['ChangeDeviceState/Deactivate', 'Suspend', false],
    ['ChangeDeviceState/*', 'Deactivate', true],
    ['ChangeDeviceState/*', '', true],
    ['ChangeDevice*/S*', 'Suspend', true],
    ['*/Suspend', 'Deactivate', false],
    ['Get*', 'Suspend', false],
  ])('%s gives ChangeDeviceState/%s: %s', (pattern, kind, gives) => {
    expect(givesOperation(pattern, { operation: 'ChangeDeviceState', kind })).toBe(gives);
  });

  test('gives another letter case of the operation no more', () => {
    for (const operation of ['ChangedeviceState', 'CHANGEDEVICESTATE']) {
      expect(givesOperation('*State', { operation, kind: 'Deactivate' })).toBe(false);
      expect(givesOperation('C*', { operation, kind: 'Deactivate' })).toBe(false);
    }
    expect(givesOperation('C*', { operation: 'ChangedeviceState', kind: 'Suspend' })).toBe(true);
  });

  test('gives no operation without kinds', () => {
    for (const pattern of ['*/Suspend', '*/*', 'MoveDevice/Suspend']) {
      expect(givesOperation(pattern, { operation: 'MoveDevice', kind: '' })).toBe(false);
      expect(givesOperation(pattern, { operation: 'MoveDevice', kind: undefined })).toBe(false);
    }
  });

  test('may give any kind before the body is read', () => {
    expect(
      givesOperation('ChangeDeviceState/Suspend', { operation: 'ChangeDeviceState', kind: undefined }),
    ).toBe(true);
  });
});

describe('a rule with conditions', () => {
  const principal = 'arn:aws:iam::111122223333:role/portal';
  const gives = (conditions: object, groups: string[], devices: string[] = []) => {
    const rule = { name: 'a', principals: [principal], credentials: ['*'], operations: ['*'], ...conditions };
    const subjects = { groups, devices: devices.map((identifier) => ({ kind: '', identifier })) };
    const own = groups
      .map((group) => group.split(' '))
      .flatMap(([name, value]) => (value ? (name ?? '') : []));
    return decide(
      { rules: [rule], speakers: [] },
      {
        ...{ principal, user: undefined, credential: 'fleet', service: 'CarrierService' },
        ...{ operation: 'MoveDevice', content: { subjects, kind: '', own } },
      },
    ).allowed;
  };
  const account = { accounts: ['0342-*'] };
  test.each<[string, boolean, object, string[], string[]?]>([
    ['an account of the list', true, account, ['AccountName 0342-1']],
    ['an account and a filter', true, account, ['AccountName 0342-1', 'DeviceServicePlanFilter 5MB']],
    ['another account', false, account, ['AccountName 0777-1']],
    [
      'another account beside one of the list',
      false,
      account,
      ['AccountNameFilter 0342-1', 'AccountName 0777-1'],
    ],
    ['another account by its number', false, account, ['AccountName 0342-1', 'AccountNumber 0777-1']],
    ['no account', false, account, ['DeviceGroupName East']],
    ['an empty account', false, account, ['AccountName ']],
    ['nothing', false, account, []],
    ['an account and a device', false, account, ['AccountName 0342-1'], ['8914']],
    ['a group of the list', true, { groups: ['East'] }, ['DeviceGroupNameFilter East']],
    ['a group with blanks', true, { groups: ['East Coast'] }, ['GroupName East Coast']],
    ['another group', false, { groups: ['East'] }, ['DeviceGroupName West']],
    [
      'a group in another account',
      false,
      { ...account, groups: ['East'] },
      ['AccountName 1', 'GroupName East'],
    ],
    [
      'a group in the account',
      true,
      { ...account, groups: ['East'] },
      ['AccountName 0342-1', 'GroupName East'],
    ],
    ['the service', true, { services: ['Carrier*'] }, []],
    ['another service', false, { services: ['DeviceService'] }, []],
  ])('and %s: %s', (_, allowed, conditions, groups, devices) => {
    expect(gives(conditions, groups, devices)).toBe(allowed);
  });
});
