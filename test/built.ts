import { bundleCli } from '../cli/bundle.ts';
import { bundleAccess, bundleRotation } from '../infra/bundle.ts';

const builds = { rotation: bundleRotation, access: bundleAccess, cli: bundleCli };

/**
 * Reports whether the command has just built them: `npm test` in its `pretest`, which npm leaves out under `ignore-scripts`,
 * and `npm run verify` before its test files.
 */
export const hasBuilt = (env: NodeJS.ProcessEnv): boolean =>
  env.BUILT === '1' ||
  (env.npm_lifecycle_event === 'test' && /^(false|0|)$/.test(env.npm_config_ignore_scripts ?? ''));

const begun = new Map<string, Promise<unknown>>();

/** Builds into `dist` what a test starts, once in a process, and not after a command that has just built it. */
export async function built(...names: (keyof typeof builds)[]): Promise<void> {
  if (hasBuilt(process.env)) return;
  for (const name of names) if (!begun.has(name)) begun.set(name, builds[name]());
  await Promise.all(names.map((name) => begun.get(name)));
}
