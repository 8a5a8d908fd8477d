import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorld, type World } from '../../local/world.ts';
import { startDeviceList } from './device-list.ts';
import {
  compile,
  installBesideOldest,
  makeEmptyApp,
  nodes,
  RESOLUTIONS,
  root,
  writeScript,
} from './empty-app.ts';
import { beside } from './libraries-beside.ts';

const run = promisify(execFile);
let made: Awaited<ReturnType<typeof makeEmptyApp>>;
let app: string;

beforeAll(async () => {
  made = await makeEmptyApp();
  app = made.directory;
}, 120_000);
afterAll(() => made?.remove());

test('the archive for apps holds the library, its declarations and a page, and nothing else', () => {
  const ofClient = ['index', 'shared', 'testing'].flatMap((name) =>
    ['.cjs', '.d.cts', '.d.mts', '.mjs'].map((end) => `dist/client/${name}${end}`),
  );
  const files = ofClient.filter((file) => !/shared\.d\./.test(file));
  expect(made.packed.files).toEqual(['LICENSE', 'README.md', ...files, 'package.json']);
  expect(made.packed.sizeBytes).toBeLessThan(300_000);
});

test('the package leaves an app its own copy of the AWS clients, and depends on nothing else', async () => {
  const { dependencies, exports, sideEffects } = made.packed.manifest;
  expect(Object.keys(dependencies)).toEqual([
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-kms',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/client-sns',
  ]);
  for (const range of Object.values(dependencies)) expect(range).toMatch(/^\^3\.\d+\.0$/);
  expect(Object.keys(exports as object)).toEqual(['./client', './client/testing']);
  expect(sideEffects).toBe(false);
  // The project itself is pinned, and its whole archive has the same library.
  const whole = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  expect(whole.dependencies).toEqual(dependencies);
  // The CDK is for who uses the constructs.
  expect(Object.keys(whole.peerDependenciesMeta)).toEqual(['aws-cdk-lib', 'constructs']);
});

test('the declarations have no insides, and import nothing', async () => {
  const installed = path.join(app, 'node_modules/thingspace-password-rotation/dist/client');
  for (const format of ['mts', 'cts']) {
    const text = await readFile(path.join(installed, `index.d.${format}`), 'utf8');
    expect(text).not.toMatch(/\bimport\b|\brequire\b|declare (global|module)|Sealer|SessionItem|handOut/);
    const testing = await readFile(path.join(installed, `testing.d.${format}`), 'utf8');
    const imported = [...testing.matchAll(/from "(.+?)"/g)].map(([, from]) => from);
    expect(imported).toEqual([format === 'mts' ? './index.mjs' : './index.cjs']);
  }
});

