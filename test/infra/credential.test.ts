import { App, Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import {
  RotationService,
  ThingSpaceApiError,
  ThingSpaceCredential,
  UsernameError,
} from '../../infra/index.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { configWith, readable, synthesize, twoDepartments } from './synthesize.ts';

const { ofType, one, resources } = synthesize();

const schedules = (config: object) =>
  synthesize(config)
    .ofType('AWS::SecretsManager::RotationSchedule')
    .map(([, { Properties }]) => Properties);

test('rotates every password after 90 days, and not at deployment', () => {
  const every90Days = {
    RotateImmediatelyOnUpdate: false,
    RotationRules: { ScheduleExpression: 'rate(90 days)', Duration: '4h' },
  };
  expect(schedules(twoDepartments)).toMatchObject([every90Days, every90Days]);
});

test('creates a schedule only after the function’s permissions and the secret’s policy', () => {
  const depends = one('AWS::SecretsManager::RotationSchedule', 'fleet').DependsOn ?? [];
  expect(depends.map((id) => id.slice(0, -8)).sort()).toEqual([
    'ServiceFunctionRole',
    'ServiceFunctionRoleDefaultPolicy',
    'ServiceFunctionRoleSealing',
    'ServiceFunctionRoleSecrets',
    'ServiceFunctionSecretsManager',
    'fleetReaders',
  ]);
});

test('rejects a username in the construct by the rule of the configuration', () => {
  const stack = new Stack(new App(), 'Stack');
  const service = new RotationService(stack, 'Service', { bundle: import.meta.dirname });
  const make = (username: string) => new ThingSpaceCredential(stack, username.trim(), { service, username });
  make('Fleet');
  expect(() => make('Fleet-Api ')).toThrow(UsernameError);
  expect(() => make('Metering\n')).toThrow(/character 9 of 9 is a line break/);
});

test('changes no other credential when one is rotated or checked', () => {
  const [fleet, metering] = twoDepartments.credentials;
  const third = { name: 'third', username: 'third' };
  const ofMetering = (credentials: (object | undefined)[]) => {
    const { one: oneOf } = synthesize(configWith({ credentials }));
    return [
      oneOf('AWS::SecretsManager::RotationSchedule', 'metering').Properties,
      oneOf('AWS::Scheduler::Schedule', 'metering').Properties,
    ];
  };
  const alone = ofMetering([metering]);
  expect(ofMetering([third, fleet, metering])).toEqual(alone);
  expect(ofMetering([metering, third])).toEqual(alone);
});

test('keeps the written day, hour and window of a schedule by months', () => {
  const rotation = { everyMonths: 3, dayOfMonth: 15, startHourUtc: 8, windowHours: 2 };
  const [rules] = schedules(configWith({ rotation })).map((given) => given.RotationRules);
  expect(rules).toEqual({ ScheduleExpression: 'cron(0 8 15 1/3 ? *)', Duration: '2h' });
});

test('accepts every interval from 1 to 1000 days', () => {
  const expression = (everyDays: number) =>
    schedules(configWith({ rotation: { everyDays }, logRetentionDays: 3653 }))[0].RotationRules
      .ScheduleExpression;
  expect([expression(1), expression(1000)]).toEqual(['rate(1 day)', 'rate(1000 days)']);
});

test('keeps resources that hold state, and their logical ids and names, so no update replaces them', () => {
  const kept = Object.entries(resources).filter(([, { DeletionPolicy }]) =>
    DeletionPolicy?.startsWith('Retain'),
  );
  // Kept when the stack goes or replaces them, and not when its first deployment fails.
  const policies = kept.map(([, { DeletionPolicy, UpdateReplacePolicy }]) => [
    DeletionPolicy,
    UpdateReplacePolicy,
  ]);
  expect(new Set(policies.map(String))).toEqual(new Set(['RetainExceptOnCreate,Retain']));
  const ids = kept.map(([id, { Properties }]) => [
    id,
    Properties.Name ?? Properties.TableName ?? Properties.LogGroupName,
  ]);
  expect(Object.fromEntries(ids)).toEqual({
    ServiceSealingKeyCA1814AA: undefined,
    ServiceOperationsKey7A78B5B4: undefined,
    ServiceLedgerF43FC229: 'ThingSpaceRotation-ledger',
    ServiceLogD7D86640: '/thingspace/ThingSpaceRotation/rotation',
    fleetSecret5F8B5443: 'thingspace/fleet',
    fleetReadersA53ECD7F: undefined,
    meteringSecretFBA79AF0: 'thingspace/metering',
    meteringReaders30C666A3: undefined,
  });
});

test('creates the table on demand, restorable, with expiring audit items, and protected when set', () => {
  const later = synthesize(configWith({ ledgerDeletionProtection: true }));
  expect(later.one('AWS::DynamoDB::Table').Properties.DeletionProtectionEnabled).toBe(true);
  expect(one('AWS::DynamoDB::Table').Properties).toMatchObject({
    BillingMode: 'PAY_PER_REQUEST',
    DeletionProtectionEnabled: false,
    KeySchema: [
      { AttributeName: 'credential', KeyType: 'HASH' },
      { AttributeName: 'item', KeyType: 'RANGE' },
    ],
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    SSESpecification: { SSEEnabled: true },
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  });
});

test('rotates the keys, and keeps the log for 400 days under the key of the alarms, not the sealing key', () => {
  const keys = ofType('AWS::KMS::Key').map(([, { Properties }]) => Properties.EnableKeyRotation);
  expect(keys).toEqual([true, true]);
  expect(readable(one('AWS::Logs::LogGroup').Properties)).toMatchObject({
    RetentionInDays: 400,
    KmsKeyId: '{ServiceOperationsKey.Arn}',
  });
  expect(readable(one('AWS::SNS::Topic').Properties)).toMatchObject({
    KmsMasterKeyId: '{ServiceOperationsKey.Arn}',
  });
});

test('runs the function on Node.js 24 and arm64 for 15 minutes, with the environment that it reads', () => {
  expect(readable(one('AWS::Lambda::Function').Properties)).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    Timeout: 900,
    MemorySize: 512,
    LoggingConfig: { LogGroup: '{ServiceLog}' },
    Environment: {
      Variables: {
        SERVICE_NAME: 'ThingSpaceRotation',
        LEDGER_TABLE: '{ServiceLedger}',
        ALARM_TOPIC_ARN: '{ServiceAlarms}',
        SEALING_KEY_ID: '{ServiceSealingKey.Arn}',
        THINGSPACE_TRANSPORT: 'soap',
        THINGSPACE_BASE_URL: 'https://uws.apps.nphase.com/api/v2',
        THINGSPACE_PASSWORD_ELEMENT: 'OldPassword',
        LOCKOUT_LIMIT: '5',
        LOCKOUT_BUDGET: '3',
        ROTATION_BUDGET: '2',
        EXCHANGE_BRAKE: 'on',
        THINGSPACE_RELEASE: packageJson.version,
        OVERDUE_AFTER_DAYS: '{"days":91,"except":{}}',
        NODE_OPTIONS: '--enable-source-maps',
      },
    },
  });
});

