import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type IAlarm,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { alarmDescription, type alarmSituations } from '../lambda/situations/faults.ts';
import { serviceMetric } from './credential-metrics.ts';
import { silentFailures } from './silent-failures.ts';

const hour = Duration.hours(1);
const day = Duration.days(1);
/** 24 hours between checks, and what Scheduler's retries take. */
const hoursWithoutCheck = 30;

/**
 * For what the daily checks measure. They fall into one hour of the day. One value of 32 hours is enough: so it
 * counts until the next check, and if none comes, until its absence raises a separate alarm. While no check measures at
 * all, the state stays as it is.
 */
const lastsThroughTheChecks = {
  evaluationPeriods: hoursWithoutCheck + 2,
  datapointsToAlarm: 1,
  treatMissingData: TreatMissingData.IGNORE,
};

/**
 * A single failure may have healed; two in a day have not. The alarm takes one sum over a day and not a count of
 * shorter periods: two failures some minutes apart fall into one period or into two, and the alarm would come and go.
 * The day before counts too, so that failures of the daily checks alone keep it red.
 */
const twiceInADay = {
  threshold: 2,
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  evaluationPeriods: 2,
  datapointsToAlarm: 1,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};

const atLeastOne = {
  threshold: 1,
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
};

/** `all` is in the order in which the dashboard shows them. `notAnnounced` is the alarm that `test-alarm` sets. */
export type ServiceAlarms = { all: IAlarm[]; notAnnounced: IAlarm };

/**
 * The second line, behind the function's own messages: for what the function cannot say. They are few however
 * many credentials there are, tell the topic when they begin and not when they end, and stay quiet where the
 * function has spoken.
 */
export function serviceAlarms(scope: Construct, topic: ITopic, serviceName: string): ServiceAlarms {
  const tells = <T extends Alarm | CompositeAlarm>(alarm: T): T => {
    alarm.addAlarmAction(new SnsAction(topic));
    return alarm;
  };
  const alarm = (id: keyof typeof alarmSituations, props: Omit<AlarmProps, 'alarmDescription'>) =>
    new Alarm(scope, id, { ...props, alarmDescription: alarmDescription(id, serviceName) });
  const silent = tells(
    alarm('SilentFailureAlarm', { ...twiceInADay, metric: silentFailures(serviceName, day) }),
  );
  const notAnnounced = tells(
    alarm('NotAnnouncedAlarm', {
      ...twiceInADay,
      metric: serviceMetric(serviceName, { name: 'AlarmPublishFailed', period: day }),
    }),
  );
  // Without an action: the function announces each trouble every day. The alarm is the state on the dashboard.
  const trouble = alarm('TroubleAlarm', {
    ...atLeastOne,
    ...lastsThroughTheChecks,
    metric: serviceMetric(serviceName, { name: 'TroubleStands', period: hour }),
  });
  const unchecked = tells(checksMissing(scope, serviceName));
  const overdue = tells(
    alarm('OverdueAlarm', {
      ...lastsThroughTheChecks,
      metric: serviceMetric(serviceName, { name: 'DaysOverdue', period: hour }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    }),
  );
  return { all: [trouble, overdue, silent, notAnnounced, unchecked], notAnnounced };
}

/**
 * The daily checks have stopped. Alone, "nothing was measured" would also ring at deployment, before the first
 * check; so it counts only beside "something was measured once", which stays as it is without data.
 */
function checksMissing(scope: Construct, serviceName: string): CompositeAlarm {
  const checks = serviceMetric(serviceName, {
    name: 'PasswordAgeDays',
    period: hour,
    statistic: 'SampleCount',
  });
  const none = new Alarm(scope, 'NoCheckAlarm', {
    alarmDescription: alarmDescription('NoCheckAlarm', serviceName),
    metric: new MathExpression({ expression: 'FILL(checks, 0)', usingMetrics: { checks }, period: hour }),
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: hoursWithoutCheck,
    treatMissingData: TreatMissingData.BREACHING,
  });
  const checkedOnce = new Alarm(scope, 'CheckedOnceAlarm', {
    alarmDescription: alarmDescription('CheckedOnceAlarm', serviceName),
    metric: checks,
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.IGNORE,
  });
  return new CompositeAlarm(scope, 'UncheckedAlarm', {
    alarmDescription: alarmDescription('UncheckedAlarm', serviceName),
    alarmRule: AlarmRule.allOf(
      AlarmRule.fromAlarm(none, AlarmState.ALARM),
      AlarmRule.fromAlarm(checkedOnce, AlarmState.OK),
    ),
  });
}
