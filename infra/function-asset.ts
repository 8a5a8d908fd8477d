import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ACCESS_FILE, type AccessFile } from '../lambda/access/settings.ts';

/**
 * Puts the policy beside a copy of the bundle. It is a file of the asset and not a variable of the environment: those
 * hold 4 KB together, which a policy outgrows, and code and policy change in one step.
 * @param outDir made where it is missing
 */
export const assembleAccess = (bundle: string, file: AccessFile, outDir: string): string =>
  assemble(bundle, accessFiles(file), outDir);

export const accessFiles = (file: AccessFile): Record<string, string> => ({
  [ACCESS_FILE]: `${JSON.stringify(file, null, 2)}\n`,
});

function assemble(bundle: string, files: Readonly<Record<string, string>>, outDir: string): string {
  mkdirSync(outDir, { recursive: true });
  cpSync(bundle, outDir, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(outDir, name), content);
  return outDir;
}

/** Lets `stage` take a directory with the bundle and these files, which is removed afterwards. */
export function withFiles<T>(
  bundle: string,
  files: Readonly<Record<string, string>>,
  stage: (directory: string) => T,
): T {
  if (Object.keys(files).length === 0) return stage(bundle);
  const directory = mkdtempSync(path.join(tmpdir(), 'thingspace-function-'));
  try {
    return stage(assemble(bundle, files, directory));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