test('gives the function the addresses of REST, and no element of SOAP', () => {
  const variables = (thingspace: object) =>
    synthesize(configWith({ thingspace })).one('AWS::Lambda::Function').Properties.Environment.Variables;
  const rest = variables({ transport: 'rest' });
  expect(rest).toMatchObject({
    THINGSPACE_TRANSPORT: 'rest',
    THINGSPACE_BASE_URL: 'https://thingspace.verizon.com/api/m2m/v1',
    THINGSPACE_TOKEN_URL: 'https://thingspace.verizon.com/api/ts/v1/oauth2/token',
  });
  expect(rest).not.toHaveProperty('THINGSPACE_PASSWORD_ELEMENT');
  expect(rest).not.toHaveProperty('THINGSPACE_TOKEN_HOST_DIFFERS');
  const tokenUrl = 'https://tokens.example.com/token';
  expect(variables({ transport: 'rest', tokenUrl, tokenHostMayDiffer: true })).toMatchObject({
    THINGSPACE_TOKEN_URL: tokenUrl,
    THINGSPACE_TOKEN_HOST_DIFFERS: 'yes',
  });
});

test('changes nothing but the function’s environment when the transport changes', () => {
  const template = (transport: string) => synthesize(configWith({ thingspace: { transport } })).resources;
  const [soap, rest] = [template('soap'), template('rest')];
  const changed = Object.keys(rest).filter((id) => JSON.stringify(soap[id]) !== JSON.stringify(rest[id]));
  expect(Object.keys(rest)).toEqual(Object.keys(soap));
  expect(changed.map((id) => rest[id]?.Type)).toEqual(['AWS::Lambda::Function']);
});

test('rejects in the construct settings of the transport that contradict each other', () => {
  const stack = new Stack(new App(), 'Stack');
  const make = (id: string, props: object) => () => new RotationService(stack, id, props);
  expect(make('A', { transport: 'rest', passwordElement: 'X' })).toThrow(ThingSpaceApiError);
  expect(make('B', { transport: 'rest', tokenUrl: 'https://other.example/token' })).toThrow(
    /^tokenUrl: write an address of the host thingspace\.verizon\.com/,
  );
});

test('gives the function the runbook, the support contact and the credentials’ ages', () => {
  const [fleet, metering] = twoDepartments.credentials;
  const { one: oneOf } = synthesize(
    configWith({
      runbookUrl: 'https://example.com/runbook?page=1',
      supportContact: 'M2M Support, +1 202 555 0199',
      reasonRequired: true,
      reservedConcurrency: 5,
      credentials: [fleet, { ...metering, rotation: { everyDays: 30 } }],
    }),
  );
  expect(oneOf('AWS::Lambda::Function').Properties).toMatchObject({
    ReservedConcurrentExecutions: 5,
    Environment: {
      Variables: {
        RUNBOOK_URL: 'https://example.com/runbook?page=1',
        SUPPORT_CONTACT: 'M2M Support, +1 202 555 0199',
        REASON_REQUIRED: 'yes',
        OVERDUE_AFTER_DAYS: '{"days":91,"except":{"meterapi":31}}',
      },
    },
  });
});

test('switches the hold on from two credentials on, unless it is configured otherwise', () => {
  const [fleet, metering] = twoDepartments.credentials;
  const setTo = (changes: object) =>
    synthesize(configWith(changes)).one('AWS::Lambda::Function').Properties.Environment.Variables
      .EXCHANGE_BRAKE;
  expect(setTo({ credentials: [fleet] })).toBe('off');
  expect(setTo({ credentials: [fleet, metering] })).toBe('on');
  expect(setTo({ credentials: [fleet, metering], exchangeBrake: false })).toBe('off');
  expect(setTo({ credentials: [fleet], exchangeBrake: true })).toBe('on');
});

test('gives the secret the tag by which the operators’ policy knows it', () => {
  expect(one('AWS::SecretsManager::Secret', 'fleet').Properties.Tags).toEqual([
    { Key: 'thingspace-rotation-service', Value: 'ThingSpaceRotation' },
  ]);
});
