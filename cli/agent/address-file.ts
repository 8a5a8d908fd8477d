import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileError } from '../errors.ts';
import { removeOwn } from './own-file.ts';

/**
 * Writes the agent's address into a file: a reader finds the whole address or no file.
 * @returns removes the file, unless another agent has written its own address since
 * @throws FileError
 */
export function writeAddress(path: string, address: string): () => void {
  const content = `${address}\n`;
  const half = `${path}.${process.pid}`;
  try {
    rmSync(half, { force: true });
    // `wx` follows no link that another user has put there.
    writeFileSync(half, content, { flag: 'wx', mode: 0o644 });
    renameSync(half, path);
  } catch (failure) {
    rmSync(half, { force: true });
    const { code } = failure as NodeJS.ErrnoException;
    throw fileError(
      `The address file ${path} cannot be written (${code}). Name a file in a directory that exists and that the agent ` +
        'may write to in --address-file.',
    );
  }
  return () => removeOwn(path, content);
}
