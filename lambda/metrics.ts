import { Metrics as Powertools } from '@aws-lambda-powertools/metrics';
import { labelOf } from './alarms/label.ts';

export const metricNamespace = 'ThingSpaceRotation';

/** Things that happened; each record adds 1. */
export type CountName = 'FailedLogIns' | 'RotationSucceeded' | 'PasswordLost' | 'AlarmPublishFailed';

/** States and durations. `StaleWindowMs`: from receipt of a new password to AWSCURRENT. */
export type GaugeName = 'LockoutExposure' | 'StaleWindowMs' | 'PasswordAgeDays' | 'TroubleStands';

/** CloudWatch has no unit of days: `None`. */
export type GaugeUnit = 'Count' | 'Milliseconds' | 'None';

/**
 * Metrics per credential. Every call writes one line of CloudWatch's embedded metric format to stdout with
 * the one dimension `Credential` (the username in lower case, as `labelOf` writes it). Never throws: a value
 * that is no finite number is left out.
 */
export interface Metrics {
  count(name: CountName, credential: string): void;
  gauge(name: GaugeName, credential: string, value: number, unit: GaugeUnit): void;
}

export function createMetrics(): Metrics {
  const metrics = new Powertools({ namespace: metricNamespace });
  const record = (name: string, credential: string, value: number, unit: GaugeUnit) => {
    if (!Number.isFinite(value)) return;
    const single = metrics.singleMetric();
    // Powertools adds the dimension `service`; an alarm on `Credential` alone would then see nothing.
    single.clearDefaultDimensions();
    single.addDimension('Credential', labelOf(credential)).addMetric(name, unit, value);
  };
  return {
    count: (name, credential) => record(name, credential, 1, 'Count'),
    gauge: (name, credential, value, unit) => record(name, credential, value, unit),
  };
}
