import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a directory hold exactly these files, by names with forward slashes. Builds that run at the same time into
 * the same directory do not disturb each other.
 */
export async function replaceDirectory(directory: string, files: Map<string, Uint8Array>): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, contents] of files) {
    const target = path.join(directory, name);
    const present = await readFile(target).catch(() => undefined);
    if (present && Buffer.compare(present, contents) === 0) continue;
    await mkdir(path.dirname(target), { recursive: true });
    // Renamed into place: a process that starts meanwhile never reads half a file. Outside the directory,
    // where a build that was killed cannot leave anything in the asset.
    const partial = `${directory}.${process.pid}.partial`;
    await writeFile(partial, contents);
    await rename(partial, target);
  }
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const absolute = path.join(entry.parentPath, entry.name);
    const name = path.relative(directory, absolute).split(path.sep).join('/');
    if (entry.isFile() && !files.has(name)) await rm(absolute, { force: true });
  }
}
