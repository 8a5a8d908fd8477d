import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { expect, test } from 'vitest';
import { readConfig } from '../../infra/config.ts';
import { requireSealing } from '../../infra/keys.ts';
import { USERNAME_RULE } from '../../lambda/secret/username.ts';
import { egress } from './configurations.ts';
import { configWith, construct, sentencesOf, twoDepartments } from './synthesize.ts';

const [fleet, metering] = twoDepartments.credentials;

const vpc = { vpcId: 'vpc-0a', subnetIds: ['subnet-0a'], securityGroupIds: ['sg-0a'] };
const secretPrefix = 'arn:aws:secretsmanager:us-east-1:123456789012';
const imported = { name: 'fleet', username: 'FleetApi', secretArn: `${secretPrefix}:secret:vendor-AbC123` };

const wrongUsername = (fault: string) =>
  `credentials[0].username: write the ThingSpace username: ${USERNAME_RULE}, and here ${fault}.`;

const ofOneCredential = (changes: object) => configWith({ credentials: [{ ...fleet, ...changes }] });

const anyAccess = {
  rules: [
    {
      name: 'app',
      principals: ['arn:aws:iam::123456789012:role/fleet-app'],
      credentials: ['fleet'],
      operations: ['Get*'],
    },
  ],
};

test.each([
  [{ rotation: { everyDays: 1001 } }, 'rotation.everyDays: write a whole number of days from 1 to 1000.'],
  [{ rotation: { everyDays: 0 } }, 'rotation.everyDays: write a whole number of days from 1 to 1000.'],
  [
    { rotation: { everyMonths: 3, startHourUtc: 22, windowHours: 3 } },
    'rotation: write a startHourUtc and windowHours that end by midnight UTC (24 together at most).',
  ],
  [
    { rotation: { everyDays: 90, startHourUtc: 2 } },
    'rotation: write startHourUtc together with everyMonths, and only then: a window by days opens at midnight UTC.',
  ],
  [
    { calendar: { zone: 'Mars/Olympus', frozen: ['2026-12-24'] } },
    'calendar.zone: write a time zone of the IANA, such as America/New_York or UTC.',
  ],
  [{ calendar: {} }, 'calendar: write window, or frozen, or leave the calendar out.'],
  [
    { calendar: { window: { days: [], from: '02:00', to: '06:00' } } },
    'calendar.window.days: write at least one day, or leave window out.',
  ],
  [
    { calendar: { window: { days: ['SAT'], from: '02:05', to: '06:00' } } },
    'calendar.window.from: write a time on a quarter of an hour, such as 02:00.',
  ],
  [
    { calendar: { zone: 'Europe/Berlin', window: { days: ['SAT'], from: '02:00', to: '03:00' } } },
    'calendar.window: write a longer one: the daily check, which starts a rotation that waits, runs at a fixed hour UTC, and no whole hour UTC lies in this window all year (summer time moves it).',
  ],
  [
    { lockout: { budget: 5 } },
    'lockout.budget: write less than lockout.limit (5); the rest of the log-ins stays free for operators.',
  ],
  [{ lockout: { rotationBudget: 4 } }, 'lockout.rotationBudget: write at most lockout.budget (3).'],
  [
    { thingspace: { baseUrl: 'http://uws.apps.nphase.com/api/v2' } },
    'thingspace.baseUrl: write an https address without user, query and fragment, such as https://uws.apps.nphase.com/api/v2.',
  ],
  [{ thingspace: { transport: 'grpc' } }, 'thingspace.transport: write one of "soap", "rest".'],
  [
    { thingspace: { baseUrl: 'https://thingspace.verizon.com/api/m2m/v1/' } },
    'thingspace.baseUrl: leave it out, or write the address of SOAP, such as https://uws.apps.nphase.com/api/v2: this is an address of REST, which belongs to "transport": "rest".',
  ],
  [
    { thingspace: { transport: 'rest', baseUrl: 'https://uws.apps.nphase.com/api/v2' } },
    'thingspace.baseUrl: leave it out, or write the address of REST, such as https://thingspace.verizon.com/api/m2m/v1: this is an address of SOAP, which belongs to "transport": "soap".',
  ],
  [
    { thingspace: { transport: 'rest', baseUrl: 'https://thingspace.verizon.com/api/m2m/v1/session/login' } },
    'thingspace.baseUrl: write the address above the operations, without /session, such as https://thingspace.verizon.com/api/m2m/v1.',
  ],
  [
    { thingspace: { transport: 'rest', tokenUrl: 'http://thingspace.verizon.com/api/ts/v1/oauth2/token' } },
    'thingspace.tokenUrl: write an https address without user, query and fragment, such as https://thingspace.verizon.com/api/ts/v1/oauth2/token.',
  ],
  [
    { thingspace: { transport: 'rest', tokenUrl: 'https://thingspace.verizon.com/token?key=1' } },
    'thingspace.tokenUrl: write an https address without user, query and fragment, such as https://thingspace.verizon.com/api/ts/v1/oauth2/token.',
  ],
  [
    { thingspace: { tokenUrl: 'https://thingspace.verizon.com/api/ts/v1/oauth2/token' } },
    'thingspace.tokenUrl: leave it out: it belongs to "transport": "rest", and SOAP asks for no token.',
  ],
  [
    { thingspace: { tokenHostMayDiffer: true } },
    'thingspace.tokenHostMayDiffer: leave it out: it belongs to "transport": "rest", and SOAP asks for no token.',
  ],
  [
    { thingspace: { transport: 'rest', passwordElement: 'CurrentPassword' } },
    'thingspace.passwordElement: leave it out: it belongs to "transport": "soap", and REST has no such element.',
  ],
  [
    { thingspace: { transport: 'rest', baseUrl: 'https://staging.thingspace.verizon.com/api/m2m/v1' } },
    'thingspace.tokenUrl: write an address of the host staging.thingspace.verizon.com, as thingspace.baseUrl has it: the key, the secret and the bearer are of one service (if thingspace.verizon.com is right, add "tokenHostMayDiffer": true).',
  ],
  [
    { credentials: [fleet, { ...metering, name: 'Fleet' }] },
    'credentials[1].name: write another than that of credentials[0] (letter case makes no difference).',
  ],
  [
    { credentials: [fleet, { ...metering, username: 'FLEETAPI' }] },
    'credentials[1].username: write another than that of credentials[0] (letter case makes no difference): one username has one password, so one secret.',
  ],
  [
    { alarmReceivers: [{ email: 'operations.example.com' }] },
    'alarmReceivers[0].email: write an e-mail address, such as operations@example.com.',
  ],
  [
    { alarmReceivers: [{ sms: '2025550123' }] },
    'alarmReceivers[0].sms: write the telephone number with + and country code, such as +12025550123.',
  ],
  [
    { alarmReceivers: [] },
    'alarmReceivers: write at least one receiver: an alarm without a receiver is useless.',
  ],
  [
    { alarmReceivers: [{ email: 'a@example.com', sms: '+12025550123' }] },
    'alarmReceivers[0]: write exactly one of email, sms, https, lambda.',
  ],
  [
    { alarmRecievers: [] },
    expect.stringMatching(/^alarmRecievers: leave it out, it is no setting \(there are stackName, /),
  ],
  [{ credentials: [] }, 'credentials: write at least one credential.'],
  [
    { sealingKeyArn: 'alias/aws/secretsmanager' },
    'sealingKeyArn: write the ARN of a customer-managed key, arn:aws:kms:…:key/…; an alias is not enough, and the AWS-managed aws/secretsmanager cannot seal.',
  ],
  [
    { thingspace: { baseUrl: 'https://uws.apps.nphase.com/api/v2/SessionService.svc' } },
    'thingspace.baseUrl: write the address above the services, without SessionService.svc, such as https://uws.apps.nphase.com/api/v2.',
  ],
  [{ account: undefined }, expect.stringMatching(/^account: write /)],
  [{ region: undefined }, expect.stringMatching(/^region: write /)],
  [{ region: 'us-east-9' }, 'region: write a region that AWS has, such as us-east-1.'],
  // China, and Europe's sovereign partition.
  ...[
    ['cn-north-1', 'aws-cn'],
    ['eusc-de-east-1', 'aws-eusc'],
  ].map(([region, partition]): [object, string] => [
    { region, credentials: [{ name: 'fleet', username: 'FleetApi' }] },
    `region: write a region of the partition aws or aws-us-gov: the services of ${partition} have other domains, and nobody has verified this project there.`,
  ]),
  [
    { rotation: { everyDays: 90, dayOfMonth: 3 } },
    'rotation: write dayOfMonth only together with everyMonths.',
  ],
  [
    { runbookUrl: 'docs/runbook.md' },
    'runbookUrl: write the whole https address of the runbook, without user and fragment.',
  ],
  [
    { supportContact: 'M2M\nSupport' },
    'supportContact: write one line of up to 200 characters, such as M2M Support, +1 800 555 0100.',
  ],
  [
    { alarmReceivers: [{ email: 'a@example.com', severities: [] }] },
    'alarmReceivers[0].severities: write at least one of "critical", "warning", "info".',
  ],
  [
    { alarmReceivers: [{ email: 'a@example.com', severities: ['fatal'] }] },
    'alarmReceivers[0].severities[0]: write one of "critical", "warning", "info".',
  ],
  [
    {
      alarmReceivers: [{ email: 'a@example.com' }],
      credentials: [{ ...fleet, alarmReceivers: [{ email: 'A@example.com', severities: ['critical'] }] }],
    },
    'credentials[0].alarmReceivers[0].severities: write the same for the same address everywhere, it gets one subscription.',
  ],
  [{ vpc: { ...vpc, subnetIds: [] } }, 'vpc.subnetIds: write at least one id such as subnet-0a1b2c3d.'],
  [{ vpc: { ...vpc, subnetIds: ['subnet-0a', 'subnet-0a'] } }, 'vpc.subnetIds: write each id once.'],
  [
    { vpc: { ...vpc, subnetIds: Array.from({ length: 17 }, (_, index) => `subnet-0${index}`) } },
    'vpc.subnetIds: write at most 16, as many as Lambda takes.',
  ],
  [
    { vpc: { ...vpc, securityGroupIds: ['a', 'b', 'c', 'd', 'e', 'f'].map((end) => `sg-0${end}`) } },
    'vpc.securityGroupIds: write at most 5, as many as Lambda takes.',
  ],
  [
    { vpc: { ...vpc, securityGroupIds: [] } },
    'vpc.securityGroupIds: write at least one id such as sg-0a1b2c3d.',
  ],
  [
    { operators: ['arn:aws:iam::123456789012:role/*'] },
    "operators[0]: write a role's ARN; only a role of IAM Identity Center may end in an asterisk: …/AWSReservedSSO_Operators_*.",
  ],
  [
    { rotation: { everyDays: 300 } },
    'logRetentionDays: write at least two intervals of rotation, 600 days or more: the log holds sealed passwords.',
  ],
  [
    { credentials: [fleet, { ...metering, rotation: { everyMonths: 12, startHourUtc: 1 } }] },
    'logRetentionDays: write at least two intervals of credentials[1].rotation, 732 days or more: the log holds sealed passwords.',
  ],
  [
    { credentials: [imported, { ...metering, secretArn: imported.secretArn, clients: [] }] },
    'credentials[1].secretArn: write another than that of credentials[0]: one secret holds one username.',
  ],
  [
    {
      credentials: [
        fleet,
        { name: 'other', username: 'Other', secretArn: `${secretPrefix}:secret:thingspace/fleet-AbC123` },
      ],
    },
    'credentials[1].secretArn: write another secret, this is the one that the credential fleet makes.',
  ],
  [
    { credentials: [{ ...fleet, adopt: true }] },
    'credentials[0].adopt: write it only together with secretArn, for a secret that an earlier deployment made and kept.',
  ],
  [{ logRetentionDays: 30 }, expect.stringMatching(/^logRetentionDays: write one of 90, /)],
])('rejects %j by one sentence that names the right value', (changes, sentence) => {
  expect(sentencesOf(configWith(changes))).toEqual([sentence]);
});

test.each([
  [{ username: "o'hara" }, wrongUsername('character 2 of 6 is one that ThingSpace refuses')],
  [{ username: '   ' }, wrongUsername('character 1 of 3 is a blank')],
  [{ username: 'FleetApi ' }, wrongUsername('character 9 of 9 is a blank')],
  [{ username: 'Fleet\nApi' }, wrongUsername('character 6 of 9 is a line break')],
  [{ username: 'Fleet\u200bApi' }, wrongUsername('character 6 of 9 is an invisible character')],
  [{ username: 'Flottè' }, wrongUsername('character 6 of 6 is not ASCII')],
  [
    { name: 'Service' },
    'credentials[0].name: write another name, the stack calls a part of itself "Service".',
  ],
  [
    { name: 'fleet-abc123' },
    'credentials[0].name: write a name that does not end in a hyphen and six characters: Secrets Manager ends its ARNs so.',
  ],
  [
    { readers: ['fleet-app'] },
    "credentials[0].readers[0]: write a role's ARN, such as arn:aws:iam::123456789012:role/fleet-app.",
  ],
])('rejects the credential %j by one sentence that names the right value', (changes, sentence) => {
  expect(sentencesOf(ofOneCredential(changes))).toEqual([sentence]);
});

const elsewhere = (arn: string) =>
  arn.replace('us-east-1', 'us-west-2').replace('123456789012', '999999999999');
const key = 'arn:aws:kms:us-east-1:123456789012:key/0a000000-0000-4000-8000-000000000000';
const pager = 'arn:aws:lambda:us-east-1:123456789012:function:pager';
const role = 'arn:aws:iam::999999999999:role/app';

test.each([
  [
    { sealingKeyArn: elsewhere(key) },
    'sealingKeyArn: write a key of the account 123456789012 and the region us-east-1.',
  ],
  [
    { operationsKeyArn: key.replace('arn:aws:', 'arn:aws-cn:') },
    'operationsKeyArn: write a key of the partition aws.',
  ],
  [
    { alarmReceivers: [{ lambda: elsewhere(pager) }] },
    'alarmReceivers[0].lambda: write a function of the account 123456789012 and the region us-east-1.',
  ],
  [
    { credentials: [{ ...fleet, alarmReceivers: [{ lambda: pager.replace('us-east-1', 'us-west-2') }] }] },
    'credentials[0].alarmReceivers[0].lambda: write a function of the region us-east-1.',
  ],
  [
    { operators: [role] },
    'operators[0]: write an operator of the account 123456789012: the operators’ policy is made there.',
  ],
  [
    { credentials: [{ ...fleet, clients: [role] }] },
    'credentials[0].clients[0]: write a client of the account 123456789012; a role of another account can be a reader, without the ledger.',
  ],
  [
    { credentials: [{ ...imported, secretArn: elsewhere(imported.secretArn) }] },
    'credentials[0].secretArn: write a secret of the account 123456789012 and the region us-east-1, or deploy a stack where it is: a rotation schedule cannot be made from elsewhere.',
  ],
  [
    { credentials: [{ ...imported, secretKeyArn: elsewhere(key) }] },
    'credentials[0].secretKeyArn: write a key of the account 123456789012 and the region us-east-1.',
  ],
  [
    { credentials: [{ ...fleet, readers: [role.replace('arn:aws:', 'arn:aws-us-gov:')] }] },
    'credentials[0].readers[0]: write a reader of the partition aws.',
  ],
  [
    { replicas: [{ region: 'us-east-1' }] },
    'replicas[0].region: write another region than that of the stack.',
  ],
  [
    { replicas: [{ region: 'us-west-2' }, { region: 'us-west-2' }] },
    'replicas[1].region: write each region once.',
  ],
  [{ replicas: [{ region: 'us-gov-west-1' }] }, 'replicas[0].region: write a region of the partition aws.'],
  [
    { replicas: [{ region: 'us-west-2', keyArn: key }] },
    'replicas[0].keyArn: write a key of the account 123456789012 and the region us-west-2.',
  ],
  [
    { replicas: [{ region: 'us-west-2' }], credentials: [{ ...fleet, readers: [role] }] },
    'replicas[0].keyArn: write a customer-managed key of us-west-2: the reader arn:aws:iam::999999999999:role/app is of another account and cannot use AWS’s own.',
  ],
])('refuses an ARN of another account, region or partition by one sentence: %j', (changes, sentence) => {
  expect(sentencesOf(configWith(changes))).toEqual([sentence]);
});

test.each([
  [{}],
  [{ transport: 'soap', passwordElement: 'CurrentPassword' }],
  [{ transport: 'rest' }],
  [{ transport: 'rest', baseUrl: 'https://thingspace.verizon.com/api/m2m/v1' }],
  [{ transport: 'rest', tokenUrl: 'https://tokens.example.com/oauth2/token', tokenHostMayDiffer: true }],
  [
    {
      transport: 'rest',
      baseUrl: 'https://proxy.example.com/vz',
      tokenUrl: 'https://proxy.example.com/token',
    },
  ],
])('accepts the transport %j', (thingspace) => {
  expect(sentencesOf(configWith({ thingspace }))).toEqual([]);
});

const accessWith = (...operations: string[]) => ({
  rules: anyAccess.rules.map((rule: object) => ({ ...rule, operations })),
});

test.each([
  ['soap', ['Get*']],
  ['soap', ['reads']],
  ['rest', ['reads']],
  ['rest', ['Get*', 'POST /m2m/v1/devices/actions/suspend']],
  ['rest', ['* /m2m/v1/groups/*']],
  ['rest', ['GET /m2m/v1/callbacks/{accountName}']],
  ['rest', ['GetSession']],
  ['rest', ['*']],
])('accepts the access function over %s with a rule for %j', (transport, operations) => {
  expect(sentencesOf(configWith({ access: accessWith(...operations), thingspace: { transport } }))).toEqual(
    [],
  );
});

test.each([
  ['rest', 'Get*', 'write an operation of REST, or reads, or *'],
  ['soap', 'POST /m2m/v1/devices/actions/suspend', 'write an operation of SOAP, or reads, or *'],
  ['rest', 'POST /m2m/v1/devices/actions/suspnd', 'is not one of them'],
  ['rest', 'GET /m2m/v1/plans/0342-1', 'write GET /m2m/v1/plans/{accountName}, and the account or the group'],
  ['rest', 'POST /m2m/v1/session/login', 'never forwarded'],
  ['rest', 'PUT /m2m/v1/session/*', 'never forwarded'],
  ['rest', '* /m2m/v1/callbacks/*', 'goes by its exact name alone'],
  ['rest', 'POST /m2m/v2/*triggers', 'goes by its exact name alone'],
  ['rest', 'post /m2m/v1/sms', 'a method and a path'],
  ['rest', 'POST /api/m2m/v1/sms', 'a method and a path'],
])('rejects over %s the operation %s in a sentence', (transport, operation, sentence) => {
  const access = accessWith(operation);
  expect(sentencesOf(configWith({ access, thingspace: { transport } })).join()).toContain(sentence);
});

test('switches the example from SOAP to REST, and back, by one word', () => {
  const text = (file: string) => readFileSync(`infra/${file}`, 'utf8');
  const soap = text('example.config.json');
  const rest = soap.replace('"transport": "soap"', '"transport": "rest"');
  expect(rest).not.toBe(soap);
  expect(sentencesOf(JSON.parse(rest))).toEqual([]);
  const { thingspace } = JSON.parse(text('example.rest.config.json'));
  expect(thingspace.transport).toBe('rest');
});

test('refuses to attach a policy to a role that AWS protects', () => {
  const protectedRole =
    'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_App_0a1b2c3d4e5f6071';
  expect(sentencesOf(ofOneCredential({ readers: [protectedRole] }))).toEqual([]);
  expect(sentencesOf(ofOneCredential({ readers: [], clients: [protectedRole] }))).toEqual([
    `credentials[0].clients[0]: write a role of your own, or make it a reader: AWS lets nobody attach a policy to ${protectedRole}.`,
  ]);
  const sealingKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/0a000000-0000-4000-8000-000000000000';
  const credentials = [{ ...fleet, readers: [protectedRole] }];
  expect(sentencesOf(configWith({ sealingKeyArn, credentials }))).toEqual([
    `credentials[0].readers[0]: write a role of your own, or leave sealingKeyArn out, or let it assume a role of yours: AWS lets nobody attach a policy to ${protectedRole}.`,
  ]);
});

test('refuses two paths of one role', () => {
  const arn = (name: string, account = '123456789012') => `arn:aws:iam::${account}:role/${name}`;
  const twice = { readers: [arn('teams/app'), arn('app', '999999999999')], clients: [arn('app')] };
  expect(sentencesOf(ofOneCredential(twice))).toEqual([
    `credentials[0].clients[0]: write ${arn('teams/app')}, as elsewhere, or correct that one: an account has one role of a name, letter case and path make no difference.`,
  ]);
  expect(sentencesOf(ofOneCredential({ ...twice, clients: [arn('teams/app')] }))).toEqual([]);
});

test('accepts a reader of another account', () => {
  expect(sentencesOf(ofOneCredential({ readers: [role] }))).toEqual([]);
});

test('requires the readers of an imported secret in its own policy, unless this project made it', () => {
  const credential = { ...imported, readers: fleet?.readers };
  expect(sentencesOf(configWith({ credentials: [credential] }))).toEqual([
    "credentials[0].readers: leave readers and clients out and name them in the imported secret's own resource policy, which this stack does not replace.",
  ]);
  expect(sentencesOf(configWith({ credentials: [{ ...credential, adopt: true }] }))).toEqual([]);
});

test('rejects for a credential every name that the stack gives to its own parts', () => {
  const { stack } = construct(
    configWith({
      ...{ sealingKeyArn: key, operationsKeyArn: key, vpc, egress },
      credentials: [imported, metering],
    }),
  );
  const parts = stack.node.children
    .map(({ node }) => node.id)
    .filter((id) => !['fleet', 'metering'].includes(id));
  expect(parts.length).toBeGreaterThan(10);
  for (const name of parts.filter((id) => /^[\w-]{1,48}$/.test(id))) {
    expect(sentencesOf(ofOneCredential({ name })).join(), name).toContain(
      'credentials[0].name: write another name',
    );
  }
});

test('rejects the AWS-managed key in a construct', () => {
  const stack = new Stack(new App(), 'Stack');
  const managed = Alias.fromAliasName(stack, 'Managed', 'alias/aws/secretsmanager');
  expect(() => requireSealing(managed)).toThrow(/give a customer-managed key/);
});

test('rejects a file that is missing, unreadable or not JSON, without an echo of it', () => {
  expect(() => readConfig('/nowhere/thingspace.config.json')).toThrow(
    /There is no such file: write one like/,
  );
  const directory = mkdtempSync(path.join(tmpdir(), 'config-'));
  expect(() => readConfig(directory)).toThrow(/The file cannot be read/);
  rmSync(directory, { recursive: true });
  expect(() => readConfig(import.meta.filename)).toThrow(/is not JSON: write a file like/);
});
