import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const root = path.join(import.meta.dirname, '..');

/**
 * Writes the declarations `index` and `testing`, for ES modules and for CommonJS. Each is one file with the public
 * names alone; `testing` takes its types from `index`.
 */
export async function writeDeclarations(outDir: string): Promise<void> {
  const emitted = await mkdtemp(path.join(outDir, 'declarations-'));
  await promisify(execFile)(process.execPath, [
    path.join(root, 'node_modules/typescript/bin/tsc'),
    ...['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--rootDir', root],
    ...['--outDir', emitted, '--project', path.join(root, 'client/tsconfig.json')],
  ]);
  for (const format of ['mts', 'cts'] as const) {
    for (const name of ['index', 'testing']) {
      await rollUp(path.join(emitted, 'client', `${name}.d.ts`), path.join(outDir, `${name}.d.${format}`));
    }
  }
  await rm(emitted, { recursive: true });
}

/** The declarations that `entry` needs, in one file. */
async function rollUp(entry: string, file: string): Promise<void> {
  const index = file.endsWith('.d.mts') ? './index.mjs' : './index.cjs';
  const bundle = await rolldown({
    input: entry,
    cwd: path.dirname(entry),
    // A package of npm is no part of the declaration, and `testing` takes its types from `index`.
    external: (imported) => isOfPackage(imported) || imported.endsWith('/index.ts'),
    plugins: [dts({ dtsInput: true, oxc: true, tsconfig: false, sourcemap: false })],
  });
  await bundle.write({
    file,
    format: 'es',
    paths: (imported) => (imported.endsWith('index.ts') ? index : imported),
  });
  await bundle.close();
}

const isOfPackage = (imported: string): boolean =>
  !imported.startsWith('.') && !path.isAbsolute(imported) && !imported.endsWith('.d.ts');
