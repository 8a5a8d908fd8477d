import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { CountName, GaugeName } from '../lambda/metrics.ts';
import type { ThingSpaceCredential } from './credential.ts';
import { credentialMetric } from './credential-metrics.ts';
import type { RotationService } from './rotation-service.ts';

type Shown = { service: RotationService; credentials: ThingSpaceCredential[] };

const hour = Duration.hours(1);
const day = Duration.days(1);

/** One page for the question "are the passwords well?"; docs/dashboard.md shows it. */
export function rotationDashboard(scope: Construct, id: string, shown: Shown): Dashboard {
  return new Dashboard(scope, id, {
    dashboardName: shown.service.serviceName,
    // Rotations are 90 days apart: a shorter look would show an empty page.
    defaultInterval: Duration.days(97),
    widgets: [...credentialRows(shown), ...functionRows(shown.service)],
  });
}

function credentialRows({ service, credentials }: Shown): IWidget[][] {
  const of = (name: CountName | GaugeName, period: Duration): IMetric[] =>
    credentials.map(({ username }) => credentialMetric(name, username, period).with({ label: username }));
  const overdueAfterDays = Math.max(...credentials.map(({ schedule }) => schedule.overdueAfterDays));
  const alarms = [...service.functionAlarms, ...credentials.flatMap((credential) => credential.alarms)];
  return [
    [new TextWidget({ width: 24, height: 2, markdown: introduction(service) })],
    [
      new AlarmStatusWidget({
        title: 'Alarms',
        width: 24,
        height: Math.min(4 + Math.ceil(alarms.length / 8), 20),
        alarms,
      }),
    ],
    [
      new GraphWidget({
        title: 'Failed log-ins since the last success, known or possible',
        width: 12,
        height: 7,
        left: of('LockoutExposure', hour),
        leftYAxis: { min: 0, max: service.lockoutLimit },
        leftAnnotations: [
          { value: service.lockoutLimit, label: 'the platform locks the username', color: Color.RED },
          { value: service.lockoutBudget, label: 'the automation stops', color: Color.ORANGE },
        ],
      }),
      new GraphWidget({
        title: 'Age of the password, days',
        width: 12,
        height: 7,
        left: of('PasswordAgeDays', day),
        leftYAxis: { min: 0 },
        leftAnnotations: [{ value: overdueAfterDays, label: 'overdue', color: Color.RED }],
      }),
    ],
    [
      new GraphWidget({
        title: 'Rotations done, per day',
        width: 8,
        height: 6,
        left: of('RotationSucceeded', day),
        leftYAxis: { min: 0 },
      }),
      new GraphWidget({
        title: 'Failed log-ins, per day',
        width: 8,
        height: 6,
        left: of('FailedLogIns', day),
        leftYAxis: { min: 0 },
      }),
      new GraphWidget({
        title: 'Receipt to AWSCURRENT, ms',
        width: 8,
        height: 6,
        left: of('StaleWindowMs', day),
        leftYAxis: { min: 0 },
      }),
    ],
    [
      new SingleValueWidget({
        title: 'Passwords lost',
        width: 12,
        height: 4,
        metrics: of('PasswordLost', day),
        setPeriodToTimeRange: true,
      }),
      new SingleValueWidget({
        title: 'Alarms that could not be published',
        width: 12,
        height: 4,
        metrics: of('AlarmPublishFailed', day),
        setPeriodToTimeRange: true,
      }),
    ],
  ];
}

function functionRows({ function: rotation, ledger, alarmTopic }: RotationService): IWidget[][] {
  const sum = { period: day, statistic: 'Sum' };
  return [
    [
      new GraphWidget({
        title: 'Function: runs per day',
        width: 8,
        height: 6,
        left: [
          rotation.metricInvocations({ ...sum, label: 'invocations' }),
          rotation.metricErrors({ ...sum, label: 'errors', color: Color.RED }),
          rotation.metricThrottles({ ...sum, label: 'throttles', color: Color.ORANGE }),
        ],
      }),
      new GraphWidget({
        title: 'Function: duration, ms',
        width: 8,
        height: 6,
        left: [
          rotation.metricDuration({ period: day, statistic: 'p50', label: 'half' }),
          rotation.metricDuration({ period: day, statistic: 'Maximum', label: 'longest' }),
        ],
        leftAnnotations: [
          { value: Duration.minutes(15).toMilliseconds(), label: 'stopped', color: Color.RED },
        ],
      }),
      new GraphWidget({
        title: 'Alarms and ledger, per day',
        width: 8,
        height: 6,
        left: [
          alarmTopic.metricNumberOfNotificationsDelivered({ ...sum, label: 'alarms delivered' }),
          alarmTopic.metricNumberOfNotificationsFailed({
            ...sum,
            label: 'not delivered',
            color: Color.RED,
          }),
          ledger.metricConsumedWriteCapacityUnits({ ...sum, label: 'ledger writes' }),
        ],
      }),
    ],
  ];
}

const introduction = (service: RotationService) =>
  `**ThingSpace passwords of ${service.serviceName}.** ${service.lockoutLimit} failed log-ins in a row lock a username, ` +
  `and only M2M Support unlocks it; the automation stops at ${service.lockoutBudget}. A credential without a line ` +
  'in "Age of the password" holds no credentials yet, or is not being checked.';
