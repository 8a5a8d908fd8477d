import { expect, test } from 'vitest';
import { configWith, readable, synthesize, twoDepartments } from './synthesize.ts';

const { ofType, one, resources } = synthesize();

const schedules = (config: object) =>
  synthesize(config)
    .ofType('AWS::SecretsManager::RotationSchedule')
    .map(([, { Properties }]) => Properties);

test('a password is rotated after 90 days, and not at deploy', () => {
  expect(one('AWS::SecretsManager::RotationSchedule', 'fleet').Properties).toMatchObject({
    RotateImmediatelyOnUpdate: false,
    RotationRules: { ScheduleExpression: 'rate(90 days)', Duration: '4h' },
  });
});

test('a schedule is made only when the function may be invoked, may act, and the secret is closed', () => {
  const depends = one('AWS::SecretsManager::RotationSchedule', 'fleet').DependsOn ?? [];
  expect(depends.map((id) => id.slice(0, -8)).sort()).toEqual([
    'ServiceFunctionRole',
    'ServiceFunctionRoleDefaultPolicy',
    'ServiceFunctionRoleSealing',
    'ServiceFunctionRoleSecretKeys',
    'ServiceFunctionRoleSecrets',
    'ServiceFunctionSecretsManager',
    'fleetReaders',
  ]);
});

test('no two of ten credentials that are deployed together rotate on the same day', () => {
  const credentials = Array.from({ length: 10 }, (_, i) => ({ name: `c${i}`, username: `user${i}` }));
  const byDays = schedules(configWith({ credentials })).map((s) => s.RotationRules.ScheduleExpression);
  expect(byDays).toEqual([90, 89, 88, 87, 86, 85, 84, 83, 82, 81].map((days) => `rate(${days} days)`));

  const rotation = { everyMonths: 3, startHourUtc: 8, windowHours: 2 };
  const byMonths = schedules(configWith({ credentials, rotation })).map((s) => s.RotationRules);
  expect(new Set(byMonths.map((rules) => rules.ScheduleExpression)).size).toBe(10);
  expect(byMonths[1]).toEqual({ ScheduleExpression: 'cron(0 8 2 1/3 ? *)', Duration: '2h' });
});

test('a credential that is added at the end changes no other schedule', () => {
  const more = [...twoDepartments.credentials, { name: 'third', username: 'third' }];
  expect(schedules(configWith({ credentials: more })).slice(0, 2)).toEqual(schedules(twoDepartments));
});

test('every interval from 1 to 1000 days can be deployed', () => {
  const expression = (everyDays: number) =>
    schedules(configWith({ rotation: { everyDays } }))[0].RotationRules.ScheduleExpression;
  expect([expression(1), expression(1000)]).toEqual(['rate(1 day)', 'rate(1000 days)']);
});

test('what holds state outlives the stack and a replacement', () => {
  const state = [
    'AWS::SecretsManager::Secret',
    'AWS::KMS::Key',
    'AWS::DynamoDB::Table',
    'AWS::Logs::LogGroup',
  ];
  const policies = state.flatMap((type) =>
    ofType(type).map(([, { DeletionPolicy, UpdateReplacePolicy }]) => [DeletionPolicy, UpdateReplacePolicy]),
  );
  expect(policies).toHaveLength(6);
  expect(new Set(policies.flat())).toEqual(new Set(['Retain']));
});

test('what holds state keeps its logical id and its name, so that no update of ours replaces it', () => {
  const ids = Object.entries(resources)
    .filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')
    .map(([id, { Properties }]) => [id, Properties.Name ?? Properties.TableName ?? Properties.LogGroupName]);
  expect(Object.fromEntries(ids)).toEqual({
    ServiceSealingKeyCA1814AA: undefined,
    ServiceOperationsKey7A78B5B4: undefined,
    ServiceLedgerF43FC229: 'ThingSpaceRotation-ledger',
    ServiceLogD7D86640: '/thingspace/ThingSpaceRotation/rotation',
    fleetSecret5F8B5443: 'thingspace/fleet',
    fleetReadersA53ECD7F: undefined,
    meteringSecretFBA79AF0: 'thingspace/metering',
    meteringReadersC77C4A8E: undefined,
  });
});

test('nothing in the configuration changes the value that a secret is made with', () => {
  const changed = synthesize(
    configWith({
      credentials: [{ name: 'fleet', username: 'Another', readers: [] }],
      rotation: { everyDays: 30 },
      lockout: { budget: 2, rotationBudget: 1 },
    }),
  );
  const value = (from: typeof changed) =>
    from.one('AWS::SecretsManager::Secret', 'fleet').Properties.SecretString;
  expect(value(changed)).toBe(value(synthesize()));
});

test('the table is on demand, restorable, expires its audit items and cannot be deleted by mistake', () => {
  expect(one('AWS::DynamoDB::Table').Properties).toMatchObject({
    BillingMode: 'PAY_PER_REQUEST',
    DeletionProtectionEnabled: true,
    KeySchema: [
      { AttributeName: 'credential', KeyType: 'HASH' },
      { AttributeName: 'item', KeyType: 'RANGE' },
    ],
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    SSESpecification: { SSEEnabled: true },
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  });
});

test('the keys rotate, the log keeps its sealed passwords for 400 days under a key of its own', () => {
  const keys = ofType('AWS::KMS::Key').map(([, { Properties }]) => Properties.EnableKeyRotation);
  expect(keys).toEqual([true, true]);
  expect(readable(one('AWS::Logs::LogGroup').Properties)).toMatchObject({
    RetentionInDays: 400,
    KmsKeyId: '{ServiceOperationsKey.Arn}',
  });
});

test('an alarm about the sealing key needs no sealing key', () => {
  expect(readable(one('AWS::SNS::Topic').Properties)).toMatchObject({
    KmsMasterKeyId: '{ServiceOperationsKey.Arn}',
  });
});

test('the function is Node.js 24 on arm64, may live 15 minutes, and gets the environment that it reads', () => {
  expect(readable(one('AWS::Lambda::Function').Properties)).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'index.handler',
    Timeout: 900,
    MemorySize: 512,
    ReservedConcurrentExecutions: 10,
    LoggingConfig: { LogGroup: '{ServiceLog}' },
    Environment: {
      Variables: {
        LEDGER_TABLE: '{ServiceLedger}',
        ALARM_TOPIC_ARN: '{ServiceAlarms}',
        SEALING_KEY_ID: '{ServiceSealingKey.Arn}',
        THINGSPACE_TRANSPORT: 'soap',
        THINGSPACE_BASE_URL: 'https://uws.apps.nphase.com/api/v2',
        THINGSPACE_PASSWORD_ELEMENT: 'OldPassword',
        LOCKOUT_LIMIT: '5',
        LOCKOUT_BUDGET: '3',
        ROTATION_BUDGET: '2',
        NODE_OPTIONS: '--enable-source-maps',
      },
    },
  });
});
