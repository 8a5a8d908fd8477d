import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createJudge, type Judge } from './judge.ts';
import { mutants } from './mutants.ts';

const root = path.join(import.meta.dirname, '../..');
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'mutants-')));
const judges: Judge[] = [];
afterAll(() => {
  for (const judge of judges) judge.end();
  rmSync(folder, { recursive: true });
});

/** Biome's complaints about files that name something undeclared, or that cannot be parsed. */
function complaintsOf(directory: string, files: Record<string, string>): string {
  mkdirSync(directory);
  const rules = { preset: 'none', correctness: { noUndeclaredVariables: 'error' } };
  writeFileSync(path.join(directory, 'biome.json'), JSON.stringify({ root: true, linter: { rules } }));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
  try {
    const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
    execFileSync(process.execPath, [biome, 'lint', '--reporter=github', '.'], {
      cwd: directory,
      stdio: 'pipe',
    });
    return '';
  } catch (failure) {
    return String((failure as { stdout: Buffer }).stdout);
  }
}

describe('An edit of a mutant', () => {
  it('leaves code that can be parsed and names no undeclared variable', () => {
    const edited = mutants.map(({ file, find, replace }, at) => [
      `${at}-${path.basename(file)}`,
      readFileSync(path.join(root, file), 'utf8').replace(find, () => replace),
    ]);
    expect(complaintsOf(path.join(folder, 'edited'), Object.fromEntries(edited))).toBe('');
  });

  it('is rejected when it names an undeclared variable or cannot be parsed', () => {
    const files = { 'one.ts': 'export const one = nowhere;', 'two.ts': 'export const two = ;' };
    const found = complaintsOf(path.join(folder, 'wrong'), files);
    expect(found).toContain('one.ts');
    expect(found).toContain('two.ts');
  });
});

/** A project of two modules and one test file. */
function project(): string {
  const directory = path.join(folder, 'project');
  mkdirSync(path.join(directory, 'test'), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  writeFileSync(path.join(directory, 'sum.ts'), 'export const sum = (a: number, b: number) => a + b;\n');
  writeFileSync(path.join(directory, 'other.ts'), 'export const other = 1;\n');
  writeFileSync(
    path.join(directory, 'test/sum.test.ts'),
    `import { expect, test } from 'vitest';
     import { sum } from '../sum.ts';
     test('adds', () => expect(sum(1, 2)).toBe(3));
     test('is there', () => expect(sum).toBeTypeOf('function'));`,
  );
  return directory;
}

describe('A mutant', () => {
  it('is noticed only by a test that runs on the edited code and fails', async () => {
    const judge = createJudge(project());
    judges.push(judge);
    const edit = { file: 'sum.ts', find: 'a + b', replace: 'a - b' };
    const noticedBy = 'test/sum.test.ts';
    const play = (asked: Partial<Parameters<Judge['judge']>[0]>) =>
      judge.judge({ noticedBy, edit, ...asked });

    expect(await judge.judge({ noticedBy })).toMatchObject({ kind: 'survived' });
    expect(await play({})).toEqual({ kind: 'noticed', why: 'adds' });
    expect(await play({ testName: 'is there' })).toMatchObject({ kind: 'survived' });
    expect(await judge.judge({ noticedBy })).toMatchObject({ kind: 'survived' });
    const wrong = [
      await play({ testName: 'subtracts' }),
      await play({ noticedBy: 'test/absent.test.ts' }),
      await play({ edit: { ...edit, replace: 'a +' } }),
      await play({ edit: { ...edit, find: 'a * b' } }),
      await play({ edit: { file: 'other.ts', find: '1', replace: '2' } }),
    ];
    expect(wrong.map(({ kind }) => kind)).toEqual(Array(wrong.length).fill('error'));
    expect(await play({})).toMatchObject({ kind: 'noticed' });
  });
});
