import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { unannouncedErrors } from '../../infra/silent-failures.ts';
import { labelOf, TEST_LABEL } from '../../lambda/alarms/label.ts';
import { createMetrics, type Metrics } from '../../lambda/metrics.ts';
import { alarmsOf } from '../../local/cloudwatch/alarm.ts';
import { type CloudWatch, createCloudWatch } from '../../local/cloudwatch/cloudwatch.ts';
import { errorNames } from './error-names.ts';
import { configWith, readable, synthesize, twoDepartments } from './synthesize.ts';

const { resources, ofType, one } = synthesize();
const variables = one('AWS::Lambda::Function').Properties.Environment.Variables;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Midnight UTC; the deployment is some hours later. */
const deployedOn = Date.UTC(2026, 0, 1);

/** AWS does not publish how much further back an alarm looks for values. */
const readings = [{ furtherBack: 0 }, { furtherBack: 30 }];

test('the alarms are few, publish at their beginning only, and name the next step', () => {
  const alarms = alarmsOf(resources);
  const told = alarms.filter(({ actions }) => actions.alarm.length > 0).map(({ name }) => name.slice(0, -8));
  expect(told.sort()).toEqual([
    'ServiceNotAnnouncedAlarm',
    'ServiceOverdueAlarm',
    'ServiceSilentFailureAlarm',
    'ServiceUncheckedAlarm',
  ]);
  expect(alarms).toHaveLength(7);
  for (const { actions } of alarms) {
    expect([...actions.ok, ...actions.insufficientData]).toEqual([]);
    expect(actions.description).toMatch(/^.{60,1024}$/);
  }
});

/** The lines that the function's own code writes when it measures so, at a time. */
function lines(atMs: number, measuring: (metrics: Metrics) => void): string[] {
  const written: string[] = [];
  vi.setSystemTime(atMs);
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written.push(String(chunk).trim());
    return true;
  });
  measuring(createMetrics(variables.SERVICE_NAME, variables.OVERDUE_AFTER_DAYS));
  spy.mockRestore();
  return written;
}

/** Publishes the metrics of one daily check of a credential. */
function check(
  cloudWatch: CloudWatch,
  atMs: number,
  measured: { ageDays: number; trouble?: 0 | 1; of?: string },
) {
  const { ageDays, trouble = 0, of = 'fleetapi' } = measured;
  for (const line of lines(atMs, (metrics) => {
    metrics.gauge('PasswordAgeDays', of, ageDays, 'None');
    metrics.gauge('TroubleStands', of, trouble, 'Count');
  })) {
    cloudWatch.ingest(line, atMs);
  }
}

/** As the handler logs what it throws. */
const failed = (errorName: string) => JSON.stringify({ level: 'ERROR', message: 'It failed.', errorName });

const named = (sent: { alarm: string; state: string }[]) =>
  sent.map(({ alarm }) => alarm.slice('Service'.length, -8));

