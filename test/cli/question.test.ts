import { createInterface } from 'node:readline/promises';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirmed } from '../../cli/confirm.ts';
import { NotConfirmedError } from '../../cli/errors.ts';
import { exitCodeOf, lineOf } from '../../cli/failure.ts';
import { answered } from '../../cli/question.ts';
import { fakeTerminal } from './desk.ts';

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

  it('ends a command that was cancelled in one sentence and the exit code 130', async () => {
    const asked = confirmed(fakeTerminal({ answer: 'cancelled' }), undefined, 'Store it?');
    const failure = await asked.catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(NotConfirmedError);
    expect(lineOf(failure)).toBe('Not confirmed. No change was made.');
    expect(exitCodeOf(failure)).toBe(130);
  });
});
