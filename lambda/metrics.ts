import { labelOf } from './alarms/label.ts';

export const metricNamespace = 'ThingSpaceRotation';

/** Things that happened; each record adds 1. */
export type CountName = 'FailedLogIns' | 'RotationSucceeded' | 'PasswordLost' | 'AlarmPublishFailed';

/**
 * States and durations. `StaleWindowMs`: from receipt of a new password to AWSCURRENT. `TroubleStands`: 1 while an
 * operator is needed, otherwise 0; the daily check clears it.
 */
export type GaugeName = 'LockoutExposure' | 'StaleWindowMs' | 'PasswordAgeDays' | 'TroubleStands';

/** The days by which a password is older than its schedule allows; below 0 while it is younger. */
export type DerivedName = 'DaysOverdue';

/** Ages, in days, beyond which a rotation was missed: of all credentials, and of the ones that differ, by label. */
export type OverdueAfter = { days: number; except: Record<string, number> };

/** CloudWatch has no unit of days: `None`. */
export type GaugeUnit = 'Count' | 'Milliseconds' | 'None';

/**
 * Metrics per credential and per service. Each value is one line of CloudWatch's embedded metric format on stdout. The
 * line counts for `Service` alone, so that one alarm watches all credentials, and for `Service` and `Credential` (the
 * username in lower case, as `labelOf` writes it). Never throws: a value that is not a finite number is left out.
 */
export interface Metrics {
  count(name: CountName, credential: string): void;
  /** @param overdue for the age: how many of the days beyond the schedule count as `DaysOverdue`; all by default */
  gauge(
    name: GaugeName,
    credential: string,
    value: number,
    unit: GaugeUnit,
    overdue?: (days: number) => number,
  ): void;
}

/**
 * @param serviceName the deployment's name
 * @param overdueAfter JSON of `OverdueAfter`; with it the age of a password is also measured as `DaysOverdue`
 */
export function createMetrics(
  serviceName = process.env.SERVICE_NAME || metricNamespace,
  overdueAfter = process.env.OVERDUE_AFTER_DAYS,
): Metrics {
  const limits: OverdueAfter | undefined = overdueAfter ? JSON.parse(overdueAfter) : undefined;
  const record = (name: string, credential: string, value: number, unit: GaugeUnit) => {
    if (Number.isFinite(value)) process.stdout.write(`${line(serviceName, credential, name, value, unit)}\n`);
  };
  return {
    count: (name, credential) => record(name, credential, 1, 'Count'),
    gauge: (name, credential, value, unit, overdue = (days) => days) => {
      record(name, credential, value, unit);
      if (name !== 'PasswordAgeDays' || !limits) return;
      const label = labelOf(credential);
      const days = Object.hasOwn(limits.except, label) ? limits.except[label] : limits.days;
      record('DaysOverdue' satisfies DerivedName, credential, overdue(value - (days ?? limits.days)), 'None');
    },
  };
}

function line(serviceName: string, credential: string, name: string, value: number, unit: GaugeUnit): string {
  const directive = {
    Namespace: metricNamespace,
    Dimensions: [['Service'], ['Service', 'Credential']],
    Metrics: [{ Name: name, Unit: unit }],
  };
  return JSON.stringify({
    _aws: { Timestamp: Date.now(), CloudWatchMetrics: [directive] },
    Service: serviceName,
    Credential: labelOf(credential),
    [name]: value,
  });
}
