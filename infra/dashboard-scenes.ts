/**
 * Example values for the pictures of the dashboard, one a day, the last one of today: two credentials, of which METERING
 * was rotated 57 days ago, and FLEET 93 days ago, so that its next rotation began three days ago.
 */
export const DAYS = 97;

const FIRST_ROTATION = 3;
const OTHER_ROTATION = 39;
const SECOND_ROTATION = 93;

export type Scene = {
  title: string;
  /** The alarms that are red, by the beginnings of their names. */
  red: string[];
  /** The values of a metric, by its credential where it has one, else by its label. */
  valuesOf(metric: string, series: string): number[];
};

/** 0 on each day, except the days that are given. */
const on = (values: Record<number, number>, otherwise = 0): number[] =>
  Array.from({ length: DAYS }, (_, day) => values[day] ?? otherwise);

/** The age of a password, which was 87 days on the first day unless it is said otherwise. */
const age = (rotations: number[], first: number): number[] =>
  Array.from({ length: DAYS }, (_, day) => {
    const last = rotations.filter((rotation) => rotation <= day).at(-1);
    return last === undefined ? first + day : day - last;
  });

const sinceLoss = (value: number) => on({ [SECOND_ROTATION]: value, 94: value, 95: value, 96: value });
const rotations = { [FIRST_ROTATION]: 1, [OTHER_ROTATION]: 1 };

const healthyValues: Record<string, number[]> = {
  'PasswordAgeDays fleet': age([FIRST_ROTATION, SECOND_ROTATION], 87),
  'PasswordAgeDays metering': age([OTHER_ROTATION], 51),
  'RotationSucceeded rotations': on({ ...rotations, [SECOND_ROTATION]: 1 }),
  'StaleWindowMs longest': on({ [FIRST_ROTATION]: 210, [OTHER_ROTATION]: 185, [SECOND_ROTATION]: 240 }),
  'Invocations invocations': on({ [FIRST_ROTATION]: 6, [OTHER_ROTATION]: 6, [SECOND_ROTATION]: 6 }, 2),
  'Duration median': on({}, 420),
  'Duration longest': on({ [FIRST_ROTATION]: 3100, [OTHER_ROTATION]: 2900, [SECOND_ROTATION]: 3300 }, 900),
  'NumberOfNotificationsDelivered messages delivered': on({ ...rotations, [SECOND_ROTATION]: 1 }),
  'ConsumedWriteCapacityUnits ledger writes': on(
    { [FIRST_ROTATION]: 14, [OTHER_ROTATION]: 14, [SECOND_ROTATION]: 14 },
    2,
  ),
};

/** The answer of the exchange was lost; the log-in that proves it was refused; a message came on each day since. */
const lostValues: Record<string, number[]> = {
  ...healthyValues,
  'TroubleStands fleet': sinceLoss(1),
  'LockoutExposure fleet': sinceLoss(1),
  'PasswordAgeDays fleet': age([FIRST_ROTATION], 87),
  'RotationSucceeded rotations': on(rotations),
  'FailedLogIns failed log-ins': on({ [SECOND_ROTATION]: 1 }),
  'StaleWindowMs longest': on({ [FIRST_ROTATION]: 210, [OTHER_ROTATION]: 185 }),
  'PasswordLost passwords lost': on({ [SECOND_ROTATION]: 1 }),
  'Invocations invocations': on({ [FIRST_ROTATION]: 6, [OTHER_ROTATION]: 6, [SECOND_ROTATION]: 9 }, 2),
  'Errors errors': on({ [SECOND_ROTATION]: 5 }),
  'NumberOfNotificationsDelivered messages delivered': on({
    ...rotations,
    [SECOND_ROTATION]: 2,
    94: 1,
    95: 1,
    96: 1,
  }),
};

const scene = (title: string, red: string[], values: Record<string, number[]>): Scene => ({
  title,
  red,
  valuesOf: (metric, series) => values[`${metric} ${series}`] ?? on({}),
});

export const healthy = scene('The dashboard while all is well', [], healthyValues);
export const lost = scene(
  'The dashboard three days after a password was lost',
  ['Trouble', 'Overdue'],
  lostValues,
);
