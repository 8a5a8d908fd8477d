import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { answerIn, linesOf, stdoutSealedLog } from '../../lambda/sealing/sealed-log.ts';

const sealedLog = fileURLToPath(new URL('../../lambda/sealing/sealed-log.ts', import.meta.url));

/** Runs a few lines in a process of their own, with `log` at hand; what it wrote to stdout, line by line. */
function stdoutOf(lines: string): { lines: string[]; signal: string | null } {
  const script = `import { stdoutSealedLog } from ${JSON.stringify(sealedLog)}; const log = stdoutSealedLog(async () => []); ${lines}`;
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    maxBuffer: 8 * 1024 * 1024,
  });
  return { lines: String(stdout).trimEnd().split('\n'), signal };
}

test('writes every part before a kill that follows at once', () => {
  const { lines, signal } = stdoutOf(
    `log.write('attempt-1', ['one', 'two', 'three']); process.kill(process.pid, 'SIGKILL');`,
  );
  expect(signal).toBe('SIGKILL');
  expect(lines).toHaveLength(3);
  expect(answerIn(lines, 'attempt-1')).toEqual({ envelopes: ['one', 'two', 'three'], missing: [] });
});

test('writes an envelope of 240 KiB as one line, larger than a pipe holds', () => {
  const { lines } = stdoutOf(
    `for (const n of [1, 2, 3]) log.write('attempt-' + n, ['x'.repeat(240 * 1024)]); process.exit();`,
  );
  expect(lines.map((line, at) => answerIn([line], `attempt-${at + 1}`)?.envelopes[0]?.length)).toEqual([
    245_760, 245_760, 245_760,
  ]);
});

test('finds an envelope by its attempt among other lines that name it', async () => {
  const asked: unknown[] = [];
  const lines = [
    'REPORT RequestId: attempt-1 sealedEnvelope',
    JSON.stringify({ message: 'Invoked', attempt: 'attempt-1' }),
    ...linesOf('attempt-2', ['of another']),
    ...linesOf('attempt-1', ['envelope']),
  ];
  const log = stdoutSealedLog(async (...search) => {
    asked.push(search);
    return lines;
  });
  expect(await log.find('attempt-1', 1_000, 2_000)).toEqual({ envelopes: ['envelope'], missing: [] });
  expect(await log.find('attempt-3', 1_000, 2_000)).toBeUndefined();
  // From a minute before it began to a week after: an old loss is searched for without reading all lines since.
  const written = { sinceMs: 1_000 - 60_000, untilMs: 1_000 + 7 * 24 * 60 * 60_000 };
  expect(asked[0]).toEqual(['attempt-1', written, 2_000]);
});

test('reads a line of an earlier version, without parts, as a whole answer', () => {
  const line = '{"message":"Sealed answer","attempt":"attempt-1","sealedEnvelope":"envelope"}';
  expect(answerIn([line], 'attempt-1')).toEqual({ envelopes: ['envelope'], missing: [] });
});

test('sorts the parts, and counts one that comes twice once', () => {
  const [one = '', two = '', three = ''] = linesOf('attempt-1', ['one', 'two', 'three']);
  expect(answerIn([three, one, two, one], 'attempt-1')).toEqual({
    envelopes: ['one', 'two', 'three'],
    missing: [],
  });
});

test('names the parts that are not in the log', () => {
  const lines = linesOf('attempt-1', ['one', 'two', 'three']);
  expect(answerIn(lines.slice(1), 'attempt-1')).toEqual({ envelopes: ['two', 'three'], missing: [1] });
  expect(answerIn(lines.slice(0, 1), 'attempt-1')).toEqual({ envelopes: ['one'], missing: [2, 3] });
});

test('throws to the caller when a search is denied', async () => {
  const log = stdoutSealedLog(async () => {
    throw new RangeError('denied');
  });
  await expect(log.find('attempt-1', 0, 1)).rejects.toThrow(RangeError);
});
