/**
 * Builds the operator's tool into one directory that runs without `node_modules`: `npm run build:cli`.
 * Deterministic, like the function's bundle. Each part that only some commands need is a file of its own: Node.js
 * spends time on everything that it loads, and operators wait for it.
 */
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import { loadedAtStart } from '../infra/loaded-at-start.ts';
import { replaceDirectory } from '../infra/replace-directory.ts';
import { PROGRAM } from '../lambda/operator-tool.ts';
import { VERSION } from '../lambda/version.ts';

const projectRoot = path.join(import.meta.dirname, '..');
const cliDirectory = path.join(projectRoot, 'dist', 'cli');

/** The file that an operator starts; its parts are in `chunks` beside it. */
export const cliBundle = path.join(cliDirectory, `${PROGRAM}.mjs`);

/** CommonJS packages among those that are bundled call `require` of Node.js's own modules. */
const BANNER = [
  "import { createRequire as thingspaceRequire } from 'node:module';",
  'const require = thingspaceRequire(import.meta.url);',
].join('\n');

/** By cli/node-20.ts, which is injected. */
const ON_NODE_20 = {
  'process.getBuiltinModule': 'node20BuiltinModule',
  'Promise.withResolvers': 'node20WithResolvers',
  'URL.parse': 'node20ParseUrl',
};

/** The tool needs the version of package.json alone; the rest would be 4 KB that every command loads. */
const versionAlone: Plugin = {
  name: 'version-alone',
  setup({ onLoad }) {
    const ownPackage = path.join(projectRoot, 'package.json');
    onLoad({ filter: /[/\\]package\.json$/ }, (file) =>
      file.path === ownPackage
        ? { contents: JSON.stringify({ version: VERSION }), loader: 'json' }
        : undefined,
    );
  },
};

/**
 * @param directory absolute; it holds nothing else afterwards
 * @param entry for tests; relative to the project
 * @returns the size of all files in bytes, and of those that every command loads
 * @throws esbuild's BuildFailure
 */
export async function bundleCli(
  directory: string = cliDirectory,
  entry = 'cli/main.ts',
): Promise<{ sizeBytes: number; atStartBytes: number }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: projectRoot,
    entryPoints: { [PROGRAM]: entry },
    outdir: cliDirectory,
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    inject: ['cli/node-20.ts'],
    define: ON_NODE_20,
    plugins: [versionAlone],
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: BANNER },
    minify: true,
    // Errors are known by their names.
    keepNames: true,
    legalComments: 'inline',
    metafile: true,
    logLevel: 'silent',
  });
  const nameOf = (file: string) => path.relative(cliDirectory, file).split(path.sep).join('/');
  await replaceDirectory(directory, new Map(outputFiles.map((file) => [nameOf(file.path), file.contents])));
  await chmod(path.join(directory, `${PROGRAM}.mjs`), 0o755);
  const sizeOf = (outputs: Iterable<string>) =>
    [...outputs].reduce((sum, output) => sum + (metafile.outputs[output]?.bytes ?? 0), 0);
  return {
    sizeBytes: sizeOf(Object.keys(metafile.outputs)),
    atStartBytes: sizeOf(loadedAtStart(metafile, `${PROGRAM}.mjs`)),
  };
}

if (import.meta.main) {
  const { sizeBytes, atStartBytes } = await bundleCli();
  const [all, atStart] = [sizeBytes, atStartBytes].map((bytes) => `${(bytes / 1024).toFixed(0)} KiB`);
  console.log(`${all}  dist/cli (${atStart} at start): copy the directory, start ${PROGRAM}.mjs in it`);
}
