import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hashPassword } from '../lambda/ledger/fingerprint.ts';
import { seal } from '../lambda/sealing/envelope.ts';

/**
 * What costs time in the function, side by side in one run: `npm run bench` (after `npm run build`).
 * Medians and the slowest of the runs, in milliseconds.
 */
const bundle = join(import.meta.dirname, '../dist/rotation/index.mjs');
if (!existsSync(bundle)) throw new Error('There is no bundle: run `npm run build` first.');

const sdkAlone = "await import('@aws-sdk/client-secrets-manager')";
const wholeBundle = `await import(${JSON.stringify(bundle)})`;
const key = { plaintext: randomBytes(32), wrapped: randomBytes(184) };
const about = { secretArn: 'arn', token: 'token', attempt: 'attempt', oldVersion: 'v1', oldHash: 'hash' };
const [small, large] = [randomBytes(700), randomBytes(1024 * 1024)];

const rows: [what: string, runs: number, work: () => unknown][] = [
  ['an empty Node.js process', 10, () => nodeRuns('')],
  ['  … that loads the rotation bundle (cold start)', 10, () => nodeRuns(wholeBundle)],
  ['  … that loads the Secrets Manager client, unbundled', 10, () => nodeRuns(sdkAlone)],
  ['fingerprint of a password (scrypt)', 20, () => hashPassword('u', randomBytes(8).toString('hex'))],
  ['sealing an answer of 700 bytes', 200, () => seal(small, key, about)],
  ['sealing an answer of 1 MiB (its first 45 KiB)', 200, () => seal(large, key, about)],
];

console.log(
  `${'what'.padEnd(54)}${'runs'.padStart(6)}${'median'.padStart(10)}${'slowest'.padStart(10)}  (ms)`,
);
for (const [what, runs, work] of rows) {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  const [median, slowest] = [times[Math.floor(runs / 2)] ?? 0, times.at(-1) ?? 0];
  console.log(
    `${what.padEnd(54)}${String(runs).padStart(6)}${median.toFixed(2).padStart(10)}${slowest.toFixed(2).padStart(10)}`,
  );
}

function nodeRuns(source: string): void {
  execFileSync(process.execPath, ['--input-type=module', '-e', source], {
    cwd: join(import.meta.dirname, '..'),
  });
}
