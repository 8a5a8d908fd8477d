import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ZipOptions, type Zippable, zipSync } from 'fflate';

/** The earliest date that the format knows: the same files give the same archive. */
const FIRST_DATE = new Date(1980, 0, 1);
const UNIX = 3;
/** A regular file that every user may read: Lambda runs the function as another user. */
const MODE = (0o100644 << 16) >>> 0;

/** Returns the files below a directory as a zip archive, names in order, without times. */
export function zipOf(directory: string): Uint8Array {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
  const options: ZipOptions = { mtime: FIRST_DATE, os: UNIX, attrs: MODE, level: 9 };
  const files: Zippable = {};
  for (const name of names) files[name] = [readFileSync(path.join(directory, name)), options];
  return zipSync(files);
}
