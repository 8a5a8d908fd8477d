import * as v from 'valibot';
import { PresentableError } from '../errors.ts';

/** The numbers of consecutive failed log-ins at which the automation and the platform stop. */
export type Budgets = {
  /** At which the platform locks the username (LOCKOUT_LIMIT). */
  limit: number;
  /** At which the automation stops (LOCKOUT_BUDGET). */
  budget: number;
  /** At which rotation stops (ROTATION_BUDGET), except for a fresh version; not above `budget`. */
  rotation: number;
};

const whole = v.pipe(v.number(), v.integer(), v.minValue(1));

const schema = v.pipe(
  v.object({ limit: whole, budget: whole, rotation: whole }),
  v.check(
    (b) => b.budget < b.limit,
    'LOCKOUT_BUDGET must be below LOCKOUT_LIMIT: the rest stays free for people',
  ),
  v.check((b) => b.rotation <= b.budget, 'ROTATION_BUDGET must not be above LOCKOUT_BUDGET'),
);

export class BudgetsError extends PresentableError {
  override readonly name = 'BudgetsError';
}

/** @throws BudgetsError with one sentence that says what to write. */
export function budgets(input: Budgets): Budgets {
  const read = v.safeParse(schema, input);
  if (read.success) return read.output;
  const crossed = read.issues.find((issue) => issue.type === 'check');
  throw new BudgetsError(
    `${crossed?.message ?? 'LOCKOUT_LIMIT, LOCKOUT_BUDGET and ROTATION_BUDGET must be whole numbers of at least 1'}.`,
  );
}
