import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { AccessFunction } from './access-function.ts';
import type { ThingSpaceCredential } from './credential.ts';
import type { MetricName } from './credential-metrics.ts';
import type { RotationService } from './rotation-service.ts';
import { silentFailures } from './silent-failures.ts';

type Shown = {
  service: RotationService;
  credentials: ThingSpaceCredential[];
  access?: AccessFunction | undefined;
};

const hour = Duration.hours(1);
const day = Duration.days(1);

/**
 * One page for the question "are the passwords well?"; docs/reference/dashboard.md shows it. Lines of their own have the
 * credentials where it matters which one it is; what happened is counted for all of them.
 */
export function rotationDashboard(scope: Construct, id: string, shown: Shown): Dashboard {
  return new Dashboard(scope, id, {
    dashboardName: shown.service.names.dashboard,
    // Rotations are 90 days apart: a shorter look would show an empty page.
    defaultInterval: Duration.days(97),
    widgets: [
      ...stateRows(shown),
      ...eventRows(shown.service),
      ...functionRows(shown.service),
      ...accessRows(shown),
    ],
  });
}

function stateRows({ service, credentials, access }: Shown): IWidget[][] {
  const ofEach = (name: MetricName, period: Duration): IMetric[] =>
    credentials.map((credential) => credential.metric(name, { period }).with({ label: credential.username }));
  const limits = credentials.map(({ schedule }) => schedule.overdueAfterDays);
  return [
    [new TextWidget({ width: 24, height: 2, markdown: introduction(service) })],
    [
      new AlarmStatusWidget({
        title: 'Alarms',
        width: 24,
        height: 3,
        alarms: [...service.alarms, ...(access?.alarms ?? [])],
      }),
    ],
    [
      new GraphWidget({
        title: 'Needs an operator (1: yes)',
        width: 8,
        height: 7,
        left: ofEach('TroubleStands', day),
        leftYAxis: { min: 0, max: 1 },
      }),
      new GraphWidget({
        title: 'Failed log-ins since the last success',
        width: 8,
        height: 7,
        left: ofEach('LockoutExposure', hour),
        leftYAxis: { min: 0, max: service.lockoutLimit },
        leftAnnotations: [
          { value: service.lockoutLimit, label: 'ThingSpace locks the username', color: Color.RED },
          { value: service.lockoutBudget, label: 'the rotation stops', color: Color.ORANGE },
        ],
      }),
      new GraphWidget({
        title: 'Age of the password, days',
        width: 8,
        height: 7,
        left: ofEach('PasswordAgeDays', day),
        leftYAxis: { min: 0 },
        leftAnnotations: [{ value: Math.max(...limits), label: 'overdue', color: Color.RED }],
      }),
    ],
  ];
}

function eventRows(service: RotationService): IWidget[][] {
  const ofAll = (name: MetricName, label: string): IMetric =>
    service.metric(name, { period: day }).with({ label });
  const graph = (title: string, width: number, left: IMetric[]) =>
    new GraphWidget({ title, width, height: 6, left, leftYAxis: { min: 0 } });
  return [
    [
      graph('Rotations done, per day', 6, [ofAll('RotationSucceeded', 'rotations')]),
      graph('Failed log-ins, per day', 6, [ofAll('FailedLogIns', 'failed log-ins')]),
      graph('Receipt to AWSCURRENT, ms', 6, [ofAll('StaleWindowMs', 'longest')]),
      graph('Must stay at 0, per day', 6, [
        ofAll('PasswordLost', 'passwords lost'),
        ofAll('AlarmPublishFailed', 'not sent'),
        silentFailures(service.serviceName, day).with({ label: 'silent failures' }),
      ]),
    ],
  ];
}

function functionRows({ function: rotation, ledger, alarmTopic }: RotationService): IWidget[][] {
  const sum = { period: day, statistic: 'Sum' };
  return [
    [
      new GraphWidget({
        title: 'Function: runs, per day',
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
          rotation.metricDuration({ period: day, statistic: 'p50', label: 'median' }),
          rotation.metricDuration({ period: day, statistic: 'Maximum', label: 'longest' }),
        ],
        leftAnnotations: [
          { value: Duration.minutes(15).toMilliseconds(), label: 'Lambda stops it', color: Color.RED },
        ],
      }),
      new GraphWidget({
        title: 'Messages and ledger, per day',
        width: 8,
        height: 6,
        left: [
          alarmTopic.metricNumberOfNotificationsDelivered({ ...sum, label: 'messages delivered' }),
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

function accessRows({ service, access }: Shown): IWidget[][] {
  if (!access) return [];
  const sum = { period: hour, statistic: 'Sum' };
  return [
    [
      new GraphWidget({
        title: 'Access function: requests, per hour',
        width: 12,
        height: 6,
        left: [
          access.function.metricInvocations({ ...sum, label: 'requests' }),
          service.metric('AccessDenied').with({ label: 'denied', color: Color.ORANGE }),
          service.metric('AccessFailed').with({ label: 'failed', color: Color.RED }),
        ],
      }),
      new GraphWidget({
        title: 'Access function: duration, ms',
        width: 12,
        height: 6,
        left: [
          access.function.metricDuration({ period: hour, statistic: 'p50', label: 'median' }),
          access.function.metricDuration({ period: hour, statistic: 'Maximum', label: 'longest' }),
        ],
      }),
    ],
  ];
}

const introduction = (service: RotationService) =>
  `**ThingSpace passwords of ${service.serviceName}.** ${service.lockoutLimit} failed log-ins in a row lock a username, ` +
  `and only M2M Support unlocks it; the rotation stops at ${service.lockoutBudget}. A credential without a line ` +
  'in "Age of the password" holds no credentials yet, or is not being checked.';
