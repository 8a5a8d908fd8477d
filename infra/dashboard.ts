import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
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
      graph('Needs an operator (1: yes)', 8, ofEach('TroubleStands', day), {
        height: 7,
        leftYAxis: { min: 0, max: 1 },
      }),
      graph('Failed log-ins since the last success', 8, ofEach('LockoutExposure', hour), {
        height: 7,
        leftYAxis: { min: 0, max: service.lockoutLimit },
        leftAnnotations: [
          { value: service.lockoutLimit, label: 'ThingSpace locks the username', color: Color.RED },
          { value: service.lockoutBudget, label: 'the rotation stops', color: Color.ORANGE },
        ],
      }),
      graph('Age of the password, days', 8, ofEach('PasswordAgeDays', day), {
        height: 7,
        leftYAxis: { min: 0 },
        leftAnnotations: [{ value: Math.max(...limits), label: 'overdue', color: Color.RED }],
      }),
    ],
  ];
}

function eventRows(service: RotationService): IWidget[][] {
  const ofAll = (name: MetricName, label: string): IMetric =>
    service.metric(name, { period: day }).with({ label });
  const counts = (title: string, left: IMetric[]) => graph(title, 6, left, { leftYAxis: { min: 0 } });
  return [
    [
      counts('Rotations done, per day', [ofAll('RotationSucceeded', 'rotations')]),
      counts('Failed log-ins, per day', [ofAll('FailedLogIns', 'failed log-ins')]),
      counts('Receipt to AWSCURRENT, ms', [ofAll('StaleWindowMs', 'longest')]),
      counts('Must stay at 0, per day', [
        ofAll('PasswordLost', 'passwords lost'),
        ofAll('AlarmPublishFailed', 'not sent'),
        silentFailures(service.serviceName, day).with({ label: 'silent failures' }),
      ]),
    ],
  ];
}

function functionRows({ function: rotation, ledger, alarmTopic }: RotationService): IWidget[][] {
  const sum = { period: day, statistic: 'Sum' };
  const longestRun = Duration.minutes(15).toMilliseconds();
  return [
    [
      graph('Function: runs, per day', 8, [
        rotation.metricInvocations({ ...sum, label: 'invocations' }),
        rotation.metricErrors({ ...sum, label: 'errors', color: Color.RED }),
        rotation.metricThrottles({ ...sum, label: 'throttles', color: Color.ORANGE }),
      ]),
      graph('Function: duration, ms', 8, durations(rotation, day), {
        leftAnnotations: [{ value: longestRun, label: 'Lambda stops it', color: Color.RED }],
      }),
      graph('Messages and ledger, per day', 8, [
        alarmTopic.metricNumberOfNotificationsDelivered({ ...sum, label: 'messages delivered' }),
        alarmTopic.metricNumberOfNotificationsFailed({ ...sum, label: 'not delivered', color: Color.RED }),
        ledger.metricConsumedWriteCapacityUnits({ ...sum, label: 'ledger writes' }),
      ]),
    ],
  ];
}

function accessRows({ service, access }: Shown): IWidget[][] {
  if (!access) return [];
  return [
    [
      graph('Access function: requests, per hour', 12, [
        access.function.metricInvocations({ period: hour, statistic: 'Sum', label: 'requests' }),
        service.metric('AccessDenied').with({ label: 'denied', color: Color.ORANGE }),
        service.metric('AccessFailed').with({ label: 'failed', color: Color.RED }),
      ]),
      graph('Access function: duration, ms', 12, durations(access.function, hour)),
    ],
  ];
}

const graph = (title: string, width: number, left: IMetric[], more: GraphWidgetProps = {}): GraphWidget =>
  new GraphWidget({ title, width, height: 6, left, ...more });

const durations = (of: LambdaFunction, period: Duration): IMetric[] => [
  of.metricDuration({ period, statistic: 'p50', label: 'median' }),
  of.metricDuration({ period, statistic: 'Maximum', label: 'longest' }),
];

const introduction = (service: RotationService) =>
  `**ThingSpace passwords of ${service.serviceName}.** ${service.lockoutLimit} failed log-ins in a row lock a username, ` +
  `and only M2M Support unlocks it; the rotation stops at ${service.lockoutBudget}. A credential without a line ` +
  'in "Age of the password" holds no credentials yet, or is not being checked.';
