import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BundledFile, bundleAccess, bundleRotation } from '../../infra/bundle.ts';
import { assembleAccess } from '../../infra/function-asset.ts';
import { synthesize } from './synthesize.ts';

let first: string;
let second: string;
let access: string;
let sizes: Record<'rotation' | 'access', readonly BundledFile[]>;

beforeAll(async () => {
  first = await mkdtemp(path.join(tmpdir(), 'first-'));
  second = path.join(await mkdtemp(path.join(tmpdir(), 'second-')), 'deeper', 'still');
  access = path.join(second, '..', 'access');
  await bundleRotation(first);
  sizes = { rotation: await bundleRotation(second), access: await bundleAccess(access) };
}, 120_000);

afterAll(async () => {
  await rm(first, { recursive: true });
  await rm(path.dirname(path.dirname(second)), { recursive: true });
});

async function contents(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const read = files.map(
    async (file) => [path.relative(directory, file), await readFile(file, 'utf8')] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

test('gives the same bytes in two builds in two places, and one hash of the asset', async () => {
  expect(await contents(first)).toEqual(await contents(second));
  const key = (bundle: string) =>
    synthesize(undefined, bundle).one('AWS::Lambda::Function').Properties.Code.S3Key;
  expect(key(first)).toMatch(/^[0-9a-f]{64}\.zip$/);
  expect(key(first)).toBe(key(second));
});

test('names no path of the building machine in a file', async () => {
  const project = path.join(import.meta.dirname, '..', '..');
  for (const [name, text] of Object.entries(await contents(first))) {
    expect(text.includes(project) || text.includes(first), name).toBe(false);
  }
});

test('the bundle needs only Node.js itself', async () => {
  // Elsewhere than in this project, where a forgotten package would be found in node_modules.
  const load = `import(${JSON.stringify(pathToFileURL(path.join(second, 'index.mjs')))}).then((m) => console.log(typeof m.handler))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', load], {
    cwd: second,
  });
  expect(stdout).toBe('function\n');
  const files = Object.entries(await contents(first)).filter(([name]) => name.endsWith('.mjs'));
  // esbuild writes these words where a package calls `require`, which an ES module does not have.
  expect(files.filter(([, text]) => text.includes('Dynamic require of')).map(([name]) => name)).toEqual([]);
});

test('the access function loads hardly more at start than the rotation', () => {
  const atStart = (files: readonly BundledFile[]) =>
    files.filter(({ role }) => role === 'at start').reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  // The client of DynamoDB is heavier than that of Secrets Manager. A logger would be a tenth.
  expect(atStart(sizes.access)).toBeLessThan(1.08 * atStart(sizes.rotation));
});

test('keeps the names of errors, which the logs and the alarms show', async () => {
  const code = Object.entries(await contents(first)).filter(([name]) => name.endsWith('.mjs'));
  expect(code.some(([, text]) => text.includes('"StaleRotationError"'))).toBe(true);
});

/** Called once by a process of its own. @returns the name of the error that it fails with */
async function failureOf(bundle: string): Promise<string> {
  const event = { Step: 'createSecret', SecretId: 'fleet', ClientRequestToken: 'T1' };
  const call = `import(${JSON.stringify(pathToFileURL(path.join(bundle, 'index.mjs')))})
    .then(({ handler }) => handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 60_000 }))
    .catch((error) => process.stdout.write('\\n' + error.name, () => process.exit()));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', call], {
    // No server listens on this port.
    env: { AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
  });
  return stdout.split('\n').at(-1) ?? '';
}

/** As `failureOf`, of the access function, which has its settings and is called by Ann. */
async function accessFailureOf(bundle: string): Promise<string> {
  const iam = { userArn: 'arn:aws:iam::111122223333:user/ann' };
  const requestContext = { requestId: 'r', authorizer: { iam }, http: { method: 'POST' } };
  const call = `import(${JSON.stringify(pathToFileURL(path.join(bundle, 'index.mjs')))})
    .then(({ handler }) => handler(${JSON.stringify({ rawPath: '/', requestContext })}, { getRemainingTimeInMillis: () => 60_000 }))
    .then(({ body }) => 'answered: ' + /ThingSpaceAccess\\.(\\w+)/.exec(atob(body))?.[1], (error) => 'threw: ' + error.code)
    .then((ended) => process.stdout.write('\\n' + ended, () => process.exit()));`;
  const set = 'SERVICE_NAME ACCESS_TABLE LEDGER_TABLE SEALING_KEY_ID ALARM_TOPIC_ARN'.split(' ');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', call], {
    env: {
      ...Object.fromEntries(set.map((name) => [name, 'x'])),
      ...{ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
      ...{ AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' },
    },
  });
  return stdout.split('\n').at(-1) ?? '';
}

