import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { alarmDescription } from '../lambda/situations/faults.ts';
import type { RotationService } from './rotation-service.ts';

const period = Duration.minutes(15);
/** A caller that tries what it may not, or a new version of one that asks for more than it should. */
const DENIED_BURST = 20;
/** One failure may have healed; so many in a quarter of an hour have not. */
const FAILED_BURST = 5;

const burst = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  evaluationPeriods: 1,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};

/** Requests that pass because the policy is only observed are not counted as denied. */
const OBSERVED =
  ' The policy is only observed (access.observeOnly): no request is denied because no rule allows it. These were about passwords or rights that go by name, contradicted themselves, had no caller, or were too many.';

/** Makes the alarms for failures that a denied caller would not report. */
export function accessAlarms(
  scope: Construct,
  service: RotationService,
  access: IFunction,
  observeOnly: boolean,
): Alarm[] {
  const { serviceName } = service;
  const denied = new Alarm(scope, 'DeniedAlarm', {
    ...burst,
    threshold: DENIED_BURST,
    metric: service.metric('AccessDenied', { period }),
    alarmDescription: alarmDescription('DeniedAlarm', serviceName) + (observeOnly ? OBSERVED : ''),
  });
  const failed = new Alarm(scope, 'FailedAlarm', {
    ...burst,
    threshold: FAILED_BURST,
    metric: new MathExpression({
      expression: 'FILL(failed, 0) + FILL(errors, 0)',
      usingMetrics: {
        failed: service.metric('AccessFailed', { period }),
        errors: access.metricErrors({ period, statistic: 'Sum' }),
      },
      period,
    }),
    alarmDescription: alarmDescription('FailedAlarm', serviceName),
  });
  for (const alarm of [denied, failed]) alarm.addAlarmAction(new SnsAction(service.alarmTopic));
  return [denied, failed];
}