/** The first lines of JavaScript in a page, behind a heading. */
async function linesIn(page: string, heading: string): Promise<string> {
  const text = await readFile(path.join(root, page), 'utf8');
  const [, section = ''] = text.split(`\n${heading}\n`);
  return /```js\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
}

/** Runs lines of a page as the file app.mjs in the empty app, in that world. */
async function runLines(lines: string, world: World, more: Record<string, string> = {}) {
  await writeFile(path.join(app, 'app.mjs'), lines);
  const env = { ...process.env, ...world.env, SECRET_ARN: world.secretArn, ...more };
  return run(process.execPath, ['app.mjs'], { cwd: app, env });
}

async function runReadme(world: World) {
  const lines = await linesIn('README.md', '## In an app');
  expect(lines.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(10);
  const soap = pathToFileURL(path.join(root, 'local/fleet/soap.ts'));
  const call = '(token) => getDeviceInformation(process.env.THINGSPACE_BASE_URL, token);';
  const code = `import { getDeviceInformation } from '${soap}';\nexport const callThingSpace = ${call}\n`;
  await writeFile(path.join(app, 'your-code.mjs'), code);
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
        // Before a log-in: it shows whether the item is older than its table.
        'dynamodb DescribeTable',
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
      const { stdout, stderr } = await runLines(
        await linesIn('docs/apps.md', '## Over REST'),
        world,
        devices.env,
      );
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

test('the lines about an app’s tests are a test that passes', async () => {
  await writeFile(path.join(app, 'app.mjs'), await linesIn('docs/apps.md', "## In an app's tests"));
  const { stdout } = await run(process.execPath, ['app.mjs'], { cwd: app });
  expect(stdout).toMatch(/^(#|ℹ) pass 1$/m);
});

/** The gate has every version of Node.js that `engines` names, and the TypeScript that knows `node10`. */
const programs = await nodes();
const compilers = {
  'TypeScript 7': path.join(root, 'node_modules/typescript/bin/tsc'),
  ...(beside ? { 'TypeScript 5': path.join(beside, 'node_modules/typescript-5/bin/tsc') } : {}),
};

describe('an empty app', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.close());

  /** Runs the app with these versions of Node.js. All of them share one session in the world, so there is one log-in. */
  async function runWith(some: ReadonlyMap<number, string>, file: string): Promise<void> {
    const env = { ...process.env, ...world.env, SECRET_ARN: world.secretArn };
    for (const [major, program] of some) {
      const { stdout } = await run(program, [file], { env });
      expect(JSON.parse(stdout), `Node.js ${major}`).toEqual({
        opened: true,
        known: true,
        gone: true,
        warnings: [],
      });
    }
    expect(world.platform.truth(world.username)).toMatchObject({ logIns: 1, failures: 0 });
  }

  test('meets in the gate every Node.js that is supported', () => {
    expect([...programs.keys()]).toContain(24);
    if (beside) expect([...programs.keys()].sort()).toEqual([20, 22, 24]);
  });

  test.each(['app.mjs', 'app.cjs'] as const)('runs as %s', async (name) => {
    await runWith(programs, await writeScript(app, name));
  });

  const rows = Object.entries(compilers).flatMap(([name, compiler]) =>
    (Object.keys(RESOLUTIONS) as (keyof typeof RESOLUTIONS)[])
      // TypeScript 7 no longer has `node10`, and `npm test` compiles with one of each kind of declaration.
      .filter((resolution) => name === 'TypeScript 5' || resolution !== 'node10')
      .filter((resolution) => beside || resolution.startsWith('nodenext'))
      .filter((resolution) => name === 'TypeScript 7' || resolution !== 'nodenext, CommonJS')
      .map((resolution) => ({ name, compiler, resolution })),
  );
  test.concurrent.each(rows)('compiles without skipLibCheck, and runs: $resolution, $name', async (row) => {
    const some = beside ? programs : new Map([...programs].slice(0, 1));
    await runWith(some, await compile(app, row.compiler, row.resolution));
  });
});

test.runIf(beside)(
  'is installed by npm beside the oldest AWS clients, and uses the app’s copies',
  async () => {
    const { folder, installed, oldest } = await installBesideOldest(app, made.packed);
    for (const client of oldest) {
      const [name = ''] = client.split(' ');
      expect(installed.filter((one) => one.startsWith(`${name} `))).toEqual([client]);
    }
    const world = await startWorld();
    try {
      const file = await writeScript(folder, 'app.mjs');
      const env = { ...process.env, ...world.env, SECRET_ARN: world.secretArn };
      expect(JSON.parse((await run(process.execPath, [file], { env })).stdout)).toMatchObject({
        opened: true,
      });
    } finally {
      await world.close();
    }
  },
);

test('an error of the ES module is known in CommonJS, and the other way round', async () => {
  await writeFile(
    path.join(app, 'both.mjs'),
    `import { createRequire } from 'node:module';
import * as ofModule from 'thingspace-password-rotation/client';
const ofCommonJs = createRequire(import.meta.url)('thingspace-password-rotation/client');
const known = (one, other) => [one.saysSessionGone(new other.SessionGoneError()), one.saysBearerRefused(new other.BearerRefusedError())];
console.log(JSON.stringify([...known(ofModule, ofCommonJs), ...known(ofCommonJs, ofModule)]));\n`,
  );
  const { stdout } = await run(process.execPath, ['both.mjs'], { cwd: app });
  expect(JSON.parse(stdout)).toEqual([true, true, true, true]);
});
