import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../infra/config.ts';
import {
  configWith,
  readable,
  sentencesOf,
  statements,
  synthesize,
  synthesizeAnew,
  twoDepartments,
} from './synthesize.ts';

const arn = (name: string) => `arn:aws:iam::123456789012:${name}`;
const rule = {
  name: 'operations',
  principals: [
    arn('role/operations'),
    arn('user/people/vic'),
    arn('role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_*'),
  ],
  credentials: ['fleet'],
  operations: ['reads', 'ChangeDeviceState'],
};
const access = { rules: [rule], speakers: [arn('role/operations')] };
const withAccess = (changes: object = {}) => configWith({ access: { ...access, ...changes } });

const { app, ofType, one, json } = synthesize(withAccess());

const functionOf = (prefix: string) => one('AWS::Lambda::Function', prefix);

test('passes cdk-nag, also in a VPC and traced', () => {
  const vpc = { vpcId: 'vpc-0a1b2c3d', subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] };
  for (const stack of [app, synthesize(configWith({ access, vpc, tracing: true })).app]) {
    expect(new AwsSolutionsChecks(stack).validateScope(stack).violations).toEqual([]);
  }
});

test('deploys no access function without the setting', () => {
  const { resources } = synthesize();
  expect(Object.keys(resources).filter((id) => id.startsWith('Access'))).toEqual([]);
});

test('allows the function exactly its calls: audit, own credential and shared session', () => {
  const [policy] = ofType('AWS::IAM::Policy').filter(([id]) => id.startsWith('AccessRole'));
  expect(statements(policy?.[1].Properties.PolicyDocument)).toEqual([
    'Allow logs:CreateLogStream logs:PutLogEvents on {AccessLog.Arn}',
    'Allow dynamodb:PutItem dynamodb:UpdateItem on {AccessTable.Arn}',
    'Allow kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo on {ServiceOperationsKey.Arn} if {"StringEquals":{"kms:ViaService":"dynamodb.us-east-1.amazonaws.com"}}',
    'Allow dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:PutItem on {ServiceLedger.Arn} if {"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["fleetapi"]},"Null":{"dynamodb:LeadingKeys":"false"}}',
    'Allow kms:Decrypt kms:Encrypt on {ServiceSealingKey.Arn} if {"StringEquals":{"kms:EncryptionContext:secretArn":["{fleetSecret}"],"kms:EncryptionContext:purpose":"session"},"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["secretArn","purpose"]}}',
    'Allow dynamodb:DescribeTable on {ServiceLedger.Arn}',
    'Allow sns:Publish on {ServiceAlarms}',
    'Allow kms:Decrypt kms:GenerateDataKey on {ServiceOperationsKey.Arn} if {"StringEquals":{"kms:EncryptionContext:aws:sns:topicArn":"{ServiceAlarms}"}}',
  ]);
});

test('allows it to read only the secrets of credentials that a rule names', () => {
  const readersOf = (name: string) =>
    JSON.stringify(readable(one('AWS::SecretsManager::ResourcePolicy', name).Properties.ResourcePolicy));
  expect(readersOf('fleet')).toContain('{AccessRole.Arn}');
  expect(readersOf('metering')).not.toContain('AccessRole');
});

test('allows only named principals to call it, signed and through its URL', () => {
  expect(one('AWS::Lambda::Url').Properties).toMatchObject({ AuthType: 'AWS_IAM', InvokeMode: 'BUFFERED' });
  const callers = one('AWS::IAM::ManagedPolicy', 'AccessCallers').Properties;
  expect(statements(callers.PolicyDocument)).toEqual([
    'Allow lambda:InvokeFunctionUrl on {AccessFunction.Arn} if {"StringEquals":{"lambda:FunctionUrlAuthType":"AWS_IAM"}}',
    'Allow lambda:InvokeFunction on {AccessFunction.Arn} if {"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}',
  ]);
  expect([callers.Roles, callers.Users]).toEqual([['operations'], ['vic']]);
  const permitted = ofType('AWS::Lambda::Permission').map(([, { Properties }]) =>
    readable(Properties.FunctionName),
  );
  expect(new Set(permitted)).toEqual(new Set(['{ServiceFunction.Arn}']));
});

