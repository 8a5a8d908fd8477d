import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GET_SESSION, looksLikeByName, matchesOperation } from '../../lambda/access/by-name.ts';
import { matches } from '../../lambda/access/patterns.ts';
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
    const asked = { user: undefined, credential: 'fleet', service: 'session', operation: GET_SESSION };
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
