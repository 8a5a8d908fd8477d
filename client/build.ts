/**
 * Builds the client library into `dist/client`: one ES module, its types, and a package.json whose dependencies
 * are what the module really imports. `npm pack ./dist/client` makes an archive of it that an app can install.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
export const clientDirectory = path.join(root, 'dist', 'client');

export type BuiltClient = { sizeBytes: number; dependencies: Record<string, string> };

/** @param outDir absolute; replaced as a whole */
export async function buildClient(outDir: string = clientDirectory): Promise<BuiltClient> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['client/index.ts'],
    outfile: path.join(outDir, 'index.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // An app has AWS clients of its own version already; everything else is inside.
    external: ['@aws-sdk/*'],
    keepNames: true,
    legalComments: 'inline',
    metafile: true,
    logLevel: 'silent',
  });
  await promisify(execFile)(process.execPath, [
    path.join(root, 'node_modules/typescript/bin/tsc'),
    ...['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--rootDir', root],
    ...['--outDir', path.join(outDir, 'types'), '--project', path.join(root, 'client/tsconfig.json')],
  ]);
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((one) => one.path));
  const names = [...new Set(imported.filter((name) => name.startsWith('@aws-sdk/')))].sort();
  const dependencies = Object.fromEntries(names.map((name) => [name, manifest.dependencies[name] as string]));
  const { name, version, description, license } = manifest;
  // Promise.withResolvers and URL.parse came with Node.js 22.
  const engines = { node: '>=22' };
  const exports = { './client': { types: './types/client/index.d.ts', default: './index.mjs' } };
  await writeFile(
    path.join(outDir, 'package.json'),
    `${JSON.stringify({ name, version, description, license, type: 'module', engines, exports, dependencies }, null, 2)}\n`,
  );
  const { size } = await stat(path.join(outDir, 'index.mjs'));
  return { sizeBytes: size, dependencies };
}

if (import.meta.main) {
  const { sizeBytes, dependencies } = await buildClient();
  console.log(
    `${(sizeBytes / 1024).toFixed(0).padStart(6)} KiB  dist/client/index.mjs, with all that it needs but:`,
  );
  for (const [name, version] of Object.entries(dependencies)) console.log(`            ${name} ${version}`);
}