test('attaches the callers’ policy once to a role that is written with its path and without it', () => {
  const twice = { ...rule, name: 'again', principals: [arn('role/teams/operations'), arn('user/vic')] };
  const other = synthesize(withAccess({ rules: [rule, twice] }));
  const callers = other.one('AWS::IAM::ManagedPolicy', 'AccessCallers').Properties;
  expect([callers.Roles, callers.Users]).toEqual([['operations'], ['vic']]);
});

test('keeps the audit table beyond the stack, with expiring items and restores', () => {
  const table = one('AWS::DynamoDB::Table', 'AccessTable');
  expect(table).toMatchObject({
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
    Properties: {
      TableName: 'ThingSpaceRotation-access',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      DeletionProtectionEnabled: false,
    },
  });
  const guarded = synthesize(withAccess({ deletionProtection: true })).one(
    'AWS::DynamoDB::Table',
    'AccessTable',
  );
  expect(guarded.Properties.DeletionProtectionEnabled).toBe(true);
});

test('streams every write of the audit to an archive, where it is wanted', () => {
  expect(one('AWS::DynamoDB::Table', 'AccessTable').Properties).not.toHaveProperty('StreamSpecification');
  expect(json.Outputs).not.toHaveProperty('AccessStreamArn');
  const streamed = synthesize(withAccess({ stream: true }));
  expect(streamed.one('AWS::DynamoDB::Table', 'AccessTable').Properties.StreamSpecification).toEqual({
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  });
  expect(streamed.json.Outputs).toHaveProperty('AccessStreamArn');
});

test('allows operators to read the audit, but not to write it', () => {
  const written = statements(one('AWS::IAM::ManagedPolicy', 'ServiceOperators').Properties.PolicyDocument);
  expect(written.filter((line) => line.includes('AccessTable'))).toEqual([
    'Allow dynamodb:GetItem dynamodb:Query on {AccessTable.Arn}',
  ]);
});

test('reports bursts of denials and of failures by the alarm topic and on the dashboard', () => {
  const alarms = ofType('AWS::CloudWatch::Alarm').filter(([id]) => id.startsWith('Access'));
  expect(
    alarms.map(([, { Properties }]) => [Properties.Threshold, readable(Properties.AlarmActions)]),
  ).toEqual([
    [20, ['{ServiceAlarms}']],
    [5, ['{ServiceAlarms}']],
  ]);
  const dashboard = JSON.stringify(one('AWS::CloudWatch::Dashboard').Properties.DashboardBody);
  for (const shown of [
    'Access function: requests, per hour',
    'AccessDenied',
    'AccessFailed',
    'AccessDeniedAlarm',
  ]) {
    expect(dashboard).toContain(shown);
  }
});

test('makes another asset for another policy, and the same one for the same', () => {
  const assetOf = (config: object) =>
    synthesizeAnew(config).one('AWS::Lambda::Function', 'Access').Properties.Code.S3Key;
  expect(assetOf(withAccess())).toBe(functionOf('Access').Properties.Code.S3Key);
  expect(assetOf(withAccess({ rules: [{ ...rule, operations: ['Get*'] }] }))).not.toBe(assetOf(withAccess()));
});

test('packs every file that the function reads into the asset', () => {
  const directory = app.synth().directory;
  const hash = String(functionOf('Access').Properties.Code.S3Key).replace('.zip', '');
  const file = JSON.parse(readFileSync(path.join(directory, `asset.${hash}`, 'access.json'), 'utf8'));
  expect(file).toEqual({
    policy: { rules: [rule], speakers: access.speakers },
    secrets: { fleet: 'thingspace/fleet' },
    usernames: { fleet: 'FleetApi' },
    retentionDays: 400,
    requestsPerMinute: 600,
  });
});

test('says in the alarm of denials that a policy is only observed, and deploys that only when it is set', () => {
  const observed = synthesize(withAccess({ observeOnly: true }));
  const wordsOf = (name: string, { one: find } = observed) =>
    String(find('AWS::CloudWatch::Alarm', name).Properties.AlarmDescription);
  expect(wordsOf('AccessDenied')).toContain('no request is denied because no rule allows it');
  expect(wordsOf('AccessDenied', { one } as typeof observed)).not.toContain('only observed');
  expect(wordsOf('AccessDenied').length).toBeLessThanOrEqual(1024);
});

test('reserves the concurrency of the setting, and none without it', () => {
  const reservedBy = (changes: object) =>
    synthesize(withAccess(changes)).one('AWS::Lambda::Function', 'Access').Properties
      .ReservedConcurrentExecutions;
  expect([reservedBy({ reservedConcurrency: 20 }), reservedBy({})]).toEqual([20, undefined]);
});

