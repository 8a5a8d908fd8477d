import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { packClient } from '../../client/package.ts';
import { beside } from './libraries-beside.ts';

const run = promisify(execFile);
export const root = path.join(import.meta.dirname, '../..');

type Packed = Awaited<ReturnType<typeof packClient>> & {
  manifest: Record<string, unknown> & { dependencies: Record<string, string> };
};

/** An empty app with the archive for apps unpacked in it, and the AWS clients that npm would install for it. */
export async function makeEmptyApp(): Promise<{
  directory: string;
  packed: Packed;
  remove(): Promise<void>;
}> {
  const directory = await mkdtemp(path.join(tmpdir(), 'client-package-'));
  const archive = await packClient(directory);
  const installed = path.join(directory, 'node_modules/thingspace-password-rotation');
  await mkdir(installed, { recursive: true });
  await run('tar', ['xzf', archive.file, '-C', installed, '--strip-components=1']);
  const manifest = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
  await mkdir(path.join(directory, 'node_modules/@aws-sdk'));
  for (const name of Object.keys(manifest.dependencies)) {
    await symlink(path.join(root, 'node_modules', name), path.join(directory, 'node_modules', name));
  }
  const remove = () => rm(directory, { recursive: true, force: true });
  return { directory, packed: { ...archive, manifest }, remove };
}

/**
 * Installs the archive with npm in an app that has the oldest AWS clients which the package allows.
 * @returns the app's directory, and each AWS client in it with its version
 */
export async function installBesideOldest(directory: string, { file, manifest }: Packed) {
  const folder = await mkdtemp(path.join(directory, 'installed-'));
  const oldest = Object.entries(manifest.dependencies).map(([name, range]) => [name, range.replace('^', '')]);
  await writeFile(
    path.join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: Object.fromEntries(oldest) }),
  );
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--silent'];
  await run('npm', ['install', ...quietly, file], { cwd: folder });
  const clients = globSync('**/@aws-sdk/client-*/package.json', { cwd: folder });
  const versions = clients.map(async (one) => JSON.parse(await readFile(path.join(folder, one), 'utf8')));
  const installed = (await Promise.all(versions)).map(({ name, version }) => `${name} ${version}`);
  return { folder, installed, oldest: oldest.map((one) => one.join(' ')) };
}

/** The programs of Node.js on this machine, one for each of the versions that are supported. */
export async function nodes(): Promise<Map<number, string>> {
  const onPath = (process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, 'node'));
  const installed = [20, 22].map((major) => path.join(beside ?? '', `node_modules/node-${major}/bin/node`));
  const found = new Map<number, string>();
  for (const program of [process.execPath, ...onPath, ...(beside ? installed : [])]) {
    if (!existsSync(program)) continue;
    const { stdout } = await run(program, ['--version']);
    const major = Number(/^v(\d+)/.exec(stdout)?.[1]);
    if (!found.has(major)) found.set(major, program);
  }
  return found;
}

/** An app in TypeScript: it logs in once, closes its session, and meets a trouble in a test of its own. */
const APP = `
const warnings: string[] = [];
process.on('warning', ({ name, message }: Error) => {
  // AWS's SDK itself warns of the end of its support for Node.js 20.
  if (!message.includes('AWS SDK')) warnings.push(name);
});

async function main(): Promise<void> {
  const { SECRET_ARN = '', LEDGER_TABLE = '', SEALING_KEY_ID, THINGSPACE_BASE_URL } = process.env;
  const settings: SessionSettings = {
    secretId: SECRET_ARN,
    actor: 'an app',
    baseUrl: THINGSPACE_BASE_URL,
    ledger: { table: LEDGER_TABLE, sealingKeyId: SEALING_KEY_ID },
    clients: { sns: new SNSClient({}) },
  };
  const session: Session = createSession(settings);
  const opened = await session.withSession((token: string) => token.length > 0);
  await session.close();
  const fake = fakeSession();
  fake.fail('refused');
  const error: unknown = await fake.token().catch((failure: unknown) => failure);
  const known = error instanceof LogInRefusedError && error.versionId === 'fake-version';
  fake.hold();
  const { signal } = new AbortController();
  const calls = Array.from({ length: 20 }, () => fake.token({ signal }));
  fake.work();
  await Promise.all(calls);
  console.log(JSON.stringify({ opened, known, gone: saysSessionGone(new SessionGoneError()), warnings }));
}
void main();
// @ts-expect-error: a secret is needed
export const wrong = (): Session => createSession({ actor: 'a' });
`;
const NAMES = 'createSession, LogInRefusedError, saysSessionGone, SessionGoneError';
const CLIENT = 'thingspace-password-rotation/client';

const TYPESCRIPT = `import { ${NAMES}, type Session, type SessionSettings } from '${CLIENT}';
import { fakeSession } from '${CLIENT}/testing';
import { SNSClient } from '@aws-sdk/client-sns';
${APP}`;
const MODULE = stripTypeScriptTypes(TYPESCRIPT);
const COMMON_JS = stripTypeScriptTypes(APP).replace('export const wrong', 'exports.wrong');

/** The apps in JavaScript, by the name of their file. */
const SCRIPTS = {
  'app.mjs': MODULE,
  'app.cjs': `const { ${NAMES} } = require('${CLIENT}');
const { fakeSession } = require('${CLIENT}/testing');
const { SNSClient } = require('@aws-sdk/client-sns');
${COMMON_JS}`,
};

/** Ways to resolve modules in TypeScript; `type` is that of the app's package. */
export const RESOLUTIONS = {
  'nodenext, ES modules': { type: 'module', options: ['--module', 'nodenext'] },
  'nodenext, CommonJS': { type: 'commonjs', options: ['--module', 'nodenext'] },
  bundler: { type: 'module', options: ['--module', 'esnext', '--moduleResolution', 'bundler'] },
  node10: { type: 'commonjs', options: ['--module', 'commonjs', '--moduleResolution', 'node10'] },
} as const;

const STRICT = '--strict --exactOptionalPropertyTypes --skipLibCheck false --target es2022 --types node';

/** Writes the app in JavaScript. @returns its file */
export async function writeScript(directory: string, name: keyof typeof SCRIPTS): Promise<string> {
  const file = path.join(directory, name);
  await writeFile(file, SCRIPTS[name]);
  return file;
}

/** Compiles the app in TypeScript, with its declarations checked, in a folder of its own. @returns its file */
export async function compile(
  directory: string,
  compiler: string,
  resolution: keyof typeof RESOLUTIONS,
): Promise<string> {
  const { type, options } = RESOLUTIONS[resolution];
  const folder = await mkdtemp(path.join(directory, 'app-'));
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ type }));
  await writeFile(path.join(folder, 'app.ts'), TYPESCRIPT);
  const types = ['--typeRoots', path.join(root, 'node_modules/@types')];
  await run(process.execPath, [compiler, ...options, ...STRICT.split(' '), ...types, 'app.ts'], {
    cwd: folder,
  });
  return path.join(folder, 'app.js');
}
