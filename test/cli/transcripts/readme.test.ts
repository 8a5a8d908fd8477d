import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

/** `npm run verify` compares docs/reference/transcripts.md with what the tool prints. */
test('quotes the transcripts in the README word for word', () => {
  const [, shown = ''] = /```console\n([\s\S]*?)\n```/.exec(read('README.md')) ?? [];
  expect(shown).toContain('npm run cli -- rotate');
  expect(read('docs/reference/transcripts.md')).toContain(shown);
});
