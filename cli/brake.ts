import { AwsCallError } from '../lambda/aws-call.ts';
import { PresentableError } from '../lambda/errors.ts';
import { forget, heldSecrets, holdsInForce, SERVICE, stillHolds } from '../lambda/ledger/brake.ts';
import type { Hold } from '../lambda/ledger/state.ts';
import { type Desk, deadlineOf } from './desk.ts';

/** The content of the service's own item in the ledger's table. */
export type Brake = {
  /** Unsettled exchanges that keep other credentials from beginning one, the oldest first. */
  holds: Hold[];
  /** Secrets whose rotation was held and has not begun since. */
  held: string[];
};

/**
 * A hold whose own item cannot be read stands: releasing it must not wait for that item's repair.
 * @throws LedgerUnavailableError, LedgerItemError: of the item of the whole service
 */
export async function lookAtBrake(desk: Pick<Desk, 'ledger' | 'clock'>): Promise<Brake> {
  const { state } = await desk.ledger.read(SERVICE, deadlineOf(desk));
  const holds: Hold[] = [];
  for (const hold of holdsInForce(state)) {
    if (await stands(desk, hold)) holds.push(hold);
  }
  return { holds: holds.sort((a, b) => a.since - b.since), held: heldSecrets(state) };
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
export const forgetHeld = (desk: Pick<Desk, 'ledger' | 'clock'>, secretArn: string): Promise<void> =>
  desk.ledger.change(SERVICE, deadlineOf(desk), (state) => forget(state, secretArn));

/** A service with one credential has no brake, and is spared the read. */
export const brakeIsOn = ({ function: found }: Pick<Desk, 'function'>): boolean =>
  found?.environment.EXCHANGE_BRAKE === 'on';