test('gives a caller that only gets sessions no right on a secret, a table or a key', () => {
  const shop = { ...rule, name: 'shops', principals: [arn('role/shop')], operations: ['GetSession'] };
  for (const transport of ['soap', 'rest']) {
    const { resources } = synthesize({
      ...withAccess({ rules: [rule, shop] }),
      thingspace: { transport },
    });
    const naming = Object.entries(resources).filter(([, found]) => JSON.stringify(found).includes('shop'));
    expect(naming.map(([id]) => id)).toEqual([expect.stringMatching(/^AccessCallers/)]);
    const [[, callers] = []] = naming;
    expect(callers?.Properties.Roles).toContain('shop');
    expect(statements(callers?.Properties.PolicyDocument)).toEqual([
      'Allow lambda:InvokeFunctionUrl on {AccessFunction.Arn} if {"StringEquals":{"lambda:FunctionUrlAuthType":"AWS_IAM"}}',
      'Allow lambda:InvokeFunction on {AccessFunction.Arn} if {"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}',
    ]);
  }
});

test('tells the function the API of the service, and its addresses', () => {
  const tokenUrl = 'https://tokens.example.com/token';
  for (const thingspace of [{}, { transport: 'rest', tokenUrl, tokenHostMayDiffer: true }]) {
    const { one: oneOf } = synthesize({ ...withAccess(), thingspace });
    const [access, rotation] = ['Access', 'Service'].map((prefix) => {
      const { Variables } = oneOf('AWS::Lambda::Function', prefix).Properties.Environment;
      return Object.entries(Variables).filter(([name]) => name.startsWith('THINGSPACE_'));
    });
    expect(access?.length).toBeGreaterThan(2);
    expect(rotation).toEqual(expect.arrayContaining(access ?? []));
  }
});

test('outputs the address, the table and the callers’ policy', () => {
  for (const name of ['AccessUrl', 'AccessFunctionName', 'AccessTable', 'AccessCallersPolicyArn'])
    expect(json.Outputs).toHaveProperty(name);
});

