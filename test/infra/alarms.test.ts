import { expect, test } from 'vitest';
import { configWith, readable, synthesize, twoDepartments } from './synthesize.ts';

const { ofType, one } = synthesize();

const alarms = ofType('AWS::CloudWatch::Alarm').map(([id, { Properties }]) => ({
  id: id.slice(0, -8),
  ...(readable(Properties) as Record<string, unknown>),
}));

const alarm = (id: string) => alarms.find((candidate) => candidate.id === id);

test('every alarm tells the topic when it begins and when it ends, and says what to do', () => {
  expect(alarms.map(({ id }) => id).sort()).toEqual(
    [
      ...['Errors', 'Throttles', 'Duration'].map((name) => `Service${name}Alarm`),
      ...['fleet', 'metering'].flatMap((name) =>
        ['FailedLogIn', 'Exposure', 'PasswordLost', 'NotAnnounced', 'Overdue'].map(
          (what) => `${name}${what}Alarm`,
        ),
      ),
    ].sort(),
  );
  for (const given of alarms) {
    expect(given).toMatchObject({ AlarmActions: ['{ServiceAlarms}'], OKActions: ['{ServiceAlarms}'] });
    expect(String(Reflect.get(given, 'AlarmDescription'))).toMatch(/^.{60,1024}$/);
  }
});

test('a rotation is overdue even if nothing ever ran: two days without a measured age are an alarm', () => {
  expect(alarm('meteringOverdueAlarm')).toMatchObject({
    Namespace: 'ThingSpaceRotation',
    MetricName: 'PasswordAgeDays',
    Dimensions: [{ Name: 'Credential', Value: 'meterapi' }],
    Statistic: 'Maximum',
    Period: 86_400,
    EvaluationPeriods: 2,
    Threshold: 91, // rotates after 89 days, with two days of grace
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'breaching',
  });
});

test.each([
  ['FailedLogIn', 'FailedLogIns', 'Sum', 1],
  ['Exposure', 'LockoutExposure', 'Maximum', 3],
  ['PasswordLost', 'PasswordLost', 'Sum', 1],
  ['NotAnnounced', 'AlarmPublishFailed', 'Sum', 1],
])('%s is an alarm from the first value that matters', (name, metric, statistic, threshold) => {
  expect(alarm(`fleet${name}Alarm`)).toMatchObject({
    MetricName: metric,
    Dimensions: [{ Name: 'Credential', Value: 'fleetapi' }],
    Statistic: statistic,
    Threshold: threshold,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    EvaluationPeriods: 1,
    TreatMissingData: 'notBreaching',
  });
});

test.each([
  ['Errors', 'Sum', 1],
  ['Throttles', 'Sum', 1],
  ['Duration', 'Maximum', 840_000],
])('the function’s %s are an alarm', (metric, statistic, threshold) => {
  expect(alarm(`Service${metric}Alarm`)).toMatchObject({
    Namespace: 'AWS/Lambda',
    MetricName: metric,
    Statistic: statistic,
    Threshold: threshold,
  });
});

test('a failed, abandoned or untestable rotation tells the topic and starts the recovery of that secret', () => {
  const { EventPattern, Targets } = readable(one('AWS::Events::Rule', 'fleet').Properties) as {
    EventPattern: unknown;
    Targets: Record<string, unknown>[];
  };
  expect(EventPattern).toEqual({
    source: ['aws.secretsmanager'],
    'detail-type': ['AWS Service Event via CloudTrail'],
    detail: {
      eventSource: ['secretsmanager.amazonaws.com'],
      eventName: ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'],
      additionalEventData: { SecretId: ['{fleetSecret}'] },
    },
  });
  const [topic, rotation, ...others] = Targets;
  expect(topic).toMatchObject({ Arn: '{ServiceAlarms}', RoleArn: '{ServiceEventsRole.Arn}' });
  expect(JSON.stringify(topic?.InputTransformer)).toContain('<detail-eventName> at <time>');
  expect(rotation).toMatchObject({ Arn: '{ServiceFunction.Arn}', Input: '{"Recover":"{fleetSecret}"}' });
  expect(others).toEqual([]);
});

test('every credential is checked once a day, not all in the same minute', () => {
  const checks = ofType('AWS::Scheduler::Schedule').map(([, { Properties }]) => readable(Properties));
  expect(checks).toMatchObject(
    ['fleet', 'metering'].map((name, minute) => ({
      ScheduleExpression: `cron(${minute} 12 * * ? *)`,
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 30 },
      Target: {
        Arn: '{ServiceFunction.Arn}',
        RoleArn: '{ServiceDailyRole.Arn}',
        Input: `{"Recover":"{${name}Secret}"}`,
      },
    })),
  );
});

test('operations hear of everything, a department of its own credentials, each by one subscription', () => {
  const [fleet, metering] = twoDepartments.credentials;
  const { ofType: ofTypeIn } = synthesize(
    configWith({
      alarmReceivers: [{ email: 'operations@example.com' }, { https: 'https://pager.example.com/in' }],
      credentials: [
        { ...fleet, alarmReceivers: [{ email: 'both@example.com' }, { email: 'Operations@example.com' }] },
        { ...metering, alarmReceivers: [{ email: 'both@example.com' }, { sms: '+12025550123' }] },
      ],
    }),
  );
  const subscriptions = ofTypeIn('AWS::SNS::Subscription').map(([, { Properties }]) => [
    Properties.Protocol,
    Properties.Endpoint,
    Properties.FilterPolicy,
  ]);
  expect(subscriptions).toEqual([
    ['email', 'operations@example.com', undefined],
    ['https', 'https://pager.example.com/in', undefined],
    ['email', 'both@example.com', { credential: ['fleetapi', 'meterapi'] }],
    ['sms', '+12025550123', { credential: ['meterapi'] }],
  ]);
});

test('a function that receives alarms lets the topic invoke it', () => {
  const pager = 'arn:aws:lambda:us-east-1:123456789012:function:pager';
  const { ofType: ofTypeIn } = synthesize(configWith({ alarmReceivers: [{ lambda: pager }] }));
  const permissions = ofTypeIn('AWS::Lambda::Permission').map(([, { Properties }]) => readable(Properties));
  expect(permissions).toContainEqual({
    Action: 'lambda:InvokeFunction',
    FunctionName: pager,
    Principal: 'sns.amazonaws.com',
    SourceArn: '{ServiceAlarms}',
  });
});
