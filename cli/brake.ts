import { heldSecrets, holdsInForce, SERVICE, stillHolds } from '../lambda/ledger/brake.ts';
import type { Hold } from '../lambda/ledger/state.ts';
import { type Desk, deadlineOf } from './desk.ts';

/** What the item of the whole service says. */
export type Brake = {
  /** Exchanges without a good end that keep other credentials from beginning one, the oldest first. */
  holds: Hold[];
  /** Secrets whose rotation was held and has not begun since. */
  held: string[];
};

/** @throws LedgerUnavailableError, LedgerItemError */
export async function lookAtBrake(desk: Pick<Desk, 'ledger' | 'clock'>): Promise<Brake> {
  const { state } = await desk.ledger.read(SERVICE, deadlineOf(desk));
  const holds: Hold[] = [];
  for (const hold of holdsInForce(state)) {
    const { state: holder } = await desk.ledger.read(hold.username, deadlineOf(desk));
    if (stillHolds(hold, holder)) holds.push(hold);
  }
  return { holds: holds.sort((a, b) => a.since - b.since), held: heldSecrets(state) };
}

/** A service with one credential has no brake, and is spared the read. */
export const brakeIsOn = ({ function: found }: Pick<Desk, 'function'>): boolean =>
  found?.environment.EXCHANGE_BRAKE === 'on';
