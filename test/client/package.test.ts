import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClient } from '../../client/build.ts';
import { startWorld } from '../../local/world.ts';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '../..');
let app: string;
let built: Awaited<ReturnType<typeof buildClient>>;

/** An empty app with the packed archive in it, and the AWS clients that the archive asks for. */
beforeAll(async () => {
  app = await mkdtemp(path.join(tmpdir(), 'client-package-'));
  built = await buildClient(path.join(app, 'built'));
  await run('npm', ['pack', './built', '--silent'], { cwd: app });
  const archive = (await readdir(app)).find((name) => name.endsWith('.tgz')) as string;
  const installed = path.join(app, 'node_modules/thingspace-password-rotation');
  await mkdir(installed, { recursive: true });
  await run('tar', ['xzf', archive, '-C', installed, '--strip-components=1'], { cwd: app });
  await mkdir(path.join(app, 'node_modules/@aws-sdk'));
  for (const name of Object.keys(built.dependencies)) {
    await symlink(path.join(root, 'node_modules', name), path.join(app, 'node_modules', name));
  }
}, 120_000);
afterAll(() => rm(app, { recursive: true, force: true }));

test('the package needs the AWS clients for its four services, and nothing else', () => {
  expect(Object.keys(built.dependencies)).toEqual([
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-kms',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/client-sns',
    '@aws-sdk/util-dynamodb',
  ]);
  expect(built.sizeBytes).toBeLessThan(500_000);
});

test('the lines in docs/apps.md work as they stand, in an empty app, and twice with one log-in', async () => {
  const page = await readFile(path.join(root, 'docs/apps.md'), 'utf8');
  const lines = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  await writeFile(path.join(app, 'app.mjs'), lines);
  const soap = stripTypeScriptTypes(await readFile(path.join(root, 'local/fleet/soap.ts'), 'utf8'));
  const call = '(token) => getDeviceInformation(process.env.THINGSPACE_BASE_URL, token);';
  await writeFile(path.join(app, 'your-code.mjs'), `${soap}\nexport const callThingSpace = ${call}\n`);
  const world = await startWorld();
  const before = world.gateway.calls.length;
  try {
    const env = { ...process.env, ...world.env, SECRET_ARN: world.secretArn };
    for (let start = 0; start < 2; start += 1) {
      const { stdout } = await run(process.execPath, ['app.mjs'], { cwd: app, env });
      expect(stdout).toContain('GetDeviceInformationResponse');
    }
    expect(world.platform.truth(world.username)).toMatchObject({ logIns: 1, failures: 0 });
    const calls = world.gateway.calls
      .slice(before)
      .map(({ service, operation }) => `${service} ${operation}`);
    // What infra grants to clients; a row of the audit trail is written with every eighth log-in.
    expect(new Set(calls)).toEqual(
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
});

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
