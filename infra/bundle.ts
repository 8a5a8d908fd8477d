/**
 * Bundles the functions: what is deployed, what `npm start` runs and what the tests run are the
 * same bytes. Deterministic, so that `cdk diff` after no change is empty: nothing in the output depends on
 * where the project lies or where the output goes.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { accessBundleDirectory, bundleDirectory } from './bundle-directory.ts';
import { loadedAtStart } from './loaded-at-start.ts';
import { replaceDirectory } from './replace-directory.ts';

const projectRoot = path.join(import.meta.dirname, '..');

/** `at start`: loaded by every cold start. `on demand`: behind a dynamic import. */
type Role = 'at start' | 'on demand' | 'source maps' | 'licences';

/** One written file; `path` is relative to the bundle's directory, with forward slashes. */
export type BundledFile = { path: string; sizeBytes: number; role: Role };

/**
 * Writes the bundle of `lambda/rotation/handler.ts` into a directory, replacing what an earlier build left.
 * Builds that run at the same time into the same directory do not disturb each other.
 *
 * @param outDir absolute, or relative to the working directory
 * @param entry for tests; relative to the project
 * @returns the files, largest first
 * @throws esbuild's BuildFailure, which names file and line
 */
export async function bundleRotation(
  outDir: string = bundleDirectory,
  entry = 'lambda/rotation/handler.ts',
): Promise<BundledFile[]> {
  const { outputFiles, metafile } = await compile(entry);
  const contents = new Map(outputFiles.map((file) => [nameOf(file.path), file.contents]));
  await replaceDirectory(path.resolve(outDir), contents);

  const atStart = new Set([...loadedAtStart(metafile, 'index.mjs')].map(nameOf));
  return [...contents]
    .map(([name, { byteLength }]) => ({ path: name, sizeBytes: byteLength, role: roleOf(name, atStart) }))
    .sort((a, b) => b.sizeBytes - a.sizeBytes);
}

/** The bundle of `lambda/access/handler.ts`, likewise; without the policy, which is the deployment's. */
export const bundleAccess = (outDir: string = accessBundleDirectory): Promise<BundledFile[]> =>
  bundleRotation(outDir, 'lambda/access/handler.ts');

function compile(entry: string) {
  // Built in memory towards a fixed place: paths in source maps are relative to the output.
  return build({
    absWorkingDir: projectRoot,
    entryPoints: { index: entry },
    outdir: bundleDirectory,
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The packages' ES modules can be shaken; the default for Node.js would take their CommonJS.
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    minify: true,
    // Functions keep their names in stack traces, and errors in logs and in the alarms on them.
    keepNames: true,
    sourcemap: 'linked',
    // File, line and column are enough in a stack trace; the sources would triple the asset.
    sourcesContent: false,
    plugins: [packagesWithoutLines],
    legalComments: 'external',
    metafile: true,
    logLevel: 'silent',
  });
}

/**
 * Node.js reads the source maps of everything that it loads (`--enable-source-maps`), so what a map says of packages
 * is paid for by every cold start. A stack trace names a package's file, and the line in our own code.
 */
const packagesWithoutLines: Plugin = {
  name: 'packages-without-lines',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.m?js$/ }, async ({ path: file }) => {
      const map = { version: 3, sources: [path.basename(file)], names: [], mappings: 'AAAA' };
      const url = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
      const source = (await readFile(file, 'utf8')).replace(/^\/\/# sourceMappingURL=.*$/gm, '');
      return { contents: `${source}\n//# sourceMappingURL=${url}\n`, loader: 'js' };
    });
  },
};

const nameOf = (file: string) =>
  path.relative(bundleDirectory, path.resolve(projectRoot, file)).split(path.sep).join('/');

function roleOf(name: string, atStart: Set<string>): Role {
  if (name.endsWith('.map')) return 'source maps';
  if (name.endsWith('.txt')) return 'licences';
  return atStart.has(name) ? 'at start' : 'on demand';
}

if (import.meta.main) {
  for (const [name, files] of [
    ['rotation', await bundleRotation()],
    ['access', await bundleAccess()],
  ] as const) {
    for (const [role, members] of Map.groupBy(files, (file) => file.role)) {
      const sizeBytes = members.reduce((sum, file) => sum + file.sizeBytes, 0);
      const kibibytes = (sizeBytes / 1024).toFixed(0);
      console.log(`${kibibytes.padStart(6)} KiB in ${String(members.length).padStart(2)} files  ${role}`);
    }
    console.log(`dist/${name}/index.mjs is ready`);
  }
}
