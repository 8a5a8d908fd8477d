import { PresentableError } from '../errors.ts';
import { notUnlocked } from '../situations/faults.ts';
import { type Step, toDo, without } from '../situations/steps.ts';
import type { Budgets } from './budgets.ts';
import { type CredentialState, exposure } from './state.ts';
import { sweep } from './sweep.ts';
import { SETTLING_MS } from './times.ts';

type NotTaken =
  /** A log-in sent before the unlocking may still be executed after it, and would then count. */
  | 'StillInFlightError'
  /** The automation may still log in: a failure of it between the unlocking and now would be forgotten. */
  | 'GuardNotClosedError'
  /** A password was presented after the unlocking: that log-in may have failed, and would be forgotten. */
  | 'PresentedSinceError';

/** The operator's report of an unlocked username cannot be accepted now; nothing was changed. */
export class UnlockNotTakenError extends PresentableError {
  override readonly name: NotTaken;
  /** When the report will be accepted, in milliseconds since 1970; absent when it is not needed. */
  readonly retryAt: number | undefined;
  constructor(name: NotTaken, message: string, retryAt?: number) {
    super(message);
    this.name = name;
    this.retryAt = retryAt;
  }
}

/**
 * Records the operator's report that M2M Support has unlocked the username at `unlockedAt`: the count starts from zero.
 *
 * Accepted only while the guard is closed, nothing is in flight, and no password was presented through the ledger since
 * the unlocking. Then every failure that is counted here was before it. Passwords that were refused stay refused:
 * unlocking does not make a wrong one right.
 * @returns why it was not accepted; `state` is then changed by the passing of time alone (`sweep`)
 */
export function unlocked(
  state: CredentialState,
  budgets: Budgets,
  now: number,
  unlockedAt: number,
): UnlockNotTakenError | undefined {
  sweep(state, budgets, now);
  const { secretArn } = state;
  const toDoNow = (todo: readonly Step[]) => (secretArn === undefined ? '' : ` ${toDo(todo, { secretArn })}`);
  const again = toDoNow(without(notUnlocked.todo, 'store'));
  const attempts = Object.values(state.inFlight);
  if (attempts.length > 0) {
    const drainedAt = Math.max(...attempts.map(({ reservedAt }) => reservedAt)) + SETTLING_MS;
    return new UnlockNotTakenError(
      'StillInFlightError',
      `${attempts.length} log-in(s) of ${state.credential} are under way or unanswered: ThingSpace may still execute ` +
        `them and count them after the unlocking, until ${new Date(drainedAt).toISOString()}.${again}`,
      drainedAt,
    );
  }
  const used = exposure(state);
  if (used < budgets.budget) {
    return new UnlockNotTakenError(
      'GuardNotClosedError',
      `The guard of ${state.credential} is not closed (${used} of ${budgets.budget} used), so the count need not be cleared.` +
        toDoNow(without(notUnlocked.todo, 'unlocked')),
    );
  }
  // `<=`: what was reserved in the very millisecond of the unlocking may have been executed after it.
  if (unlockedAt <= state.lastEndedAt) {
    return new UnlockNotTakenError(
      'PresentedSinceError',
      `A password of ${state.credential} was presented, perhaps as late as ${new Date(state.lastEndedAt).toISOString()} and so ` +
        `after the unlocking: ThingSpace may count it.${again}`,
    );
  }
  state.failed = 0;
  state.presented = [];
  state.unknowns = 0;
  state.guardClosedSaid = false;
  delete state.countUnknownSince;
  return undefined;
}
