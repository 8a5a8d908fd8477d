import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { CountName as AccessCountName } from '../lambda/access/metrics.ts';
import { labelOf } from '../lambda/alarms/label.ts';
import { type CountName, type DerivedName, type GaugeName, metricNamespace } from '../lambda/metrics.ts';

/** `Access…` only of a service that has an access function. */
export type MetricName = CountName | GaugeName | DerivedName | AccessCountName;

const statisticOf: Record<MetricName, 'Sum' | 'Maximum'> = {
  FailedLogIns: 'Sum',
  RotationSucceeded: 'Sum',
  PasswordLost: 'Sum',
  AlarmPublishFailed: 'Sum',
  AccessDenied: 'Sum',
  AccessFailed: 'Sum',
  LockoutExposure: 'Maximum',
  StaleWindowMs: 'Maximum',
  PasswordAgeDays: 'Maximum',
  DaysOverdue: 'Maximum',
  TroubleStands: 'Maximum',
};

export type Measured = { name: MetricName; period: Duration; statistic?: string };

/** A metric of the function over all credentials of a service: the sum, or the greatest. */
export const serviceMetric = (serviceName: string, measured: Measured): Metric =>
  metric({ Service: serviceName }, measured);

/** A metric of the function about one credential. */
export const credentialMetric = (serviceName: string, username: string, measured: Measured): Metric =>
  metric({ Service: serviceName, Credential: labelOf(username.toLowerCase()) }, measured);

const metric = (dimensionsMap: Record<string, string>, { name, period, statistic }: Measured): Metric =>
  new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap,
    statistic: statistic ?? statisticOf[name],
    period,
  });
