import { Duration } from 'aws-cdk-lib';
import { type Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { alarmTo } from './alarm-wiring.ts';

const period = Duration.minutes(5);

/** The function itself: it failed, was not let run, or ran until it was stopped. */
export function functionAlarms(scope: Construct, rotation: IFunction, topic: ITopic): Alarm[] {
  const atLeast = {
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  };
  return [
    alarmTo(topic, scope, 'ErrorsAlarm', {
      ...atLeast,
      alarmDescription:
        'A step of a ThingSpace rotation failed. Secrets Manager repeats it by itself; the error and what to do stand in the function’s log.',
      metric: rotation.metricErrors({ period, statistic: 'Sum' }),
      threshold: 1,
    }),
    alarmTo(topic, scope, 'ThrottlesAlarm', {
      ...atLeast,
      alarmDescription:
        'Lambda did not let the ThingSpace rotation run. Raise its reserved concurrency, or the account’s quota.',
      metric: rotation.metricThrottles({ period, statistic: 'Sum' }),
      threshold: 1,
    }),
    alarmTo(topic, scope, 'DurationAlarm', {
      ...atLeast,
      alarmDescription:
        'A ThingSpace rotation ran for 14 of its 15 minutes: ThingSpace or an AWS service does not answer. The next step says what became of it.',
      metric: rotation.metricDuration({ period, statistic: 'Maximum' }),
      threshold: Duration.minutes(14).toMilliseconds(),
    }),
  ];
}
