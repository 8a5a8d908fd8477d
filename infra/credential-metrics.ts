import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { labelOf } from '../lambda/alarms/label.ts';
import { type CountName, type GaugeName, metricNamespace } from '../lambda/metrics.ts';

const statisticOf: Record<CountName | GaugeName, 'Sum' | 'Maximum'> = {
  FailedLogIns: 'Sum',
  RotationSucceeded: 'Sum',
  PasswordLost: 'Sum',
  AlarmPublishFailed: 'Sum',
  LockoutExposure: 'Maximum',
  StaleWindowMs: 'Maximum',
  PasswordAgeDays: 'Maximum',
  TroubleStands: 'Maximum',
};

/** A metric of the function about one credential. */
export function credentialMetric(name: CountName | GaugeName, username: string, period: Duration): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: { Credential: labelOf(username.toLowerCase()) },
    statistic: statisticOf[name],
    period,
  });
}
