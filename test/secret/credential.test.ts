import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CredentialNotInitializedError,
  PLACEHOLDER,
  readCredential,
  SecretShapeError,
  withPassword,
} from '../../lambda/secret/credential.ts';

const ARN = 'arn:secret';
const read = (value: unknown) =>
  readCredential(ARN, typeof value === 'string' ? value : JSON.stringify(value));
const caught = (run: () => unknown): Error | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error as Error;
  }
};

test('username and password are taken exactly as they stand; other members do no harm', () => {
  const value = { username: ' Fleet ', password: ' 0123 &"$é ', apiKey: 'k', nested: { a: [1] } };
  expect(read(value)).toEqual({ username: ' Fleet ', password: ' 0123 &"$é ' });
});

test.each([
  ['not JSON', 'username=Fleet'],
  ['a string', '"text"'],
  ['an array', '[]'],
  ['null', 'null'],
  ['no username', { password: 'p' }],
  ['no password', { username: 'u' }],
  ['an empty password', { username: 'u', password: '' }],
  ['a number as password', { username: 'u', password: 12_345 }],
  ['another spelling', { Username: 'u', Password: 'p' }],
])('%s is refused with an error that says what to store', (_, value) => {
  expect(() => read(value)).toThrow(SecretShapeError);
  expect(() => read(value)).toThrow(/arn:secret.*store/i);
});

test.each([
  ['the placeholder', PLACEHOLDER],
  ['a placeholder beside a real username', { username: 'Fleet', password: PLACEHOLDER.password }],
  ['an apostrophe', { username: 'Fleet', password: "it's" }],
  ['an angle bracket', { username: 'Fleet', password: '<change me>' }],
  ['a backslash', { username: 'Fl\\eet', password: 'p' }],
])('%s can never log in: CredentialNotInitializedError', (_, value) => {
  expect(() => read(value)).toThrow(CredentialNotInitializedError);
  expect(() => read(value)).toThrow(/then rotate/);
});

test('an error never quotes the value, whatever shape it has', () => {
  const marker = 'MARKER7731';
  const damaged = fc.oneof(
    fc.json().map((json) => `${json}${marker}`),
    fc.string().map((noise) => `{"username":"u","password":"${marker}"${noise}`),
    fc
      .anything()
      .map((value) => JSON.stringify({ username: value, password: [marker], [marker]: marker }) ?? marker),
    fc
      .constantFrom(`'${marker}`, `<${marker}`, `${marker}\\`)
      .map((password) => JSON.stringify({ username: 'u', password })),
    fc.constant(`["${marker}"]`),
  );
  let refused = 0;
  fc.assert(
    fc.property(damaged, (value) => {
      for (const run of [() => readCredential(ARN, value), () => withPassword(ARN, value, marker)]) {
        const error = caught(run);
        if (!error) continue;
        refused += 1;
        expect(
          `${error.name} ${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`,
        ).not.toContain(marker);
      }
    }),
    { numRuns: 500 },
  );
  expect(refused).toBeGreaterThan(100);
});

test('another password leaves every other member as it was, in its place', () => {
  const value =
    '{"username":"Fleet","apiKey":"k","password":"old","nested":{"a":[1,{"password":"inner"}]},"none":null}';
  expect(withPassword(ARN, value, 'new')).toBe(value.replace('"old"', '"new"'));
});

test.each(['12345678901234567890', '0.1000', '1e400', '-0', '1E10', '3.141592653589793238462643'])(
  'the number %s stays as it is written',
  (number) => {
    const value = `{"username":"u","password":"old","n":${number},"list":[${number}]}`;
    expect(withPassword(ARN, value, 'new')).toBe(value.replace('"old"', '"new"'));
  },
);

test('any password comes back exactly, and any other member too', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (password, others) => {
        const before = JSON.stringify({ ...others, username: 'Fleet', password: 'old' });
        const after = withPassword(ARN, before, password);
        expect(JSON.parse(after)).toEqual({ ...JSON.parse(before), password });
      },
    ),
    { numRuns: 300 },
  );
});

test('the same value and password always give identical bytes, which a repeated put needs', () => {
  const value = '{"b":1,"password":"old","a":2.50,"username":"u"}';
  expect(withPassword(ARN, value, 'new')).toBe(withPassword(ARN, withPassword(ARN, value, 'x'), 'new'));
});
