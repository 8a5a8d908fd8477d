import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { credentialKey } from '../../lambda/ledger/state.ts';
import { endsHint } from '../../lambda/secret/password-ends.ts';
import { mayMean, usernameFault } from '../../lambda/secret/username.ts';

describe('usernameFault', () => {
  test.each(['Fleet-Api', 'u', 'Fleet Api', 'fleet.api@example.com', '~!"#$%&()', 'x'.repeat(256)])(
    'accepts %j',
    (username) => expect(usernameFault(username)).toBeUndefined(),
  );

  test.each([
    ['Fleet-Api ', 'character 10 of 10 is a blank'],
    [' Fleet-Api', 'character 1 of 10 is a blank'],
    ['Fleet-Api\n', 'character 10 of 10 is a line break'],
    ['Fleet-Api\r\n', 'character 10 of 11 is a line break'],
    ['Fleet\tApi', 'character 6 of 9 is a tab'],
    ['Fleet\u00a0Api', 'character 6 of 9 is a no-break space'],
    ['Fleet\u2003Api', 'character 6 of 9 is a space that is not ASCII'],
    ['Fleet\u00ad-Api', 'character 6 of 10 is a soft hyphen'],
    ['\ufeffFleet', 'character 1 of 6 is a byte order mark'],
    ['Fleet\u200b', 'character 6 of 6 is an invisible character'],
    ['Fleet\u0000', 'character 6 of 6 is a control character'],
    ['Fleet\u007f', 'character 6 of 6 is a control character'],
    ['Fle\u0301et', 'character 4 of 6 is a combining mark'],
    ['Fl\u00e9et', 'character 3 of 5 is not ASCII'],
    ['\uff26leet', 'character 1 of 5 is a full-width character'],
    ['Fleet\ud800', 'character 6 of 6 is not ASCII'],
    ['\u{1f600}Fleet ', 'character 1 of 7 is not ASCII'],
    ["o'hara", 'character 2 of 6 is one that ThingSpace refuses'],
    ['', 'it is empty'],
    ['x'.repeat(257), 'it has 257 characters'],
  ])('names the character of %j that breaks the rule', (username, fault) =>
    expect(usernameFault(username)).toBe(fault),
  );

  test('accepts each printable ASCII character inside, except the three that ThingSpace refuses', () => {
    const accepted = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
      (character) => usernameFault(`a${character}b`) === undefined,
    );
    const printable = Array.from({ length: 0x7f - 0x20 }, (_, at) => String.fromCharCode(0x20 + at));
    expect(accepted).toEqual(printable.filter((character) => !"'<\\".includes(character)));
  });

  test('accepts no two usernames that a platform may take for one, except letter case', () => {
    const asPlatformsRead = (username: string) => username.normalize('NFKC').trim().toLowerCase();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (username) => {
        if (usernameFault(username) !== undefined) return;
        expect(asPlatformsRead(username)).toBe(credentialKey(username));
      }),
    );
  });
});

describe('mayMean', () => {
  test.each([
    'Fleet-Api ',
    'fleet-API\n',
    '\u00a0Fleet-Api',
    'Fleet\u00ad-Api',
    '\uff26leet-Api',
    '',
    7,
    undefined,
  ])('takes %j for Fleet-Api', (stored) => expect(mayMean(stored, 'Fleet-Api')).toBe(true));

  test.each(['Fleet-Api2 ', 'Somebody-Else'])('does not take %j for Fleet-Api', (stored) =>
    expect(mayMean(stored, 'Fleet-Api')).toBe(false),
  );
});

describe('endsHint', () => {
  test.each([
    ['secret\n', / The stored password ends in a line break, .* store the password without\.$/],
    ['secret ', /ends in a blank/],
    ['\tsecret', /begins with a tab/],
    [' secret\u00a0', /begins with a blank and ends in a no-break space/],
    ['secret\u200b', /ends in an invisible character/],
  ])('describes the end of %j without a quotation', (password, words) => {
    expect(endsHint(password)).toMatch(words);
    expect(endsHint(password)).not.toContain('secret');
  });

  test.each(['a b', 'pässword', '0', ''])('returns no hint for %j', (password) =>
    expect(endsHint(password)).toBe(''),
  );
});
