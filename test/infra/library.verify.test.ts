import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildLibrary } from '../../infra/build-library.ts';
import { built } from '../built.ts';

const projectRoot = path.resolve(import.meta.dirname, '../..');
const app = mkdtempSync(path.join(tmpdir(), 'library-'));
const installed = path.join(app, 'node_modules', 'thingspace-password-rotation');
let packed: string[];

/** The tarball, unpacked as npm does; beside it the peer dependencies, which the app has anyway. */
beforeAll(async () => {
  await built('rotation');
  await buildLibrary();
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', app];
  const [{ filename, files }] = JSON.parse(execFileSync('npm', pack, { cwd: projectRoot, encoding: 'utf8' }));
  packed = files.map((file: { path: string }) => file.path);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', path.join(app, filename), '--strip-components=1', '-C', installed]);
  for (const peer of ['aws-cdk-lib', 'constructs']) {
    symlinkSync(path.join(projectRoot, 'node_modules', peer), path.join(app, 'node_modules', peer));
  }
}, 120_000);

afterAll(() => rmSync(app, { recursive: true }));

test('the package holds the built constructs, the function and the documents, and no tests or sources', () => {
  const folders = new Set(packed.map((file) => file.split('/')[0]));
  // The content of `dist/` beside the function depends on earlier builds.
  expect([...folders].sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'dist',
    'dist-infra',
    'docs',
    'package.json',
  ]);
  expect(packed).toContain('dist-infra/index.js');
  expect(packed).toContain('dist/rotation/index.mjs');
});

const twoServices = `
import { App, Stack } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { RotationService, rotationDashboard, ThingSpaceCredential } from 'thingspace-password-rotation';

const app = new App({ outdir: 'cdk.out' });
const stack = new Stack(app, 'Ours', { env: { account: '123456789012', region: 'us-east-1' } });
for (const serviceName of ['Fleet', 'Metering']) {
  const service = new RotationService(stack, serviceName, { serviceName });
  service.addReceiver({ email: 'operations@example.com' });
  service.addReceiver({ sms: '+12025550123' }, ['user']);
  const credential = new ThingSpaceCredential(service, 'Credential', {
    service,
    username: 'user',
    credentialName: serviceName.toLowerCase(),
  });
  credential.grantRead(Role.fromRoleArn(stack, serviceName + 'App', 'arn:aws:iam::123456789012:role/app'));
  credential.metricPasswordAgeDays().createAlarm(credential, 'Old', { threshold: 100, evaluationPeriods: 1 });
  rotationDashboard(service, 'Dashboard', { service, credentials: [credential] });
}
const elsewhere = RotationService.fromRotationServiceAttributes(stack, 'Theirs', {
  serviceName: 'Theirs',
  functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:theirs',
  ledgerTableName: 'Theirs-ledger',
  alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:theirs',
  sealingKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/0a000000-0000-4000-8000-000000000000',
});
elsewhere.metricTroubleStands().createAlarm(stack, 'TheirTrouble', { threshold: 1, evaluationPeriods: 1 });
elsewhere.addReceiver({ email: 'us@example.com', severities: ['critical'] });
app.synth();
`;

test('another app installs it, and synthesizes two services in one stack with the function', () => {
  writeFileSync(path.join(app, 'package.json'), '{"type":"module"}');
  writeFileSync(path.join(app, 'app.js'), twoServices);
  const { status, stderr } = spawnSync(process.execPath, ['app.js'], { cwd: app, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const template = JSON.parse(readFileSync(path.join(app, 'cdk.out', 'Ours.template.json'), 'utf8'));
  const names = (type: string, member: string) =>
    Object.values<{ Type: string; Properties: Record<string, string> }>(template.Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => Properties[member]);
  expect(names('AWS::DynamoDB::Table', 'TableName')).toEqual(['Fleet-ledger', 'Metering-ledger']);
  expect(names('AWS::SecretsManager::Secret', 'Name')).toEqual(['thingspace/fleet', 'thingspace/metering']);
  expect(new Set(names('AWS::IAM::Role', 'RoleName')).size).toBe(3); // two, and those without a name
  expect(JSON.stringify(template)).toContain('"OPERATOR_TOOL":"npx --no -- thingspace-rotation"');
  const assets = readFileSync(path.join(app, 'cdk.out', 'Ours.assets.json'), 'utf8');
  const [asset] = assets.match(/asset\.[0-9a-f]{64}/) ?? [];
  const handler = readFileSync(path.join(app, 'cdk.out', asset ?? '', 'index.mjs'));
  expect(handler).toEqual(readFileSync(path.join(projectRoot, 'dist', 'rotation', 'index.mjs')));
});

test('the package has the types of the constructs', () => {
  const source = `
import { Stack } from 'aws-cdk-lib';
import { type Rotation, RotationService, ThingSpaceCredential } from 'thingspace-password-rotation';
const stack = new Stack();
const rotation: Rotation = { everyMonths: 3, startHourUtc: 2 };
const service = new RotationService(stack, 'Service', { lockoutBudget: 2, rotationBudget: 1 });
const credential = new ThingSpaceCredential(stack, 'fleet', { service, username: 'user', rotation });
export const days: number = credential.schedule.everyDays;
service.addReceiver({ email: 'a@example.com', severities: ['critical'] });
// @ts-expect-error: no such severity
service.addReceiver({ email: 'a@example.com', severities: ['fatal'] });
// @ts-expect-error: a credential needs its service
new ThingSpaceCredential(stack, 'other', { username: 'user' });
`;
  writeFileSync(path.join(app, 'types.ts'), source);
  const tsc = path.join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--skipLibCheck',
    '--ignoreConfig',
  ];
  const { stdout } = spawnSync(process.execPath, [tsc, ...options, 'types.ts'], {
    cwd: app,
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
});
