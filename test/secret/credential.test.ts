import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bytesTooMany,
  CredentialNotInitializedError,
  checkStorable,
  editableText,
  noRoomError,
  PLACEHOLDER,
  readCredential,
  SecretShapeError,
  SecretTooLargeError,
  unusableBecause,
} from '../../lambda/secret/credential.ts';
import { withPassword } from '../../lambda/secret/edited-value.ts';

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

test('reads username and password exactly, beside any other members', () => {
  const value = { username: 'Fleet Api', password: ' 0123 &"$é ', key: 'k', nested: { a: [1] } };
  expect(read(value)).toEqual({ username: 'Fleet Api', password: ' 0123 &"$é ' });
});

test.each([
  ['not JSON', 'username=Fleet'],
  ['a string', '"text"'],
  ['an array', '[]'],
  ['null', 'null'],
  ['no username', { password: 'p' }],
  ['no password', { username: 'u' }],
  ['an empty password', { username: 'u', password: '' }],
  ['a password of white space only', { username: 'u', password: '\n      ' }],
  ['a byte order mark', '\uFEFF{"username":"u","password":"p"}'],
  ['a username with a blank at its end', { username: 'u ', password: 'p' }],
  ['a number as password', { username: 'u', password: 12_345 }],
  ['another spelling', { Username: 'u', Password: 'p' }],
])('rejects %s with an error that names the value to store', (_, value) => {
  expect(() => read(value)).toThrow(SecretShapeError);
  expect(() => read(value)).toThrow(/arn:secret.*store/i);
});

test('names binary data and an invisible byte order mark', () => {
  expect(() => readCredential(ARN, undefined)).toThrow(/binary data \(SecretBinary\): store/);
  expect(() => read('\uFEFF{"username":"u","password":"p"}')).toThrow(/byte order mark \(U\+FEFF\)/);
});

test('names the unusable character of a username, and quotes no other', () => {
  const value = { username: 'MARKER7731\n', password: 'MARKER7732' };
  expect(() => read(value)).toThrow(/character 11 of 11 is a line break/);
  expect(caught(() => read(value))?.message).not.toContain('MARKER');
});

test.each([
  ['not JSON', 'password: x'],
  ['a list', '["username","password"]'],
  ['without a username', '{"password":"p"}'],
  ['null', 'null'],
  ['binary', undefined],
])('finds no members to keep in a value that is %s', (_, value) => {
  expect(editableText(value)).toBeUndefined();
});

test('keeps the members of an object with an unusable username, without its byte order mark', () => {
  const text = '{"username":"u ","password":"","region":"emea"}';
  expect(editableText(`\uFEFF${text}`)).toBe(text);
});

test.each([
  ['the placeholder', PLACEHOLDER],
  ['a placeholder beside a real username', { username: 'Fleet', password: PLACEHOLDER.password }],
  ['an apostrophe', { username: 'Fleet', password: "it's" }],
  ['an angle bracket', { username: 'Fleet', password: '<change me>' }],
  ['a backslash', { username: 'Fl\\eet', password: 'p' }],
])('throws CredentialNotInitializedError for %s, which can never log in', (_, value) => {
  expect(() => read(value)).toThrow(CredentialNotInitializedError);
  expect(() => read(value)).toThrow(/then rotate/);
});

