/**
 * The operator's tool as one file that runs without `node_modules`: `npm run build:cli`.
 * Deterministic, like the function's bundle.
 */
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const projectRoot = path.join(import.meta.dirname, '..');

export const cliBundle = path.join(projectRoot, 'dist', 'cli', 'thingspace-rotation.mjs');

/** CommonJS packages among those that are bundled call `require` of Node.js's own modules. */
const BANNER = [
  '#!/usr/bin/env node',
  "import { createRequire as thingspaceRequire } from 'node:module';",
  'const require = thingspaceRequire(import.meta.url);',
].join('\n');

/** @returns its size in bytes @throws esbuild's BuildFailure */
export async function bundleCli(file: string = cliBundle): Promise<number> {
  const { outputFiles } = await build({
    absWorkingDir: projectRoot,
    entryPoints: ['cli/main.ts'],
    outfile: cliBundle,
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    banner: { js: BANNER },
    minify: true,
    // Errors are known by their names.
    keepNames: true,
    legalComments: 'inline',
    logLevel: 'silent',
  });
  const contents = outputFiles[0]?.contents ?? new Uint8Array();
  await mkdir(path.dirname(file), { recursive: true });
  // Renamed into place: nobody starts half a file.
  const partial = `${file}.${process.pid}.partial`;
  await writeFile(partial, contents);
  await chmod(partial, 0o755);
  await rename(partial, file);
  return contents.byteLength;
}

if (import.meta.main) {
  const sizeBytes = await bundleCli();
  console.log(`${(sizeBytes / 1024).toFixed(0)} KiB  dist/cli/thingspace-rotation.mjs`);
}