describe.each(readings)('evaluated %j', (reading) => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const deployed = () => createCloudWatch(resources, deployedOn + 15 * hour, reading);
  const coarse = 15 * minute;

  test('a deployment causes no message, however long its secrets stay empty', () => {
    expect(deployed().advance(deployedOn + 10 * day, coarse)).toEqual([]);
  });

  test('a credential that is checked and rotated in time causes no message', () => {
    const cloudWatch = deployed();
    for (let today = 1; today < 100; today += 1) {
      const at = deployedOn + today * day + 11.2 * hour;
      expect(cloudWatch.advance(at, coarse)).toEqual([]);
      // Rotated on the first day just after midnight, then at the very end of a window of a day.
      check(cloudWatch, at, { ageDays: today <= 90 ? today + 11.2 / 24 : today - 91 + 11.3 / 24 });
      check(cloudWatch, at + minute, { ageDays: 1, of: 'meterapi' });
    }
  });

  test.each([
    ['just after midnight', 0.1],
    ['at the end of its window', 4],
    ['by hand at the end of a day', 23.9],
  ])('reports a password rotated %s as overdue within a day and a half', (_, hours) => {
    const cloudWatch = deployed();
    const rotated = deployedOn + hours * hour;
    const sent = [];
    for (let today = 85; today < 98; today += 1) {
      const at = deployedOn + today * day + 11.7 * hour;
      check(cloudWatch, at, { ageDays: (at - rotated) / day });
      sent.push(...cloudWatch.advance(deployedOn + (today + 1) * day, coarse));
    }
    expect(named(sent)).toEqual(['OverdueAlarm']);
    const endOfLastDay = deployedOn + 91 * day;
    expect(sent[0]?.atMs).toBeGreaterThan(endOfLastDay);
    expect(sent[0]?.atMs).toBeLessThanOrEqual(endOfLastDay + 1.5 * day);
    expect(cloudWatch.stateOf('ServiceOverdueAlarm')).toBe('ALARM');
  });

  test('reports missing checks within a day and a half, once', () => {
    const cloudWatch = deployed();
    const last = deployedOn + 3 * day + 11.5 * hour;
    for (const at of [last - 2 * day, last - day, last]) {
      expect(cloudWatch.advance(at, coarse)).toEqual([]);
      check(cloudWatch, at, { ageDays: 1 });
    }
    const sent = cloudWatch.advance(last + 10 * day, coarse);
    expect(named(sent)).toEqual(['UncheckedAlarm']);
    expect(sent[0]?.atMs).toBeLessThanOrEqual(last + 1.5 * day);
  });

  test('reports no missing check that comes six hours late, as Scheduler may repeat it', () => {
    const cloudWatch = deployed();
    for (const at of [11.2, 24 + 17, 48 + 11.2].map((hours) => deployedOn + day + hours * hour)) {
      expect(cloudWatch.advance(at, coarse)).toEqual([]);
      check(cloudWatch, at, { ageDays: 1 });
    }
  });

  test('shows a trouble red while it lasts, also without checks, and sends no message', () => {
    const cloudWatch = deployed();
    const at = (days: number, hours: number) => deployedOn + days * day + hours * hour;
    check(cloudWatch, at(1, 11.2), { ageDays: 1, trouble: 1 });
    // The healthy one comes later in the same hour.
    check(cloudWatch, at(1, 11.6), { ageDays: 1, trouble: 0, of: 'meterapi' });
    cloudWatch.advance(at(1, 12), coarse);
    const sent = [];
    for (let hours = 12; hours < 100; hours += 1) {
      sent.push(...cloudWatch.advance(at(1, hours), coarse));
      const red = ['ServiceTrouble', 'ServiceUnchecked'].filter(
        (name) => cloudWatch.stateOf(name) === 'ALARM',
      );
      expect(red, `after ${hours} hours`).not.toEqual([]);
    }
    expect(named(sent)).toEqual(['UncheckedAlarm']);

    for (const days of [9, 10, 11, 12]) {
      check(cloudWatch, at(days, 11.2), { ageDays: 1, trouble: 0 });
      expect(cloudWatch.advance(at(days, 24), coarse)).toEqual([]);
    }
    expect(cloudWatch.stateOf('ServiceTrouble')).toBe('OK');
  });

  test('shows the only credential’s trouble red until a check reports its end', () => {
    const cloudWatch = deployed();
    check(cloudWatch, deployedOn + day + 11.2 * hour, { ageDays: 1, trouble: 1 });
    cloudWatch.advance(deployedOn + 20 * day, coarse);
    expect(cloudWatch.stateOf('ServiceTrouble')).toBe('ALARM');
  });

  const later = (cloudWatch: CloudWatch, logged: [number, string][]) => {
    const begin = deployedOn + 20 * hour;
    const sent = [...cloudWatch.advance(begin)];
    for (const [minutes, line] of logged) {
      sent.push(...cloudWatch.advance(begin + minutes * minute));
      cloudWatch.ingest(line, begin + minutes * minute);
    }
    return [...sent, ...cloudWatch.advance(begin + 3 * hour)];
  };

  test('sends one message when an unannounced failure comes again', () => {
    expect(named(later(deployed(), [[0, failed('LedgerUnavailableError')]]))).toEqual([]);
    for (const line of [
      failed('LedgerItemError'),
      '2026-01-01T20:00:00Z 0a Task timed out after 900.00 seconds',
    ]) {
      const sent = later(deployed(), [
        [0, line],
        [10, line],
        [20, line],
      ]);
      expect(named(sent)).toEqual(['SilentFailureAlarm']);
      expect(sent[0]?.atMs).toBeLessThanOrEqual(deployedOn + 20 * hour + 15 * minute);
    }
  });

  test('sends no message for failures that the function announces, however often they come', () => {
    const announced = errorNames().filter((name) => !unannouncedErrors.includes(name));
    expect(announced).toContain('SecretStoreError');
    for (const errorName of announced) {
      const sent = later(
        deployed(),
        [0, 7, 14, 60].map((minutes) => [minutes, failed(errorName)]),
      );
      expect(named(sent), errorName).toEqual([]);
    }
  });

  test('sends a message when an alarm cannot be published twice', () => {
    const unpublished = (minutes: number): [number, string][] =>
      lines(deployedOn + 20 * hour + minutes * minute, (metrics) =>
        metrics.count('AlarmPublishFailed', 'fleetapi'),
      ).map((line) => [minutes, line]);
    expect(named(later(deployed(), unpublished(0)))).toEqual([]);
    expect(named(later(deployed(), [...unpublished(0), ...unpublished(30)]))).toEqual(['NotAnnouncedAlarm']);
  });
});

test('counts as unannounced only errors that the function has', () => {
  expect(unannouncedErrors.filter((name) => !errorNames().includes(name))).toEqual([]);
});

