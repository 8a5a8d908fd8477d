import type { Item } from '../lambda/ledger/item.ts';
import type { Items } from '../lambda/ledger/items.ts';
import { type Desk, deadlineOf } from './desk.ts';

/**
 * Makes the audit rows of what a person did items of their own now: a username whose guard is closed may see no
 * settlement for days. A failure is only warned of: the rows wait in the ledger item.
 */
export async function flushAudit(
  desk: Desk,
  key: string,
  items: Pick<Items<Item>, 'change'> = desk.ledger,
): Promise<void> {
  const nothing = (): void => undefined;
  await items
    .change(key, deadlineOf(desk), nothing, { flushAudit: true })
    .catch((failure: Error) =>
      desk.terminal.warn(`The audit rows wait in the ledger item (${failure.message})`),
    );
}
