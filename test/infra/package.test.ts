import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRecords } from '../../cli/access-records.ts';
import { ConfigurationError, parseConfig } from '../../infra/config.ts';
import { writePackage } from '../../infra/package.ts';
import { sentencesIn } from '../../infra/rejection.ts';
import { callAccess, deviceList } from '../../local/access/client.ts';
import { startAccess } from '../../local/access/start.ts';
import { startWorld } from '../../local/world.ts';
import { built } from '../built.ts';
import { configurations } from './configurations.ts';
import { configWith, type Resource, synthesize, twoDepartments } from './synthesize.ts';
import { unzip } from './unzip.ts';

const deploymentRoles = ['arn:aws:iam::123456789012:role/cloudformation'];
const given = { ...configurations.Access, deploymentRoles };
const directory = mkdtempSync(path.join(tmpdir(), 'package-test-'));
const inDirectory = (...names: string[]) => path.join(directory, ...names);
const read = (...names: string[]) => readFileSync(inDirectory(...names));

type Template = { Resources: Record<string, Resource>; Parameters: object; Rules?: object };
let template: Template;
let files: string[];

beforeAll(async () => {
  await built('rotation', 'access');
  ({ files } = writePackage(parseConfig(given), directory));
  template = JSON.parse(read('template.json').toString());
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true }));

/** The archive that a function of the template names. */
function archiveOf(prefix: string): string {
  const [found] = Object.entries(template.Resources).filter(
    ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith(prefix),
  );
  return found?.[1].Properties.Code.S3Key['Fn::Join'][1][1];
}

test('the plain template is the one of cdk deploy, except for the place of the archives', () => {
  const { json } = synthesize(given);
  const withoutAssets = ({ Parameters: _, Rules: __, ...rest }: Template) => {
    const resources = Object.entries(rest.Resources).map(([id, { Type, ...resource }]) => {
      if (Type !== 'AWS::Lambda::Function') return [id, { Type, ...resource }];
      const { Code, ...Properties } = resource.Properties;
      expect(Object.keys(Code)).toEqual(['S3Bucket', 'S3Key']);
      return [id, { Type, ...resource, Properties }];
    });
    return { ...rest, Resources: Object.fromEntries(resources) };
  };
  expect(withoutAssets(template)).toEqual(withoutAssets(json as Template));
});

test('the plain template needs two parameters and no bootstrap', () => {
  expect(Object.keys(template.Parameters)).toEqual(['AssetBucket', 'AssetPrefix']);
  expect(template.Rules).toBeUndefined();
  expect(JSON.stringify(template)).not.toMatch(/cdk-hnb659fds|BootstrapVersion/);
});

test('the examples give the parameters of the template, and its capability', () => {
  for (const file of ['cloudformation/deploy.sh', 'terraform/main.tf']) {
    const text = readFileSync(new URL(`../../examples/${file}`, import.meta.url), 'utf8');
    for (const name of Object.keys(template.Parameters)) expect(text).toMatch(new RegExp(`\\b${name} ?=`));
    expect(text).toContain('CAPABILITY_NAMED_IAM');
  }
});

test('the same configuration gives the same files, byte for byte', () => {
  const again = inDirectory('again');
  expect(writePackage(parseConfig(given), again).files).toEqual(files);
  for (const file of files) expect(read('again', file).equals(read(file)), file).toBe(true);
  // The format counts in steps of two seconds: the time of its first file is 1 January 1980, whenever it is made.
  for (const part of ['Service', 'Access']) expect(read(archiveOf(part)).readUInt32LE(10)).toBe(0x00210000);
});

test('the archive of the rotation function rotates', async () => {
  unzip(read(archiveOf('Service')), inDirectory('rotation'));
  const world = await startWorld({ handlerFile: inDirectory('rotation', 'index.mjs') });
  try {
    const before = world.storedPassword();
    expect(await world.conductor.rotate(world.secretArn)).toMatchObject({ succeeded: true, attempts: 1 });
    expect(world.storedPassword()).not.toBe(before);
  } finally {
    await world.close();
  }
});

test('the archive of the access function has its policy beside the code, readable for every user', () => {
  const names = unzip(read(archiveOf('Access')), inDirectory('access'));
  expect(names).toEqual(expect.arrayContaining(['access.json', 'index.mjs']));
  const { policy } = JSON.parse(read('access', 'access.json').toString());
  expect(policy.rules[0].name).toBe('fleet');
  expect(read('access', 'index.mjs')).toEqual(readFileSync('dist/access/index.mjs'));
  for (const name of names) expect(statSync(inDirectory('access', name)).mode & 0o444, name).toBe(0o444);
});

test('the archive of the access function forwards a request, and records it', async () => {
  unzip(read(archiveOf('Access')), inDirectory('serves'));
  const world = await startWorld();
  const access = await startAccess(world, { bundle: inDirectory('serves') });
  try {
    expect(await callAccess(access.url, access.principals.vic, deviceList)).toMatchObject({ status: 200 });
    const nowMs = Date.now();
    const period = { sinceMs: nowMs - 60 * 60_000, untilMs: nowMs + 60_000 };
    expect((await findRecords(access.reader, period)).records).toHaveLength(1);
  } finally {
    await access.close();
    await world.close();
  }
});

test('requires the role by which CloudFormation will deploy', () => {
  const make = () => writePackage(parseConfig(configurations.Access), inDirectory('none'));
  expect(make).toThrow(ConfigurationError);
  expect(make).toThrow(/^deploymentRoles: write the role/);
});

test('says in sentences what AWS would not take, and nothing of an unforeseen error', () => {
  const [credential] = twoDepartments.credentials;
  const alarmReceivers = Array.from({ length: 201 }, (_, n) => ({ email: `one${n}@example.com` }));
  const config = { ...configWith({ credentials: [{ ...credential, alarmReceivers }] }), deploymentRoles };
  let sentences: string | undefined;
  try {
    writePackage(parseConfig(config), directory, import.meta.dirname);
  } catch (failure) {
    sentences = sentencesIn(failure);
  }
  expect(sentences).toContain('201 receivers would choose messages and SNS takes 200 filters');
  expect(sentencesIn(new TypeError('a mistake of the code'))).toBeUndefined();
});
