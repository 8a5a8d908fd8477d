/**
 * Builds the client library into `dist/client`: one ES module and its types, which the package exports as
 * `thingspace-password-rotation/client`. `npm pack` runs it.
 */
import { execFile } from 'node:child_process';
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
export const clientDirectory = path.join(root, 'dist', 'client');

/** `dependencies`: the packages that the module imports and does not contain. */
export type BuiltClient = { sizeBytes: number; dependencies: string[] };

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
    // Promise.withResolvers and URL.parse came with Node.js 22.
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
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((one) => one.path));
  const names = [...new Set(imported.filter((name) => name.startsWith('@aws-sdk/')))].sort();
  const { size } = await stat(path.join(outDir, 'index.mjs'));
  return { sizeBytes: size, dependencies: names };
}

if (import.meta.main) {
  const { sizeBytes, dependencies } = await buildClient();
  console.log(`${(sizeBytes / 1024).toFixed(0)} KiB  dist/client/index.mjs, with all that it needs but:`);
  for (const name of dependencies) console.log(`         ${name}`);
}
