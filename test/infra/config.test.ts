import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Alias, type CfnKey } from 'aws-cdk-lib/aws-kms';
import { expect, test } from 'vitest';
import { ConfigurationError, parseConfig, readConfig } from '../../infra/config.ts';
import { resourceCount } from '../../infra/config-checks.ts';
import { requireSealing } from '../../infra/keys.ts';
import { configWith, construct, twoDepartments } from './synthesize.ts';

const [fleet, metering] = twoDepartments.credentials;

function sentencesOf(config: unknown): string[] {
  try {
    parseConfig(config);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n');
    throw error;
  }
  return [];
}

const ofOneCredential = (changes: object) => configWith({ credentials: [{ ...fleet, ...changes }] });

test.each([
  [
    'an interval over 1000 days',
    { rotation: { everyDays: 1001 } },
    'rotation.everyDays: write a whole number of days from 1 to 1000.',
  ],
  [
    'an interval under 1 day',
    { rotation: { everyDays: 0 } },
    'rotation.everyDays: write a whole number of days from 1 to 1000.',
  ],
  [
    'a window past midnight',
    { rotation: { everyMonths: 3, startHourUtc: 22, windowHours: 3 } },
    'rotation: write a startHourUtc and windowHours that end by midnight UTC (24 together at most).',
  ],
  [
    'an hour for an interval of days',
    { rotation: { everyDays: 90, startHourUtc: 2 } },
    'rotation: write startHourUtc together with everyMonths, and only then: a window by days opens at midnight UTC.',
  ],
  [
    'a budget that is not below the limit',
    { lockout: { budget: 5 } },
    'lockout.budget: write less than lockout.limit (5); the rest of the log-ins stays free for people.',
  ],
  [
    'a rotation budget above the budget',
    { lockout: { rotationBudget: 4 } },
    'lockout.rotationBudget: write at most lockout.budget (3).',
  ],
  [
    'an http endpoint',
    { thingspace: { baseUrl: 'http://uws.apps.nphase.com/api/v2' } },
    'thingspace.baseUrl: write an https address without user, query and fragment, such as https://uws.apps.nphase.com/api/v2.',
  ],
  [
    'an unknown transport',
    { thingspace: { ...twoDepartments.thingspace, transport: 'grpc' } },
    'thingspace.transport: write one of "soap".',
  ],
  [
    'two credentials of one name',
    { credentials: [fleet, { ...metering, name: 'Fleet' }] },
    'credentials[1].name: write another than that of credentials[0] (letter case makes no difference).',
  ],
  [
    'two credentials of one username',
    { credentials: [fleet, { ...metering, username: 'FLEETAPI' }] },
    'credentials[1].username: write another than that of credentials[0] (letter case makes no difference): one username has one password, so one secret.',
  ],
  [
    'a malformed e-mail',
    { alarmReceivers: [{ email: 'operations.example.com' }] },
    'alarmReceivers[0].email: write an e-mail address, such as operations@example.com.',
  ],
  [
    'a malformed telephone number',
    { alarmReceivers: [{ sms: '2025550123' }] },
    'alarmReceivers[0].sms: write the telephone number with + and country code, such as +12025550123.',
  ],
  [
    'an alarm that nobody gets',
    { alarmReceivers: [] },
    'alarmReceivers: write at least one receiver: an alarm that nobody gets is none.',
  ],
  [
    'two addresses in one receiver',
    { alarmReceivers: [{ email: 'a@example.com', sms: '+12025550123' }] },
    'alarmReceivers[0]: write exactly one of email, sms, https, lambda.',
  ],
  [
    'a misspelt setting',
    { alarmRecievers: [] },
    expect.stringMatching(/^alarmRecievers: leave it out, it is no setting \(there are stackName, /),
  ],
  ['no credential', { credentials: [] }, 'credentials: write at least one credential.'],
  [
    'an alias of the AWS-managed key',
    { sealingKeyArn: 'alias/aws/secretsmanager' },
    'sealingKeyArn: write the ARN of a customer-managed key, arn:aws:kms:…:key/…; an alias is not enough, and the AWS-managed aws/secretsmanager cannot seal.',
  ],
  [
    'a log that forgets sealed passwords',
    { logRetentionDays: 30 },
    expect.stringMatching(/^logRetentionDays: write one of 90, /),
  ],
])('%s is refused by one sentence that says what to write', (_, changes, sentence) => {
  expect(sentencesOf(configWith(changes))).toEqual([sentence]);
});

test.each([
  [
    'a username with a character that ThingSpace refuses',
    { username: "o'hara" },
    "credentials[0].username: write the ThingSpace username, without ', < and \\.",
  ],
  [
    'a name that looks like the end of an ARN',
    { name: 'fleet-abc123' },
    'credentials[0].name: write a name that does not end in a hyphen and six characters: Secrets Manager ends its ARNs so.',
  ],
  [
    'a reader that is no role',
    { readers: ['fleet-app'] },
    "credentials[0].readers[0]: write a role's ARN, such as arn:aws:iam::123456789012:role/fleet-app.",
  ],
])('%s is refused by one sentence that says what to write', (_, changes, sentence) => {
  expect(sentencesOf(ofOneCredential(changes))).toEqual([sentence]);
});

test('what cannot be reached across accounts is refused by one sentence', () => {
  const secretArn = 'arn:aws:secretsmanager:us-east-1:999999999999:secret:vendor-AbC123';
  const imported = { name: 'fleet', username: 'FleetApi', secretArn };
  const account = '123456789012';
  expect(sentencesOf(configWith({ account, credentials: [imported] }))).toEqual([
    "credentials[0].secretArn: write a secret of the stack's own account and region, or deploy a stack in 999999999999, us-east-1: a rotation schedule cannot be made from elsewhere.",
  ]);
  expect(sentencesOf(configWith({ credentials: [{ ...imported, readers: fleet?.readers }] }))).toEqual([
    "credentials[0].readers: leave readers and clients out and name them in the imported secret's own resource policy, which this stack does not replace.",
  ]);
  const clients = ['arn:aws:iam::999999999999:role/app'];
  expect(sentencesOf(configWith({ account, credentials: [{ ...fleet, clients }] }))).toEqual([
    'credentials[0].clients: write roles of the account 123456789012 only; a role of another account can be a reader, without the ledger.',
  ]);
});

const many = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `c${i}`, username: `user${i}` }));

