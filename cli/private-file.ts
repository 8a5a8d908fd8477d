import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type CommandError, fileError } from './errors.ts';

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
    throw notWritten(path, code);
  }
}

/** Finds out before long work that the file exists already. @throws CommandError FileError */
export function mustNotExist(path: string): void {
  if (existsSync(path)) throw notWritten(path, 'EEXIST');
}

function notWritten(path: string, code: string | undefined): CommandError {
  const why = code === 'EEXIST' ? 'it exists already, and nothing is overwritten: name another' : code;
  return fileError(`The file ${path} cannot be written (${why}).`);
}

/**
 * Replaces a file, or makes it: a reader finds the old one or the new one, whole. The new one is its owner's alone.
 * @throws CommandError FileError
 */
export function replacePrivately(path: string, content: Buffer | string): void {
  const beside = `${path}.${randomUUID()}`;
  writePrivately(beside, content);
  try {
    renameSync(beside, path);
  } catch (failure) {
    rmSync(beside, { force: true });
    const { code } = failure as NodeJS.ErrnoException;
    throw notWritten(path, code);
  }
}
