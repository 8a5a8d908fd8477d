/**
 * Builds the client library into `dist/client`, which the package exports as `thingspace-password-rotation/client` and
 * `…/client/testing`: ES modules, CommonJS, and one declaration for each. `npm pack` runs it.
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { writeDeclarations } from './declarations.ts';

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

function packagesIn({ outputs }: Metafile): string[] {
  const imported = Object.values(outputs).flatMap(({ imports }) => imports.map((one) => one.path));
  return [...new Set(imported.filter((name) => name.startsWith('@aws-sdk/')))].sort();
}

if (import.meta.main) {
  const { sizeBytes, dependencies } = await buildClient();
  console.log(`${(sizeBytes / 1024).toFixed(0)} KiB  dist/client/index.mjs, with all that it needs but:`);
  for (const name of dependencies) console.log(`         ${name}`);
}
