import { readFileSync, rmSync } from 'node:fs';

/** Removes a file that this process has written, unless another agent has replaced it since. */
export function removeOwn(path: string, content: string): void {
  if (contentOf(path) === content) rmSync(path, { force: true });
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