describe('rejects a policy that cannot work in one sentence', () => {
  const withRule = (changes: object) => ({ rules: [{ ...rule, ...changes }] });

  test.each<[changes: object, sentence: string]>([
    [{ rules: [] }, 'access.rules: write at least one rule: everything is denied without.'],
    [
      withRule({ principals: [] }),
      'access.rules[0].principals: write at least one principal: the rule would allow nothing.',
    ],
    [
      withRule({ operations: [''] }),
      'access.rules[0].operations[0]: write reads, the name of an operation, such as ChangeDeviceState, a pattern such as Get*, a name and a kind, such as ChangeDeviceState/Suspend, or over REST a method and a path, such as POST /m2m/v1/devices/actions/suspend.',
    ],
    [
      withRule({ operations: ['MoveDevice/Suspend'] }),
      'access.rules[0].operations[0]: leave it out, or write another kind behind the slash: only ChangeDeviceState has kinds.',
    ],
    [
      withRule({ operations: ['ChangeDevice*/Terminate'] }),
      'access.rules[0].operations[0]: leave it out, or write another kind behind the slash: the kinds are Activate, Deactivate, Suspend, Restore, Reconnect.',
    ],
    [
      withRule({ accounts: [] }),
      'access.rules[0].accounts: write at least one account: the rule would allow nothing.',
    ],
    [
      withRule({ name: 'Contradiction' }),
      'access.rules[0].name: write another name, the function has a rule of its own that is called so.',
    ],
    ...['GetNewPassword', 'GetNewInactivePassword', '*Password', 'LogIn', 'LogOut', 'login'].map(
      (operation): [object, string] => [
        withRule({ operations: [operation] }),
        'access.rules[0].operations[0]: leave it out: log-ins, log-outs and passwords are never forwarded, whatever a rule says.',
      ],
    ),
    ...['GetSession*', '*Session', 'getsession'].map((operation): [object, string] => [
      withRule({ operations: [operation] }),
      `access.rules[0].operations[0]: write GetSession, if this is to allow it: GetSession goes by its exact name alone, and ${operation} does not give it.`,
    ]),
    [
      withRule({ principals: ['*'] }),
      'access.rules[0].principals[0]: write the ARN of a role or a user, such as arn:aws:iam::123456789012:role/fleet-app; its name may hold one asterisk.',
    ],
    [
      withRule({ principals: ['arn:aws:sts::123456789012:assumed-role/a/b'] }),
      'access.rules[0].principals[0]: write the ARN of a role or a user, such as arn:aws:iam::123456789012:role/fleet-app; its name may hold one asterisk.',
    ],
    ...[
      'role/team-a/*',
      'role/team-a/ops-*',
      'role/aws-reserved/sso.amazonaws.com/*',
      'role/*/operations',
    ].map((role): [object, string] => [
      withRule({ principals: [arn(role)] }),
      'access.rules[0].principals[0]: write the whole name of the role, or leave its path out: AWS names a caller without the path, so this would mean roles of every path.',
    ]),
    [
      { speakers: [arn('role/portals/*')] },
      'access.speakers[0]: write the whole name of the role, or leave its path out: AWS names a caller without the path, so this would mean roles of every path.',
    ],
    [
      withRule({ principals: ['arn:aws:iam::999999999999:role/a'] }),
      'access.rules[0].principals[0]: write a role or user of the account 123456789012; callers of another account assume a role of this one.',
    ],
    [
      withRule({ credentials: ['flet'] }),
      'access.rules[0].credentials[0]: write the name of a credential of this configuration (fleet, metering), or a pattern of one.',
    ],
    [
      { rules: [rule, { ...rule, name: 'Operations' }] },
      'access.rules[1].name: write another name, records and faults name the rule by it.',
    ],
    [
      withRule({ name: 'denied-by-default' }),
      'access.rules[0].name: write another name, the function has a rule of its own that is called so.',
    ],
    ...['alice,bob', arn('user/alice')].map((user): [object, string] => [
      { ...withRule({ users: [user] }), speakers: rule.principals },
      'access.rules[0].users[0]: write the name of an application user (printable ASCII without commas, no ARN), or a pattern such as *@example.com.',
    ]),
    [
      { ...withRule({ users: ['alice'] }), speakers: [] },
      "access.rules[0].users: leave it out, or name one of the rule's principals in access.speakers: only speakers name the user on whose behalf they act.",
    ],
    ...['arn:x', 'ann meyer', 'a'].map((person): [object, string] => [
      withRule({ persons: [person] }),
      'access.rules[0].persons[0]: write the name of a session, which is the person’s user name in IAM Identity Center (2 to 63 letters, digits and +=,.@-_), or a pattern such as *@example.com.',
    ]),
    [
      withRule({ persons: ['ann@example.com'], principals: [arn('role/operations')] }),
      `access.rules[0].persons: leave it out, or name one of the rule's principals in access.personsBySessionName: the sessions of ${arn('role/operations')} name no person.`,
    ],
    ...['user/vic', 'role/*', 'role/*-ops'].map((one): [object, string] => [
      { personsBySessionName: [arn(one)] },
      'access.personsBySessionName[0]: write roles whose trust policies fix the name of the session (sts:RoleSessionName), by their names: a user has no session, and any other role lets its callers choose a name.',
    ]),
    [
      { requestsPerMinute: 0 },
      'access.requestsPerMinute: write a whole number of requests from 1 to 100000.',
    ],
    [
      { rule: [] },
      'access.rule: leave it out, it is no setting (there are rules, speakers, personsBySessionName, userTokens, observeOnly, requestsPerMinute, retentionDays, reservedConcurrency, deletionProtection, stream).',
    ],
  ])('%j', (changes, sentence) => {
    expect(sentencesOf(withAccess(changes))).toEqual([sentence]);
  });

  test.each([
    [{ principals: [arn('role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_*')] }, {}],
    [{ principals: [arn('role/*')] }, {}],
    [{ principals: [arn('role/people/staff')] }, { personsBySessionName: [arn('role/staff')] }],
  ])('takes persons of %j with %j', (changes, more) => {
    const persons = ['ann@example.com', '*@example.org'];
    expect(() => parseConfig(withAccess({ ...withRule({ ...changes, persons }), ...more }))).not.toThrow();
  });

  test('a credential whose secret has a policy of another stack', () => {
    const [fleet] = twoDepartments.credentials;
    const secretArn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:vendor-AbC123';
    const credentials = [{ name: fleet?.name, username: 'FleetApi', secretArn }];
    expect(() => parseConfig(configWith({ access, credentials }))).toThrow(
      'leave fleet out, or adopt its secret',
    );
  });
});
