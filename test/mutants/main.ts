import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Mutant, mutants } from './mutants.ts';

/**
 * Takes each rule out of a copy of the project and runs the tests that must notice. Prints one line a
 * rule and exits 1 when a rule can be taken out unnoticed, or when the code it was in has changed.
 */
const WORKERS = 2;
/** A run that does not end by then has noticed. */
const MAX_MS = 180_000;
const root = join(import.meta.dirname, '../..');
const COPIED = [
  'client',
  'cli',
  'lambda',
  'local',
  'test',
  'docs',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

function copyOfProject(): string {
  const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

type Tests = Pick<Mutant, 'noticedBy' | 'testName'>;

function testsPass(copy: string, { noticedBy, testName }: Tests): Promise<boolean> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const only = testName === undefined ? [] : ['-t', testName];
  // A group of its own: a mutant may keep one of vitest's processes busy for ever.
  const run = spawn(process.execPath, [vitest, 'run', '--bail=1', noticedBy, ...only], {
    cwd: copy,
    stdio: 'ignore',
    detached: true,
  });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => process.kill(-(run.pid as number), 'SIGKILL'), MAX_MS);
  run.on('close', (code) => {
    clearTimeout(timer);
    resolve(code === 0);
  });
  return promise;
}

async function judge(copy: string, mutant: Mutant): Promise<string | undefined> {
  const { file, find, replace, noticedBy } = mutant;
  if (!(await passesUntouched(copy, mutant))) return `${noticedBy} fails without any edit, or is not there`;
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  if (original.split(find).length !== 2)
    return `its code does not stand once in ${file}: bring the mutant up to date`;
  writeFileSync(
    path,
    original.replace(find, () => replace),
  );
  try {
    return (await testsPass(copy, mutant)) ? `no test in ${noticedBy} notices` : undefined;
  } finally {
    writeFileSync(path, original);
  }
}

/** A test that fails anyway notices nothing; each path is tried once, untouched. */
const untouched = new Map<string, Promise<boolean>>();
function passesUntouched(copy: string, tests: Tests): Promise<boolean> {
  const key = `${tests.noticedBy} ${tests.testName}`;
  const known = untouched.get(key) ?? testsPass(copy, tests);
  untouched.set(key, known);
  return known;
}

async function work(queue: Mutant[], survivors: string[]): Promise<void> {
  const copy = copyOfProject();
  try {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const startedAtMs = performance.now();
      const complaint = await judge(copy, mutant);
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0).padStart(3);
      console.log(
        `${complaint ? 'SURVIVED' : 'noticed '} ${seconds} s  ${mutant.rule}${complaint ? ` (${complaint})` : ''}`,
      );
      if (complaint) survivors.push(mutant.rule);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const only = process.argv[2];
const queue = mutants.filter(({ rule, file }) => !only || `${rule} ${file}`.includes(only));
const survivors: string[] = [];
const count = queue.length;
await Promise.all(Array.from({ length: WORKERS }, () => work(queue, survivors)));
console.log(`${count - survivors.length} of ${count} rules are guarded by a test that fails without them`);
process.exitCode = survivors.length > 0 ? 1 : 0;
