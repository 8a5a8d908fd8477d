import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type ShellFile = {
  path: string;
  /** Removes the file with its directory. */
  remove(): void;
};

/** Writes variables into a new file for a shell to source, which only this user can read. */
export function writeShellFile(variables: Readonly<Record<string, string>>): ShellFile {
  const directory = mkdtempSync(join(tmpdir(), 'thingspace-world-'));
  const path = join(directory, 'env.sh');
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  writeFileSync(path, lines.join(''), { mode: 0o600 });
  return { path, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