test('more credentials than a stack can hold are refused, and the most that are let through fit', () => {
  expect(sentencesOf(configWith({ credentials: many(40) }))).toEqual([
    expect.stringMatching(/^credentials: write at most about 39 in one stack .*another stackName\.$/),
  ]);
  const most = configWith({ credentials: many(39) });
  const made = construct(most).stack.node.findAll().filter(CfnResource.isCfnResource).length;
  expect(made).toBeLessThanOrEqual(resourceCount(parseConfig(most)));
  expect(resourceCount(parseConfig(most))).toBeLessThanOrEqual(500);
});

test('more readers than the key’s policy holds are refused', () => {
  const credentials = many(21).map((credential) => ({ ...credential, readers: threeRoles }));
  expect(sentencesOf(configWith({ credentials }))).toEqual([
    expect.stringMatching(/^credentials: write at most 60 readers, clients and operators/),
  ]);
  const { service } = construct(configWith({ credentials: credentials.slice(0, 20) })).stack;
  const key = service.sealingKey.node.defaultChild as CfnKey;
  const policy = JSON.stringify(Stack.of(service).resolve(key.keyPolicy));
  expect(policy.length).toBeLessThan(32_768);
});

const threeRoles = ['a', 'b', 'c'].map((name) => `arn:aws:iam::123456789012:role/${name.repeat(60)}`);

test('a construct that is given the AWS-managed key refuses it', () => {
  const stack = new Stack(new App(), 'Stack');
  const managed = Alias.fromAliasName(stack, 'Managed', 'alias/aws/secretsmanager');
  expect(() => requireSealing(managed)).toThrow(/give a customer-managed key/);
});

test('a file that is no JSON is refused without an echo of it', () => {
  expect(() => readConfig(import.meta.filename)).toThrow(/cannot be read as JSON: write a file like/);
});
