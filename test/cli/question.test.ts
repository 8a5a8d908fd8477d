import { createInterface } from 'node:readline/promises';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { answered } from '../../cli/question.ts';

async function typing(keys: string | undefined): Promise<string | undefined> {
  const input = new PassThrough();
  const asking = createInterface({ input, output: new PassThrough(), terminal: true });
  const line = answered(asking, 'Store it? ');
  if (keys === undefined) input.end();
  else input.write(keys);
  return line;
}

describe('A question', () => {
  it('takes the line that is typed', async () => expect(await typing('yes\r')).toBe('yes'));

  it.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
    ['the end of the input', undefined],
  ])('is cancelled by %s', async (_, keys) => expect(await typing(keys)).toBeUndefined());
});
