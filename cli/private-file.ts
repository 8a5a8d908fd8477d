import { writeFileSync } from 'node:fs';
import { CommandError } from './errors.ts';

/**
 * Writes a file that only its owner may read and that must not exist yet: what it holds is never let into
 * a file whose rights another user has set.
 * @throws FileError
 */
export function writePrivately(path: string, content: Buffer | string): void {
  try {
    // `wx` creates or fails; it follows no symbolic link at the end of the path.
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'it exists already, and nothing is overwritten: name another' : code;
    throw new CommandError('FileError', `The file ${path} cannot be written (${why}).`);
  }
}
