/**
 * Builds the client library into `dist/client`, which the package exports as `thingspace-password-rotation/client` and
 * `…/client/testing`: ES modules, CommonJS, and one declaration for each. `npm pack` runs it.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

export const root = path.join(import.meta.dirname, '..');
export const clientDirectory = path.join(root, 'dist', 'client');

/** `dependencies`: the packages that the library imports and does not contain. `sizeBytes`: what `import` loads of it. */
export type BuiltClient = { sizeBytes: number; dependencies: string[] };

const COMMON: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Comments are in the declarations; names stay, for stack traces.
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  legalComments: 'inline',
  logLevel: 'silent',
};

/** @param outDir absolute; replaced as a whole */
export async function buildClient(outDir: string = clientDirectory): Promise<BuiltClient> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  const { metafile } = await build({
    ...COMMON,
    entryPoints: ['client/index.ts', 'client/testing.ts'],
    outdir: outDir,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    // Both entries throw errors of the same classes.
    splitting: true,
    chunkNames: 'shared',
    inject: ['cli/node-20.ts'],
    define: { 'Promise.withResolvers': 'node20WithResolvers', 'URL.parse': 'node20ParseUrl' },
    // An app has AWS clients already; everything else is inside.
    external: CLIENTS.map((name) => `@aws-sdk/client-${name}`),
    mainFields: ['module', 'main'],
    metafile: true,
  });
  await writeCommonJs(outDir);
  await writeDeclarations(outDir);
  const loaded = ['index.mjs', 'shared.mjs'].map(async (file) => (await stat(path.join(outDir, file))).size);
  const sizeBytes = (await Promise.all(loaded)).reduce((sum, size) => sum + size, 0);
  return { sizeBytes, dependencies: packagesIn(metafile) };
}

const CLIENTS = ['dynamodb', 'kms', 'secrets-manager', 'sns'];

/** Converts each ES module by itself, so that the files share classes as the modules do. */
async function writeCommonJs(outDir: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: ['index', 'testing', 'shared'].map((name) => path.join(outDir, `${name}.mjs`)),
    outdir: outDir,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    packages: 'external',
    plugins: [
      {
        name: 'beside',
        setup({ onResolve }) {
          onResolve({ filter: /^\.\// }, ({ path: imported }) => ({
            path: imported.replace(/\.mjs$/, '.cjs'),
            external: true,
          }));
        },
      },
    ],
  });
}

/**
 * Writes the declarations `index` and `testing`, for ES modules and for CommonJS. Each is one file with the public
 * names alone; `testing` takes its types from `index`.
 */
async function writeDeclarations(outDir: string): Promise<void> {
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

function packagesIn({ outputs }: Metafile): string[] {
  const imported = Object.values(outputs).flatMap(({ imports }) => imports.map((one) => one.path));
  return [...new Set(imported.filter((name) => name.startsWith('@aws-sdk/')))].sort();
}

if (import.meta.main) {
  const { sizeBytes, dependencies } = await buildClient();
  console.log(`${(sizeBytes / 1024).toFixed(0)} KiB  dist/client/index.mjs, with all that it needs but:`);
  for (const name of dependencies) console.log(`         ${name}`);
}
