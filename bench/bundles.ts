import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from '../cli/bundle.ts';
import { type BundledFile, bundleAccess, bundleRotation } from '../infra/bundle.ts';
import { accessBundleDirectory, bundleDirectory } from '../infra/bundle-directory.ts';
import { assembleAccess } from '../infra/function-asset.ts';

const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const moduleIn = (directory: string) => join(directory, 'index.mjs');

/** The modules that the bench loads, and how many kilobytes a start of each loads. */
export async function makeBundles() {
  const template = join(scratch, 'template');
  const kilobytes = {
    'the rotation bundle': atStart(await bundleRotation()),
    'the access bundle': atStart(await bundleAccess()),
    'the operator’s tool': (await bundleCli()).atStartBytes / 1000,
  };
  await bundleRotation(template, 'bench/template.ts');
  return {
    kilobytes,
    rotation: moduleIn(bundleDirectory),
    access: moduleIn(accessBundleDirectory),
    deployedAccess: moduleIn(assembleAccess(accessBundleDirectory, DEPLOYED, join(scratch, 'deployed'))),
    template: moduleIn(template),
  };
}

const DEPLOYED = {
  policy: { rules: [], speakers: [] },
  secrets: {},
  usernames: {},
  retentionDays: 1,
  requestsPerMinute: 1,
};

const atStart = (files: readonly BundledFile[]): number =>
  files.filter(({ role }) => role === 'at start').reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1000;
