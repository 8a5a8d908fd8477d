/**
 * Packs the archive for apps, `npm run package:client`: the client library, its declarations, a page to read, and
 * nothing else of the project. The package has the same name as the whole one, so imports fit both.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildClient, root } from './build.ts';

type Manifest = Record<string, unknown> & { version: string; exports: Record<string, unknown> };

/** The members of the project's manifest that hold for apps, too. */
const SHARED = ['name', 'version', 'license', 'engines', 'typesVersions', 'sideEffects', 'dependencies'];

/**
 * Writes the archive into a directory.
 * @returns its path, its size, and its files
 */
export async function packClient(
  directory: string,
): Promise<{ file: string; sizeBytes: number; files: string[] }> {
  const staged = await mkdtemp(path.join(directory, 'package-'));
  try {
    const whole: Manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
    await buildClient(path.join(staged, 'dist/client'));
    await writeFile(path.join(staged, 'package.json'), `${JSON.stringify(manifestOf(whole), null, 2)}\n`);
    await copyFile(path.join(root, 'LICENSE'), path.join(staged, 'LICENSE'));
    await copyFile(path.join(root, 'client/README.md'), path.join(staged, 'README.md'));
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', staged];
    const { stdout } = await promisify(execFile)('npm', pack, { cwd: staged });
    const [{ filename, files }] = JSON.parse(stdout);
    const file = path.join(directory, `thingspace-client-${whole.version}.tgz`);
    await rename(path.join(staged, filename), file);
    const { size } = await stat(file);
    return { file, sizeBytes: size, files: files.map((one: { path: string }) => one.path).sort() };
  } finally {
    await rm(staged, { recursive: true });
  }
}

function manifestOf(whole: Manifest): object {
  const ofClient = Object.entries(whole.exports).filter(([name]) => name.startsWith('./client'));
  return {
    ...Object.fromEntries(SHARED.map((name) => [name, whole[name]])),
    description: 'A live Verizon ThingSpace session for apps, through every rotation of the password',
    exports: Object.fromEntries(ofClient),
  };
}

if (import.meta.main) {
  const { file, sizeBytes, files } = await packClient(root);
  console.log(`${(sizeBytes / 1024).toFixed(0)} KiB  ${path.relative(root, file)}, ${files.length} files`);
}
