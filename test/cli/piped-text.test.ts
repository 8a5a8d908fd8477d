import { describe, expect, it } from 'vitest';

import { passwordInPipe, textOfPipe } from '../../cli/piped-text.ts';

const read = (bytes: string | Buffer) => passwordInPipe(textOfPipe(Buffer.from(bytes)));

describe('A password from a pipe', () => {
  it.each([
    ['printf', 'Pässword 1'],
    ['echo', 'Pässword 1\n'],
    ['an editor of Windows', '\uFEFFPässword 1\r\n'],
    ['a file with an empty last line', 'Pässword 1\n\n'],
  ])('comes whole from %s', (_, text) => expect(read(text)).toBe('Pässword 1'));

  it('keeps blanks, quotes and a later byte order mark, which may belong to it', () => {
    expect(read(' "a\uFEFFb" \n')).toBe(' "a\uFEFFb" ');
  });

  it.each([
    ['Latin 1', Buffer.from('Pässword 1', 'latin1'), /not UTF-8/],
    ['UTF-16', Buffer.from('\uFEFFPassword 1', 'utf16le'), /UTF-16/],
    ['UTF-16 without a mark', Buffer.from('Password 1', 'utf16le'), /UTF-16/],
    ['two lines', Buffer.from('Password 1\nPassword 2\n'), /more than one line/],
    ['the whole secret', Buffer.from('{\n  "username": "u",\n  "password": "Password 1"\n}\n'), /jq -j/],
  ])('is refused in %s, and is not shown', (_, bytes, says) => {
    const failure = (() => {
      try {
        return read(bytes);
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(failure).toMatchObject({ name: 'PasswordUnusableError' });
    expect((failure as Error).message).toMatch(says);
    expect((failure as Error).message).toMatch(/No version was stored\.$/);
    expect((failure as Error).message).not.toMatch(/ssword 1/);
  });
});
