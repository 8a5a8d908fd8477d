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
      /** Longest interval between two rotations, in days: 1 to 1000. */
      readonly everyDays: number;
      /** Length of the window in hours, from midnight UTC: 1 to 24. @default 4 */
      readonly windowHours?: number;
    }
  | {
      /** Interval in months of the calendar; a divisor of 12. */
      readonly everyMonths: 1 | 2 | 3 | 4 | 6 | 12;
      /** Hour (UTC, 0 to 23) at which the window opens. */
      readonly startHourUtc: number;
      /** Length of the window in hours; it ends at midnight UTC at the latest. @default 4 */
      readonly windowHours?: number;
    };

/** Passwords do not expire; Verizon recommends a change every 90 days. */
export const defaultRotation: Rotation = { everyDays: 90 };

export const defaultWindowHours = 4;

export type Schedule = {
  /** As Secrets Manager's `ScheduleExpression`, UTC. */
  expression: string;
  /** As Secrets Manager's `Duration`. */
  duration: string;
  /** Age of the password, in days, at which a rotation was missed. */
  overdueAfterDays: number;
};

/** The rotation itself may fail and be retried for a day; the age is measured once a day. */
const graceDays = 2;

/** A day of its own for every credential that is listed first: these many days, at most. */
const daysToSpread = 10;

/**
 * The schedule of the credential at a position in the list of its stack (0 is the first). Positions keep
 * credentials that are deployed together from rotating together: by days, the interval is shortened by up to
 * a ninth; by months, the day of the month differs.
 */
export function scheduleAt(rotation: Rotation, position: number): Schedule {
  const duration = `${rotation.windowHours ?? defaultWindowHours}h`;
  if ('everyDays' in rotation) {
    const spread = Math.min(daysToSpread, Math.max(1, Math.floor(rotation.everyDays / 9)));
    const days = rotation.everyDays - (position % spread);
    const unit = days === 1 ? 'day' : 'days';
    return { expression: `rate(${days} ${unit})`, duration, overdueAfterDays: days + graceDays };
  }
  // No month is shorter than 28 days.
  const dayOfMonth = 1 + (position % 28);
  return {
    expression: `cron(0 ${rotation.startHourUtc} ${dayOfMonth} 1/${rotation.everyMonths} ? *)`,
    duration,
    overdueAfterDays: 31 * rotation.everyMonths + graceDays,
  };
}
