import { describe, expect, test } from 'vitest';
import { errorCode, meaningOf } from '../../lambda/thingspace/codes.ts';

const listed = [
  'DeserializationFailed',
  'INPUT_INVALID.RequestUndefined',
  'INPUT_INVALID.Request.InvalidCharacter',
  'INPUT_INVALID.SessionToken.Invalid',
  'INPUT_INVALID.Password.Invalid',
  'REQUEST_FAILED.SessionToken.Expired',
  'REQUEST_FAILED.SessionToken.Format',
  'REQUEST_FAILED.UnexpectedError',
];
const codesWhere = (
  verdict: 'logInCounts' | 'certainlyCredentials' | 'exchangeCounts' | 'exchangeChangedNothing',
) => listed.filter((code) => meaningOf(code)[verdict]);

describe('the proof in an error code', () => {
  test('a LogIn counts as failed unless ThingSpace could not even read it', () => {
    const harmless = listed.filter((code) => !meaningOf(code).logInCounts);
    expect(harmless).toEqual(['DeserializationFailed', 'INPUT_INVALID.RequestUndefined']);
  });

  test('only the code for a wrong password is certainly about the credentials', () => {
    expect(codesWhere('certainlyCredentials')).toEqual(['INPUT_INVALID.Password.Invalid']);
  });

  test('an exchange counts unless it was not read or its session was gone', () => {
    expect(codesWhere('exchangeCounts')).toEqual([
      'INPUT_INVALID.Request.InvalidCharacter',
      'INPUT_INVALID.Password.Invalid',
      'REQUEST_FAILED.UnexpectedError',
    ]);
  });

  test('every listed code except UnexpectedError proves that an exchange changed nothing', () => {
    const proofless = listed.filter((code) => !meaningOf(code).exchangeChangedNothing);
    expect(proofless).toEqual(['REQUEST_FAILED.UnexpectedError']);
  });

  test.each([
    'INPUT_INVALID.Username.Locked',
    'Unreadable',
    '',
    'constructor',
    'X.REQUEST_FAILED.SessionToken.Expired',
  ])('%j is not in the table, so it counts everywhere, but proves no outcome', (code) => {
    expect(meaningOf(code)).toMatchObject({
      logInCounts: true,
      certainlyCredentials: false,
      exchangeCounts: true,
      exchangeChangedNothing: false,
    });
  });
});

describe('the code in a faultcode', () => {
  test.each([
    ['a:UnifiedWebService.REQUEST_FAILED.SessionToken.Expired', 'REQUEST_FAILED.SessionToken.Expired'],
    ['UnifiedWebService.INPUT_INVALID.Password.Invalid', 'INPUT_INVALID.Password.Invalid'],
    ['NPhase.UnifiedWebService.INPUT_INVALID.RequestUndefined', 'INPUT_INVALID.RequestUndefined'],
    ['a:DeserializationFailed', 'DeserializationFailed'],
    ['\n  s:unifiedwebservice.request_failed.unexpectederror ', 'REQUEST_FAILED.UnexpectedError'],
    ['UnifiedWebService.INPUT_INVALID.Username.Locked', 'INPUT_INVALID.Username.Locked'],
    ['s:Server', 'Server'],
  ])('%j holds %j', (faultcode, code) => {
    expect(errorCode(faultcode)).toBe(code);
  });

  test.each(['', '   ', 'two words', 'a<b', 'é', 'UnifiedWebService.', 'x'.repeat(129), 'a\nb', 'a%20b'])(
    '%j is not a code and is not repeated',
    (faultcode) => {
      expect(errorCode(faultcode)).toBe('Unreadable');
    },
  );

  test('128 characters are still a code', () => {
    expect(errorCode('x'.repeat(128))).toBe('x'.repeat(128));
  });

  test('an unlisted code that shows the password in any form is not repeated', () => {
    const password = 'Marker7Qz';
    const forms = [
      password,
      password.toUpperCase(),
      [...password].reverse().join(''),
      Buffer.from(password).toString('base64').replaceAll('=', ''),
      Buffer.from(password).toString('hex'),
    ];
    for (const form of forms)
      expect(errorCode(`INPUT_INVALID.${form}.Invalid`, [password])).toBe('Unreadable');
    expect(errorCode('INPUT_INVALID.Username.Locked', [password, ''])).toBe('INPUT_INVALID.Username.Locked');
  });

  test('half of a secret is not repeated, nor the secret within a text in base64', () => {
    const secret = 'Marker7QzX45';
    for (const half of ['Marker', '7QzX45', 'rker7Qz']) {
      expect(errorCode(`INPUT_INVALID.${half}.X`, [secret]), half).toBe('Unreadable');
    }
    for (const before of ['', 'a', 'ab', '{"password":"']) {
      const code = Buffer.from(`${before}${secret}"}`).toString('base64url');
      expect(errorCode(code, [secret]), code).toBe('Unreadable');
    }
    expect(errorCode('INPUT_INVALID.Mark.X', [secret])).toBe('INPUT_INVALID.Mark.X');
  });

  test('a secret with a colon is not repeated in part', () => {
    expect(errorCode('Sesame-Opens:Qz7', ['Sesame-Opens:Qz7'])).toBe('Unreadable');
  });

  test('a listed code is repeated even if a short password happens to be a part of it', () => {
    expect(errorCode('a:UnifiedWebService.INPUT_INVALID.Password.Invalid', ['Pass'])).toBe(
      'INPUT_INVALID.Password.Invalid',
    );
  });
});
