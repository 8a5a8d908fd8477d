import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli, cliBundle } from '../cli/bundle.ts';
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
const tool = await bundleCli();
const key = { plaintext: randomBytes(32), wrapped: randomBytes(184) };
const about = { secretArn: 'arn', token: 'token', attempt: 'attempt', oldVersion: 'v1', oldHash: 'hash' };
const [small, large] = [{ body: randomBytes(700) }, { body: randomBytes(1024 * 1024) }];

/** What takes no time of its own returns the milliseconds that it has measured. */
type Row = { what: string; work: () => unknown };

/** It loads everything, then finds no settings. */
const FIRST_INVOCATION = `.then(({ handler }) => handler(
  { Step: 'createSecret', SecretId: 's', ClientRequestToken: 't' }, { getRemainingTimeInMillis: () => 60_000 }
)).catch(() => undefined)`;

console.log(`loaded at start: ${ownKb.toFixed(0)} kB, its AWS clients alone ${clientsKb.toFixed(0)} kB`);
console.log(
  `the operator's tool: ${(tool.atStartBytes / 1000).toFixed(0)} of ${(tool.sizeBytes / 1000).toFixed(0)} kB at start`,
);
console.log(
  `${'what'.padEnd(54)}${'runs'.padStart(6)}${'fastest'.padStart(10)}${'median'.padStart(10)}${'slowest'.padStart(10)}  (ms)`,
);
// One after the other in turn: what else the machine does falls on all of them alike.
await measure(25, [
  { what: 'an empty Node.js process', work: () => nodeRuns('-e', '') },
  ...importOf('its AWS clients alone, bundled likewise', join(clients, 'index.mjs')),
  ...importOf('the rotation bundle (cold start)', bundle),
  ...importOf('… and what its first invocation loads', bundle, FIRST_INVOCATION),
  { what: 'the operator’s tool: --help', work: () => nodeRuns(cliBundle, '--help') },
  { what: '  … up to its first call to AWS', work: () => toolRuns() },
]);
await measure(100, [
  {
    what: 'fingerprint of a password (scrypt)',
    work: () => hashPassword('u', randomBytes(8).toString('hex')),
  },
  { what: 'sealing an answer of 700 bytes', work: () => seal(small, key, about) },
  { what: 'sealing an answer of 1 MiB (in six parts)', work: () => seal(large, key, about) },
]);

async function measure(runs: number, rows: readonly Row[]): Promise<void> {
  const times = rows.map((): number[] => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [at, { work }] of rows.entries()) {
      const startedAt = performance.now();
      const measured = await work();
      times[at]?.push(typeof measured === 'number' ? measured : performance.now() - startedAt);
    }
  }
  for (const [at, { what }] of rows.entries()) {
    const sorted = (times[at] ?? []).sort((a, b) => a - b);
    const shown = [sorted[0], sorted[Math.floor(runs / 2)], sorted.at(-1)];
    const numbers = shown.map((ms) => (ms ?? 0).toFixed(2).padStart(10)).join('');
    console.log(`${what.padEnd(54)}${String(runs).padStart(6)}${numbers}`);
  }
}

/**
 * Loads a module as Lambda does, with the options that the stack sets. CPU time (user and system) is what other
 * work on the machine stretches least.
 */
function importOf(what: string, file: string, then = ''): Row[] {
  const source = `const cpu = process.cpuUsage(), startedAt = performance.now();
    await import(${JSON.stringify(file)})${then};
    const { user, system } = process.cpuUsage(cpu);
    process.getBuiltinModule('node:fs').writeSync(2, JSON.stringify([(user + system) / 1000, performance.now() - startedAt]));
    process.exit();`;
  let last: number[] = [];
  return [
    {
      what: `loading ${what}: CPU time`,
      work: () => {
        const args = ['--enable-source-maps', '--input-type=module', '-e', source];
        const env = { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
        last = JSON.parse(
          spawnSync(process.execPath, args, { env, encoding: 'utf8' }).stderr.split('\n').at(-1) ?? '',
        );
        return last[0];
      },
    },
    { what: '  … by the clock', work: () => last[1] },
  ];
}

function nodeRuns(...args: string[]): void {
  execFileSync(process.execPath, args, { cwd: join(import.meta.dirname, '..'), stdio: 'ignore' });
}

/** Nothing listens there: it ends with one sentence. */
function toolRuns(): void {
  const env = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_MAX_ATTEMPTS: '1',
  };
  const args = [cliBundle, 'status', '--secret', 'x', '--endpoint', 'http://127.0.0.1:9'];
  spawnSync(process.execPath, args, { env, stdio: 'ignore' });
}
