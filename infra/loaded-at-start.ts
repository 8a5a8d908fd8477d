import path from 'node:path';
import type { Metafile } from 'esbuild';

/** The outputs of a build that Node.js loads with this entry, before anything is imported on demand. */
export function loadedAtStart({ outputs }: Metafile, entryName: string): Set<string> {
  const isEntry = (output: string) => outputs[output]?.entryPoint && path.basename(output) === entryName;
  const seen = new Set(Object.keys(outputs).filter(isEntry));
  // A set also yields what is added while it is read.
  for (const output of seen) {
    for (const { kind, path: imported, external } of outputs[output]?.imports ?? []) {
      if (kind === 'import-statement' && !external) seen.add(imported);
    }
  }
  return seen;
}
