import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createVitest, type TestCase, type TestModule, type Vitest } from 'vitest/node';
import type { Mutant } from './mutants.ts';

/** Whether a test noticed that a rule was taken out. `error`: nothing is proven, and the entry must be mended. */
export type Verdict = { kind: 'noticed' | 'survived' | 'error'; why: string };
/** The tests of a mutant, and its edit unless they are run on untouched code. */
export type Play = Pick<Mutant, 'noticedBy' | 'testName'> & {
  edit?: Pick<Mutant, 'file' | 'find' | 'replace'>;
};
export type Player = { play(asked: Play): Promise<Verdict>; close(): Promise<void> };

/** The events of one run: results of earlier runs stay in vitest's own state. */
type Run = { modules: TestModule[]; cases: TestCase[]; applied: number };

/**
 * One vitest for all mutants: it transforms a module once and again only when an edit changes it. Each run has a
 * process of its own, so no state of one mutant reaches the next. No file on disk is changed.
 * @param begins is called when a test is about to begin, on edited code that was loaded
 */
export async function openPlayer(root: string, begins: () => void): Promise<Player> {
  let edit: Play['edit'];
  let run: Run = { modules: [], cases: [], applied: 0 };
  const editor = {
    name: 'mutant',
    enforce: 'pre' as const,
    transform(code: string, id: string) {
      if (!edit || id.split('?')[0] !== path.join(root, edit.file)) return undefined;
      run.applied += 1;
      const { find, replace } = edit;
      return code.replace(find, () => replace);
    },
  };
  const reporter = {
    onTestModuleCollected(module: TestModule) {
      const runs = [...module.children.allTests()].some(({ options }) => options.mode === 'run');
      if (runs && module.errors().length === 0 && (!edit || run.applied > 0)) begins();
    },
    onTestCaseResult: (testCase: TestCase) => void run.cases.push(testCase),
    onTestModuleEnd: (module: TestModule) => void run.modules.push(module),
  };
  const vitest = await createVitest(
    'test',
    {
      root,
      config: false,
      watch: false,
      include: ['test/**/*.test.ts'],
      pool: 'forks',
      maxWorkers: 1,
      bail: 1,
      silent: true,
      testTimeout: 120_000,
      hookTimeout: 120_000,
      reporters: [reporter],
    },
    { plugins: [editor] },
  );
  return {
    async play(asked) {
      const stale = asked.edit && staleness(root, asked.edit);
      if (stale) return { kind: 'error', why: stale };
      edit = asked.edit;
      run = { modules: [], cases: [], applied: 0 };
      if (edit) vitest.invalidateFile(path.join(root, edit.file));
      const unhandled = await runTests(vitest, asked);
      if (edit) vitest.invalidateFile(path.join(root, edit.file));
      return judge(asked, run, unhandled);
    },
    close: () => vitest.close(),
  };
}

function staleness(root: string, { file, find }: NonNullable<Play['edit']>): string | undefined {
  const count = readFileSync(path.join(root, file), 'utf8').split(find).length - 1;
  return count === 1 ? undefined : `its code is in ${file} ${count} times: bring the mutant up to date`;
}

/** @returns what failed outside of any test */
async function runTests(vitest: Vitest, { noticedBy, testName }: Play): Promise<unknown[]> {
  if (testName === undefined) vitest.resetGlobalTestNamePattern();
  else vitest.setGlobalTestNamePattern(testName);
  const specifications = await vitest.globTestSpecifications([noticedBy]);
  if (specifications.length === 0) return [];
  const before = new Set(vitest.state.getUnhandledErrors());
  const { unhandledErrors } = await vitest.runTestSpecifications(specifications);
  return unhandledErrors.filter((failure) => !before.has(failure));
}

/** Only a test that ran, on the edited code, can notice anything. */
function judge(
  { noticedBy, testName, edit }: Play,
  { modules, cases, applied }: Run,
  unhandled: unknown[],
): Verdict {
  const named = `${noticedBy}${testName === undefined ? '' : ` -t '${testName}'`}`;
  const outside = modules.flatMap((module) => [
    ...module.errors(),
    ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
  ]);
  const [broken] = outside;
  if (broken) return { kind: 'error', why: `${named} does not run: ${broken.message.split('\n')[0]}` };
  const failed = cases.filter((testCase) => testCase.result().state === 'failed');
  const passed = cases.filter((testCase) => testCase.result().state === 'passed');
  if (failed.length + passed.length === 0) return { kind: 'error', why: `no test of ${named} ran` };
  if (edit && applied === 0) return { kind: 'error', why: `${named} does not load ${edit.file}` };
  const [first] = failed;
  if (first) return { kind: 'noticed', why: first.fullName };
  if (unhandled.length > 0)
    return { kind: 'error', why: `${named} passes, and something failed outside of it` };
  return { kind: 'survived', why: `no test of ${named} notices` };
}
