import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BundledFile, bundleRotation } from '../infra/bundle.ts';
import { hashPassword } from '../lambda/ledger/fingerprint.ts';
import { seal } from '../lambda/sealing/seal-answer.ts';

/**
 * What costs time in the function, side by side in one run: `npm run bench` (after `npm run build`).
 * Medians and the slowest of the runs, in milliseconds.
 */
const bundle = join(import.meta.dirname, '../dist/rotation/index.mjs');
const clients = mkdtempSync(join(tmpdir(), 'bench-clients-'));
process.on('exit', () => rmSync(clients, { recursive: true, force: true }));
const sizeAtStart = (files: BundledFile[]) =>
  files.filter(({ role }) => role === 'at start').reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1000;
const ownKb = sizeAtStart(await bundleRotation());
const clientsKb = sizeAtStart(await bundleRotation(clients, 'bench/clients.ts'));
const load = (file: string) => `await import(${JSON.stringify(file)})`;
const key = { plaintext: randomBytes(32), wrapped: randomBytes(184) };
const about = { secretArn: 'arn', token: 'token', attempt: 'attempt', oldVersion: 'v1', oldHash: 'hash' };
const [small, large] = [{ body: randomBytes(700) }, { body: randomBytes(1024 * 1024) }];

const rows: [what: string, runs: number, work: () => unknown][] = [
  ['an empty Node.js process', 10, () => nodeRuns('')],
  ['  … that loads the rotation bundle (cold start)', 20, () => nodeRuns(load(bundle))],
  [
    '  … that loads its AWS clients alone, bundled likewise',
    20,
    () => nodeRuns(load(join(clients, 'index.mjs'))),
  ],
  ['fingerprint of a password (scrypt)', 20, () => hashPassword('u', randomBytes(8).toString('hex'))],
  ['sealing an answer of 700 bytes', 200, () => seal(small, key, about)],
  ['sealing an answer of 1 MiB (in six parts)', 200, () => seal(large, key, about)],
];

console.log(`loaded at start: ${ownKb.toFixed(0)} kB, its AWS clients alone ${clientsKb.toFixed(0)} kB`);
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
