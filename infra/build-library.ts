/**
 * Builds the constructs for other CDK apps: one JavaScript module beside which only the CDK is needed, and its
 * types. `npm pack` runs it.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const projectRoot = path.join(import.meta.dirname, '..');

/** Beside `infra/`, so that the built module finds the function's bundle by the same relative path. */
export const libraryDirectory = path.join(projectRoot, 'dist-infra');

/** Writes `index.js` and `types/`, replacing what an earlier build left. */
export async function buildLibrary(): Promise<void> {
  await rm(libraryDirectory, { recursive: true, force: true });
  await build({
    absWorkingDir: projectRoot,
    entryPoints: ['infra/index.ts'],
    outfile: path.join(libraryDirectory, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'],
    legalComments: 'none',
    logLevel: 'silent',
  });
  await writeTypes(path.join(libraryDirectory, 'types'));
}

/** The declarations that `index` needs, and no others. */
async function writeTypes(directory: string): Promise<void> {
  const all = await mkdtemp(path.join(tmpdir(), 'types-'));
  const config = path.join(all, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: all,
    rootDir: projectRoot,
    typeRoots: [path.join(projectRoot, 'node_modules', '@types')],
  };
  const files = [path.join(projectRoot, 'infra', 'index.ts')];
  const extended = path.join(projectRoot, 'tsconfig.json');
  await writeFile(config, JSON.stringify({ extends: extended, compilerOptions, files, include: [] }));
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '--project', config], {
    cwd: projectRoot,
  });
  const seen = new Set<string>();
  const copy = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = await readFile(path.join(all, file), 'utf8');
    const target = path.join(directory, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text.replaceAll(importOfSource, "$1'$2.js'"));
    for (const [, , imported = ''] of text.matchAll(importOfSource)) {
      await copy(path.join(path.dirname(file), `${imported}.d.ts`));
    }
  };
  await copy('infra/index.d.ts');
  await rm(all, { recursive: true });
}

const importOfSource = /(from |import\()'(\.[^']+)\.ts'/g;

if (import.meta.main) {
  await buildLibrary();
  console.log('dist-infra is ready');
}
