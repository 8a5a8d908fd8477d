import { bundleCli } from '../cli/bundle.ts';
import { bundleAccess, bundleRotation } from '../infra/bundle.ts';

const builds = { rotation: bundleRotation, access: bundleAccess, cli: bundleCli };

/** `npm test` has built them in its `pretest`, and `npm run verify` before its test files. */
const areBuilt = process.env.npm_lifecycle_event === 'test' || process.env.BUILT === '1';
const begun = new Map<string, Promise<unknown>>();

/** Builds into `dist` what a test starts, once in a process, and not after a command that has just built it. */
export async function built(...names: (keyof typeof builds)[]): Promise<void> {
  if (areBuilt) return;
  for (const name of names) if (!begun.has(name)) begun.set(name, builds[name]());
  await Promise.all(names.map((name) => begun.get(name)));
}
