import { AwsCallError } from '../lambda/aws-call.ts';
import { PresentableError } from '../lambda/errors.ts';
import {
  forget,
  type Hold,
  holdsInForce,
  SERVICE,
  stillHolds,
  waitingSecrets,
} from '../lambda/ledger/holds.ts';
import { atOnce } from './at-once.ts';
import { type Desk, deadlineOf } from './desk.ts';

const AT_ONCE = 8;

/** The service's item of holds, as the tool shows it. */
export type SeenHolds = {
  /** Failed exchanges that keep other credentials from beginning one, the oldest first. */
  holds: Hold[];
  /** Secrets whose rotation was held and has not begun since. */
  waiting: string[];
};

/**
 * A hold whose own item cannot be read stands: its override must not wait for that item's repair.
 * @throws LedgerUnavailableError, LedgerItemError: of the item of holds
 */
export async function lookAtHolds(
  desk: Pick<Desk, 'ledger' | 'clock'>,
  items = desk.ledger.holds,
): Promise<SeenHolds> {
  const { state } = await items.read(SERVICE, deadlineOf(desk));
  const inForce = holdsInForce(state);
  const standing = await atOnce(AT_ONCE, inForce, (hold) => stands(desk, hold));
  const holds = inForce.filter((_, at) => standing[at]);
  return { holds: holds.sort((a, b) => a.since - b.since), waiting: waitingSecrets(state) };
}

async function stands(desk: Pick<Desk, 'ledger' | 'clock'>, hold: Hold): Promise<boolean> {
  try {
    return stillHolds(hold, (await desk.ledger.read(hold.username, deadlineOf(desk))).state);
  } catch (failure) {
    if (!(failure instanceof PresentableError)) throw failure;
    return true;
  }
}

/** Reports whether a secret is deleted, or about to be: Secrets Manager rotates it no more. */
export async function isGone({ account }: Pick<Desk, 'account'>, secretArn: string): Promise<boolean> {
  try {
    return (await account.secret(secretArn)).deletedAt !== undefined;
  } catch (failure) {
    return failure instanceof AwsCallError && failure.errorName === 'ResourceNotFoundException';
  }
}

/** The secret of a held rotation is gone: nothing waits for it. */
export const forgetWaiting = (desk: Pick<Desk, 'ledger' | 'clock'>, secretArn: string): Promise<void> =>
  desk.ledger.holds.change(SERVICE, deadlineOf(desk), (item) => forget(item, secretArn));

/** A service with one credential has no holds, and is spared the read. */
export const holdsAreOn = ({ function: found }: Pick<Desk, 'function'>): boolean =>
  found?.environment.EXCHANGE_BRAKE === 'on';
