import { randomUUID } from 'node:crypto';
import { type Act, noteAct } from '../lambda/ledger/acts.ts';
import type { Item, Items } from '../lambda/ledger/items.ts';
import { exposure } from '../lambda/ledger/state.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { lineOf } from './failure.ts';
import type { By } from './options.ts';

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

/**
 * Records that an operator asks for something, before the function or Secrets Manager does it: their messages name the
 * act then, and a tool that dies leaves its row. A ledger that cannot be written does not stop the act (a password that
 * support has read out must be stored); the terminal says so.
 */
export async function noteAsked(
  desk: Desk,
  username: string,
  { actor, reason }: By,
  act: Pick<Act, 'command' | 'secretArn' | 'versionId'>,
): Promise<void> {
  const asked: Act = { ...act, id: randomUUID(), actor, reason, outcome: 'asked' };
  try {
    await desk.ledger.change(username, deadlineOf(desk), (state, now) =>
      noteAct(state, asked, exposure(state), now),
    );
  } catch (failure) {
    desk.terminal.warn(
      `The audit trail has no row of this, and no message will name it (${lineOf(failure)})`,
    );
    return;
  }
  await flushAudit(desk, username);
}
