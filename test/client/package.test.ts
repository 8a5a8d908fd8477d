import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BuiltClient, buildClient } from '../../client/build.ts';
import { startWorld, type World } from '../../local/world.ts';
import { startDeviceList } from './device-list.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');
let app: string;
let built: BuiltClient;
let manifest: { dependencies: Record<string, string>; peerDependenciesMeta: Record<string, object> };

/** An empty app with the packed archive in it, and the dependencies that npm would install for it. */
beforeAll(async () => {
  app = await mkdtemp(path.join(tmpdir(), 'client-package-'));
  // Packed beside the checkout: other tests pack and build in there at the same time.
  const staged = path.join(app, 'staged');
  built = await buildClient(path.join(staged, 'dist/client'));
  await copyFile(path.join(root, 'package.json'), path.join(staged, 'package.json'));
  manifest = JSON.parse(await readFile(path.join(staged, 'package.json'), 'utf8'));
  await run('npm', ['pack', './staged', '--silent', '--ignore-scripts'], { cwd: app });
  const archive = (await readdir(app)).find((name) => name.endsWith('.tgz')) as string;
  const installed = path.join(app, 'node_modules/thingspace-password-rotation');
  await mkdir(installed, { recursive: true });
  await run('tar', ['xzf', archive, '-C', installed, '--strip-components=1'], { cwd: app });
  await mkdir(path.join(app, 'node_modules/@aws-sdk'));
  for (const name of Object.keys(manifest.dependencies)) {
    await symlink(path.join(root, 'node_modules', name), path.join(app, 'node_modules', name));
  }
}, 120_000);
afterAll(() => rm(app, { recursive: true, force: true }));

test('the package depends only on the AWS clients that the client library imports', () => {
  expect(built.dependencies).toEqual([
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-kms',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/client-sns',
    '@aws-sdk/util-dynamodb',
  ]);
  expect(Object.keys(manifest.dependencies)).toEqual(built.dependencies);
  // The CDK is for who uses the constructs.
  expect(Object.keys(manifest.peerDependenciesMeta)).toEqual(['aws-cdk-lib', 'constructs']);
  expect(built.sizeBytes).toBeLessThan(500_000);
});

const linesIn = async (page: string) =>
  /```js\n([\s\S]*?)```/.exec(await readFile(path.join(root, page), 'utf8'))?.[1] ?? '';

/** Runs lines of a page as the file app.mjs in the empty app, in that world. */
async function runLines(lines: string, world: World, more: Record<string, string> = {}) {
  await writeFile(path.join(app, 'app.mjs'), lines);
  const env = { ...process.env, ...world.env, SECRET_ARN: world.secretArn, ...more };
  return run(process.execPath, ['app.mjs'], { cwd: app, env });
}

async function runReadme(world: World) {
  const lines = await linesIn('README.md');
  expect(lines.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(10);
  const soap = stripTypeScriptTypes(await readFile(path.join(root, 'local/fleet/soap.ts'), 'utf8'));
  const call = '(token) => getDeviceInformation(process.env.THINGSPACE_BASE_URL, token);';
  await writeFile(path.join(app, 'your-code.mjs'), `${soap}\nexport const callThingSpace = ${call}\n`);
  return runLines(lines, world);
}

const callsSince = ({ gateway }: World, index: number) =>
  new Set(gateway.calls.slice(index).map(({ service, operation }) => `${service} ${operation}`));

test('the lines in README work unchanged in an empty app, and twice with one log-in', async () => {
  const world = await startWorld();
  const before = world.gateway.calls.length;
  try {
    for (let start = 0; start < 2; start += 1) {
      expect((await runReadme(world)).stdout).toContain('GetDeviceInformationResponse');
    }
    expect(world.platform.truth(world.username)).toMatchObject({ logIns: 1, failures: 0 });
    // The calls that infra grants to clients; every eighth log-in writes a row of the audit trail.
    expect(callsSince(world, before)).toEqual(
      new Set([
        'secretsmanager DescribeSecret',
        'secretsmanager GetSecretValue',
        'dynamodb GetItem',
        'dynamodb PutItem',
        'kms Encrypt',
        'kms Decrypt',
        'thingspace LogIn',
        'thingspace GetDeviceInformation',
      ]),
    );
  } finally {
    await world.close();
  }
}, 60_000);

test('a refused log-in of these lines is announced by the same process', async () => {
  const world = await startWorld({ storedPassword: 'Mistyped Marker 1' });
  const before = world.gateway.calls.length;
  try {
    await expect(runReadme(world)).rejects.toMatchObject({
      stderr: expect.stringContaining('LogInRefusedError'),
    });
    expect(callsSince(world, before)).toContain('sns Publish');
    const announced = world.aws.sns.published.map(({ attributes }) => attributes.event?.value);
    expect(announced).toEqual(['failed-log-in']);
  } finally {
    await world.close();
  }
}, 60_000);

test('the lines about REST work unchanged, with one log-in, when another program revokes the bearer', async () => {
  const world = await startWorld({ transport: 'rest' });
  const devices = await startDeviceList(world);
  const before = world.gateway.calls.length;
  const said: string[] = [];
  try {
    for (let start = 0; start < 3; start += 1) {
      if (start === 2) devices.revokeBeforeNext();
      const { stdout, stderr } = await runLines(await linesIn('docs/apps.md'), world, devices.env);
      expect(stdout).toContain("accountName: '0000123456-00001'");
      said.push(stdout, stderr);
    }
    expect(world.platform.truth(world.username)).toMatchObject({ logIns: 1, failures: 0 });
    expect(devices.statuses).toEqual([200, 200, 401, 200]);
    const ofThingSpace = world.gateway.calls.slice(before).filter(({ service }) => service === 'thingspace');
    const operations = ofThingSpace.map(({ operation }) => operation);
    // Three processes, and the bearer that was revoked.
    expect(Object.groupBy(operations, (name) => name)).toEqual({
      GetBearer: Array(4).fill('GetBearer'),
      LogIn: ['LogIn'],
    });
    const { apiKey, apiSecret } = world.application;
    for (const secret of [apiKey, apiSecret, ...world.rest.bearers.made])
      expect(said.join()).not.toContain(secret);
  } finally {
    await devices.close();
    await world.close();
  }
}, 60_000);

test('an app in TypeScript finds the types', async () => {
  await writeFile(
    path.join(app, 'app.ts'),
    `import { createSession, type Session } from 'thingspace-password-rotation/client';
const session: Session = createSession({ secretId: 's', actor: 'a' });
export const token: Promise<string> = session.token({ patienceMs: 1_000 });
// @ts-expect-error: a secret is needed
createSession({ actor: 'a' });\n`,
  );
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const options =
    '--noEmit --strict --module nodenext --target es2024 --skipLibCheck --types node --typeRoots';
  const typeRoots = path.join(root, 'node_modules/@types');
  await run(process.execPath, [tsc, ...options.split(' '), typeRoots, 'app.ts'], { cwd: app });
});