test('starts the recovery, without a message, for a failed, abandoned or untestable rotation', () => {
  const [, rule] = ofType('AWS::Events::Rule').find(([id]) => id.includes('RotationFailed')) as [
    string,
    { Properties: object },
  ];
  const { EventPattern, Targets } = readable(rule.Properties) as {
    EventPattern: unknown;
    Targets: Record<string, unknown>[];
  };
  expect(EventPattern).toEqual({
    source: ['aws.secretsmanager'],
    'detail-type': ['AWS Service Event via CloudTrail'],
    detail: {
      eventSource: ['secretsmanager.amazonaws.com'],
      eventName: ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'],
      additionalEventData: { SecretId: ['{fleetSecret}', '{meteringSecret}'] },
    },
  });
  expect(Targets).toMatchObject([
    {
      Arn: '{ServiceFunction.Arn}',
      InputTransformer: {
        InputPathsMap: { 'detail-additionalEventData-SecretId': '$.detail.additionalEventData.SecretId' },
        InputTemplate: '{"Recover":<detail-additionalEventData-SecretId>}',
      },
    },
  ]);
});

test('checks every credential once a day between 11:00 and 11:45, at a minute by its name', () => {
  const checks = ofType('AWS::Scheduler::Schedule').map(([, { Properties }]) => readable(Properties));
  expect(checks).toMatchObject(
    ['fleet', 'metering'].map((name) => ({
      ScheduleExpression: expect.stringMatching(/^cron\(([0-3]?\d|4[0-4]) 11 \* \* \? \*\)$/),
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: '{ServiceFunction.Arn}',
        RoleArn: '{ServiceDailyRole.Arn}',
        Input: `{"Recover":"{${name}Secret}"}`,
      },
    })),
  );
});

test('checks in an hour inside the window of the calendar, which the function gets', () => {
  const calendar = {
    zone: 'Europe/Berlin',
    window: { days: ['SAT', 'SUN'], from: '02:00', to: '06:00' },
    frozen: ['2026-12-18/2027-01-04'],
  };
  const { ofType: found } = synthesize(configWith({ calendar }));
  const hours = found('AWS::Scheduler::Schedule').map(
    ([, { Properties }]) => String(readable(Properties.ScheduleExpression)).split(' ')[1],
  );
  expect(new Set(hours)).toEqual(new Set(['1']));
  const calendars = found('AWS::Lambda::Function').flatMap(
    ([, { Properties }]) => Properties.Environment?.Variables?.CALENDAR ?? [],
  );
  expect(calendars.map((text) => JSON.parse(text))).toEqual([calendar]);
});

const subscriptionsOf = (config: object) =>
  synthesize(config)
    .ofType('AWS::SNS::Subscription')
    .map(([, { Properties }]) => [Properties.Protocol, Properties.Endpoint, Properties.FilterPolicy]);

test('sends operations every message, and a department those of its credentials, by one subscription each', () => {
  const [fleet, metering] = twoDepartments.credentials;
  const subscriptions = subscriptionsOf(
    configWith({
      alarmReceivers: [{ email: 'operations@example.com' }, { https: 'https://pager.example.com/in?key=1' }],
      credentials: [
        { ...fleet, alarmReceivers: [{ email: 'both@example.com' }, { email: 'Operations@example.com' }] },
        { ...metering, alarmReceivers: [{ email: 'both@example.com' }] },
      ],
    }),
  );
  expect(subscriptions).toEqual([
    ['email', 'operations@example.com', undefined],
    ['https', 'https://pager.example.com/in?key=1', undefined],
    ['email', 'both@example.com', { credential: ['fleetapi', 'meterapi', TEST_LABEL] }],
  ]);
});

test('sends receivers their severities, SMS only critical ones by default, and all of them CloudWatch’s alarms', () => {
  const [fleet] = twoDepartments.credentials;
  const subscriptions = subscriptionsOf(
    configWith({
      alarmReceivers: [
        { email: 'operations@example.com', severities: ['critical', 'warning'] },
        { sms: '+12025550101' },
        { sms: '+12025550102', severities: ['critical', 'info'] },
      ],
      credentials: [{ ...fleet, alarmReceivers: [{ sms: '+12025550103' }] }],
    }),
  );
  const andCloudWatch = { exists: false };
  expect(subscriptions).toEqual([
    ['email', 'operations@example.com', { severity: ['critical', 'warning', andCloudWatch] }],
    ['sms', '+12025550101', { severity: ['critical', andCloudWatch] }],
    ['sms', '+12025550102', { severity: ['critical', 'info', andCloudWatch] }],
    ['sms', '+12025550103', { credential: ['fleetapi', TEST_LABEL], severity: ['critical'] }],
  ]);
});

test('the label of the test message is no credential’s', () => {
  expect(labelOf(TEST_LABEL)).not.toBe(TEST_LABEL);
});

test('allows the topic to invoke a function that receives alarms', () => {
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
