import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ACCESS_FILE, type AccessFile } from '../lambda/access/settings.ts';

/**
 * Puts the policy beside a copy of the bundle. It is a file of the asset and not a variable of the environment: those
 * hold 4 KB together, which a policy outgrows, and code and policy change in one step.
 * @param outDir made where it is missing
 */
export function assembleAccess(bundle: string, file: AccessFile, outDir: string): string {
  mkdirSync(outDir, { recursive: true });
  cpSync(bundle, outDir, { recursive: true });
  writeFileSync(path.join(outDir, ACCESS_FILE), `${JSON.stringify(file, null, 2)}\n`);
  return outDir;
}
