import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { envelopeIn, stdoutSealedLog } from '../../lambda/sealing/sealed-log.ts';

const sealedLog = fileURLToPath(new URL('../../lambda/sealing/sealed-log.ts', import.meta.url));

/** Runs a few lines in a process of their own, with `log` at hand; what it wrote to stdout. */
function stdoutOf(lines: string): string {
  const script = `import { stdoutSealedLog } from ${JSON.stringify(sealedLog)}; const log = stdoutSealedLog(async () => []); ${lines}`;
  const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    maxBuffer: 8 * 1024 * 1024,
  });
  return `${stdout}${signal ? ` (${signal})` : ''}`;
}

test('what is written has left the process even if it is killed at once', () => {
  const written = stdoutOf(`log.write('attempt-1', 'envelope'); process.kill(process.pid, 'SIGKILL');`);
  expect(written).toMatch(/ \(SIGKILL\)$/);
  expect(envelopeIn(written.replace(' (SIGKILL)', ''), 'attempt-1')).toBe('envelope');
});

test('an envelope of 64 KiB is one whole line, larger than a pipe holds', () => {
  const lines = stdoutOf(
    `for (const n of [1, 2, 3]) log.write('attempt-' + n, 'x'.repeat(65536)); process.exit();`,
  )
    .trimEnd()
    .split('\n');
  expect(lines.map((line, at) => envelopeIn(line, `attempt-${at + 1}`)?.length)).toEqual([
    65_536, 65_536, 65_536,
  ]);
});

test('an envelope is found by its attempt among other lines that name it', async () => {
  const asked: unknown[] = [];
  const lines = [
    'REPORT RequestId: attempt-1 sealedEnvelope',
    JSON.stringify({ message: 'Invoked', attempt: 'attempt-1' }),
    JSON.stringify({ message: 'Sealed answer', attempt: 'attempt-2', sealedEnvelope: 'of another' }),
    JSON.stringify({ message: 'Sealed answer', attempt: 'attempt-1', sealedEnvelope: 'envelope' }),
  ];
  const log = stdoutSealedLog(async (...search) => {
    asked.push(search);
    return lines;
  });
  expect(await log.find('attempt-1', 1_000)).toBe('envelope');
  expect(await log.find('attempt-3', 1_000)).toBeUndefined();
  expect(asked[0]).toEqual(['attempt-1', 1_000]);
});

test('a search that is denied is the caller’s to know', async () => {
  const log = stdoutSealedLog(async () => {
    throw new RangeError('denied');
  });
  await expect(log.find('attempt-1', 0)).rejects.toThrow(RangeError);
});