test('quotes no part of the value in an error', () => {
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

test('keeps every other member in its place beside another password', () => {
  const value =
    '{"username":"Fleet","apiKey":"k","password":"old","nested":{"a":[1,{"password":"inner"}]},"none":null}';
  expect(withPassword(ARN, value, 'new')).toBe(value.replace('"old"', '"new"'));
});

test.each(['12345678901234567890', '0.1000', '1e400', '-0', '1E10', '3.141592653589793238462643'])(
  'keeps the number %s as it is written',
  (number) => {
    const value = `{"username":"u","password":"old","n":${number},"list":[${number}]}`;
    expect(withPassword(ARN, value, 'new')).toBe(value.replace('"old"', '"new"'));
  },
);

test('reads back any password and any other member exactly', () => {
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

test('reads key and secret of the application exactly where they are strings', () => {
  const credential = { username: 'u', password: 'p', apiKey: ' key', apiSecret: 'se:cret"\\é ' };
  expect(read(credential)).toEqual(credential);
  for (const unusable of ['', 1, null, {}, ['k']]) {
    expect(read({ ...credential, apiKey: unusable })).not.toHaveProperty('apiKey');
    expect(read({ ...credential, apiSecret: unusable })).toEqual({
      username: 'u',
      password: 'p',
      apiKey: ' key',
    });
  }
});

test('keeps every byte of key and secret, in any spelling, beside another password', () => {
  const value = '{"apiKey":"k\\u0065y\\/","password":"old","username":"u", "apiSecret" : "s\\"ecret é"}';
  const after = withPassword(ARN, value, 'new');
  expect(after).toBe(value.replace('"old"', '"new"'));
  expect(read(after)).toEqual({ ...read(value), password: 'new' });
});

test('gives identical bytes for the same value and password, as a repeated put needs', () => {
  const value = '{"b":1,"password":"old","a":2.50,"username":"u"}';
  expect(withPassword(ARN, value, 'new')).toBe(withPassword(ARN, withPassword(ARN, value, 'x'), 'new'));
});

test.each([
  [
    'duplicate members',
    '{"password":"a","n":1,"n":2,"password":"b","username":"u"}',
    '{"password":"new","n":1,"n":2,"password":"new","username":"u"}',
  ],
  [
    'white space and order',
    '\n{ "username" : "u",\r\n\t"password" :  "old" , "2":1, "1":2 }\n',
    '\n{ "username" : "u",\r\n\t"password" :  "new" , "2":1, "1":2 }\n',
  ],
  [
    'escapes, also in its own name',
    '{"\\u0070assword":"old","path":"a\\/b","\\u00e9":"\\u00E9","username":"u"}',
    '{"\\u0070assword":"new","path":"a\\/b","\\u00e9":"\\u00E9","username":"u"}',
  ],
  [
    'a member called __proto__',
    '{"__proto__":{"password":"in"},"password":"old","username":"u"}',
    '{"__proto__":{"password":"in"},"password":"new","username":"u"}',
  ],
])('keeps %s beside another password', (_, before, after) => {
  expect(withPassword(ARN, before, 'new')).toBe(after);
  expect(readCredential(ARN, after).password).toBe('new');
});

test('rejects a value without a password to replace', () => {
  expect(() => withPassword(ARN, '{"username":"u","nested":{"password":"p"}}', 'new')).toThrow(
    SecretShapeError,
  );
});

/** A secret's value of exactly so many bytes, with two-byte characters in it. */
function secretOf(bytes: number, password: string): string {
  const value = (filling: string) => JSON.stringify({ username: 'u', password, filling: `é${filling}` });
  return value('x'.repeat(bytes - Buffer.byteLength(value(''))));
}

test('requires 1,024 bytes of room for the new password, to the byte', () => {
  expect(bytesTooMany(secretOf(65_536 - 1_024, 'old'))).toBe(0);
  // Counting characters instead of bytes would let this pass.
  expect(bytesTooMany(secretOf(65_536 - 1_023, 'old'))).toBe(1);
  const error = noRoomError(ARN, secretOf(65_536 - 1_023, 'old'));
  expect(error).toBeInstanceOf(SecretTooLargeError);
  expect(error.message).toMatch(/by 1 bytes? or move/);
});

test.each([
  ['an apostrophe', "new'", 'ThingSpace refuses'],
  ['an angle bracket', 'new<', 'ThingSpace refuses'],
  ['a backslash', 'new\\', 'ThingSpace refuses'],
  ['a lone surrogate', 'new\ud800', 'not well-formed Unicode'],
  ['NUL', 'new\u0000', 'XML cannot carry'],
  ['escape', 'new\u001b', 'XML cannot carry'],
  ['a character that is none', 'new\uffff', 'XML cannot carry'],
  ['nothing', '', 'it is empty'],
  ['white space only', '\n      ', 'it has no visible character'],
  ['zero-width characters only', '\u200b\u2060', 'it has no visible character'],
  ['more than a secret takes', 'x'.repeat(65_536 - 1_025), 'larger than what fits into the 65536 bytes'],
])('calls a new password with %s unusable, without a quotation', (_, password, because) => {
  const words = unusableBecause(password);
  expect(words).toContain(because);
  expect(words).not.toContain('new');
});

test.each([
  ['a usual one', 'aB3$x'],
  ['markup and quotes', ' &>"€𝄞~'],
  ['line ends', 'a\tb\r\nc'],
  ['DEL', 'a\u007f'],
])('calls a new password with %s usable', (_, password) => {
  expect(unusableBecause(password)).toBeUndefined();
});

test('rejects a value of one byte too many, and names the bytes to save', () => {
  checkStorable(ARN, secretOf(65_536, 'MARKER'));
  const error = caught(() => checkStorable(ARN, secretOf(65_537, 'MARKER')));
  expect(error).toBeInstanceOf(SecretTooLargeError);
  expect(error?.message).toMatch(/shorten other members by 1 bytes.*leave "password" as it is.*recover/s);
  expect(error?.message).not.toContain('MARKER');
});

test('stores any password in a value that passed the check', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 70_000 }),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      (bytes, password) => {
        const value = secretOf(bytes, 'old');
        if (bytesTooMany(value) > 0) return;
        checkStorable(ARN, withPassword(ARN, value, password));
        expect(unusableBecause(password) ?? '').not.toContain('larger');
      },
    ),
  );
});