test('serves no request by the access function while needed code cannot be loaded', async () => {
  const directory = path.join(second, '..', 'deployed');
  const file = {
    policy: { rules: [], speakers: [] },
    ...{ secrets: {}, usernames: {}, retentionDays: 1, requestsPerMinute: 1 },
  };
  assembleAccess(access, file, directory);
  // DynamoDB is not there, so the request cannot be counted.
  expect(await accessFailureOf(directory)).toBe('answered: NotRecorded');
  const reader = Object.entries(await contents(directory)).find(
    ([name, text]) => name.startsWith('chunks') && name.endsWith('.mjs') && text.includes('AnswerWithheld'),
  );
  await rm(path.join(directory, reader?.[0] ?? ''));
  expect(await accessFailureOf(directory)).toBe('threw: ERR_MODULE_NOT_FOUND');
});

describe('everything that an answer needs is loaded before a step begins', () => {
  test('only code that meets no new password is loaded later', async () => {
    const lambda = path.join(import.meta.dirname, '../../lambda');
    const sources = Object.entries(await contents(lambda));
    const imports = sources.flatMap(([name, text]) =>
      [...text.matchAll(/await import\('(.*)'\)|^ +import\('(.*)'\)|[[ ]import\('(.*?)'\)/gm)].map(
        (found) => `${name}: ${found.slice(1).find((module) => module)}`,
      ),
    );
    expect(imports.filter((found) => !/^(rotation|access)\/handler\.ts/.test(found)).sort()).toEqual([
      'access/who-speaks.ts: ./user-token.ts',
      'access/wiring.ts: ../through-proxy.ts',
      // Both begin when everything else of their invocation is done, or are all of it.
      'rotation/daily-check.ts: ./notice.ts',
      'rotation/steps.ts: ./secret-read.ts',
      'rotation/wiring.ts: ../alarms/publish.ts',
      'rotation/wiring.ts: ../calendar.ts',
      'rotation/wiring.ts: ../ledger/closed.ts',
      'rotation/wiring.ts: ../secret/readers.ts',
      'rotation/wiring.ts: ../through-proxy.ts',
      'rotation/wiring.ts: @aws-sdk/client-sns',
      'sealing/log-search.ts: @aws-sdk/client-cloudwatch-logs',
    ]);
  });

  test('the access function reads one format of requests, and loads the other one never', async () => {
    const files = Object.entries(await contents(access));
    const holding = (words: string) =>
      files.filter(([name, text]) => name.endsWith('.mjs') && text.includes(words)).map(([name]) => name);
    const [soap, rest] = [holding('SOAPAction names'), holding('uploadactivate')];
    expect([soap.length, rest.length]).toEqual([1, 1]);
    expect(soap).not.toEqual(rest);
  });

  test('the code of a proxy is apart from that of every invocation', async () => {
    const files = Object.entries(await contents(second)).filter(([name]) => name.endsWith('.mjs'));
    const ofProxy = files.filter(([, text]) => text.includes('Proxy-Authorization')).map(([name]) => name);
    expect(ofProxy).toEqual([expect.stringMatching(/^chunks.through-proxy-/)]);
  });

  test('an invocation fails before it reads its settings when code cannot be loaded', async () => {
    expect(await failureOf(second)).toBe('SettingsError');
    const reader = Object.entries(await contents(second)).find(
      ([name, text]) => name.endsWith('.mjs') && text.includes('is not a SOAP envelope with a body'),
    );
    const forgotten = path.join(second, reader?.[0] ?? '');
    const code = await readFile(forgotten);
    await rm(forgotten);
    expect(await failureOf(second)).toBe('UnexpectedError');
    await writeFile(forgotten, code);
  });
});

test('removes the files of an earlier build', async () => {
  await writeFile(path.join(second, 'stale.mjs'), 'export {};\n');
  await bundleRotation(second);
  expect(Object.keys(await contents(second))).not.toContain('stale.mjs');
});
