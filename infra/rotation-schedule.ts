/**
 * When Secrets Manager rotates. Facts: AWS, "Schedule expressions in Secrets Manager rotation" and
 * `RotationRules`.
 *
 * - `rate(N days)` permits any interval of 1 to 1000 days; its window opens at midnight UTC.
 * - `cron()` permits an hour, but only whole months of the calendar: 89 to 92 days for a quarter.
 * - `AutomaticallyAfterDays` permits no window of its own: the whole day.
 *
 * So days are a rate, months a cron, and `AutomaticallyAfterDays` is not used.
 */
export type Rotation =
  | {
      /** Interval between two rotations, in days: 1 to 1000. */
      readonly everyDays: number;
      /** Length of the window in hours, from midnight UTC: 1 to 24. @default 4 */
      readonly windowHours?: number;
    }
  | {
      /** Interval in months of the calendar; a divisor of 12. */
      readonly everyMonths: Months;
      /** Day of the month, 1 to 28. @default 1 */
      readonly dayOfMonth?: number;
      /** Hour (UTC, 0 to 23) at which the window opens. */
      readonly startHourUtc: number;
      /** Length of the window in hours; it ends at midnight UTC at the latest. @default 4 */
      readonly windowHours?: number;
    };

type Months = 1 | 2 | 3 | 4 | 6 | 12;

/** Passwords do not expire; Verizon recommends a change every 90 days. */
export const defaultRotation: Rotation = { everyDays: 90 };

export const defaultWindowHours = 4;

export type Schedule = {
  /** As Secrets Manager's `ScheduleExpression`, UTC. */
  expression: string;
  /** As Secrets Manager's `Duration`. */
  duration: string;
  /** Longest time between two rotations, in days. */
  everyDays: number;
  /** Age of the password, in days, beyond which a rotation was missed. */
  overdueAfterDays: number;
};

/** Most days that so many months take, counted from January as the cron expression does. */
const mostDays: Record<Months, number> = { 1: 31, 2: 62, 3: 92, 4: 123, 6: 184, 12: 366 };

/**
 * The schedule depends on its own configuration alone, not on other credentials. A window is a day long at
 * most, so a healthy password is never older than its interval and one day.
 */
export function scheduleOf(rotation: Rotation): Schedule {
  const duration = `${rotation.windowHours ?? defaultWindowHours}h`;
  if ('everyDays' in rotation) {
    const { everyDays } = rotation;
    const unit = everyDays === 1 ? 'day' : 'days';
    return {
      expression: `rate(${everyDays} ${unit})`,
      duration,
      everyDays,
      overdueAfterDays: everyDays + 1,
    };
  }
  const { everyMonths, dayOfMonth = 1, startHourUtc } = rotation;
  const everyDays = mostDays[everyMonths];
  return {
    expression: `cron(0 ${startHourUtc} ${dayOfMonth} 1/${everyMonths} ? *)`,
    duration,
    everyDays,
    overdueAfterDays: everyDays + 1,
  };
}
