import { type Desk, deadlineOf } from './desk.ts';

/**
 * Makes the audit rows of what a person did items of their own now: a username whose guard is closed may see no
 * settlement for days. A failure is only warned of: the rows wait in the ledger item.
 */
export async function flushAudit(desk: Desk, username: string): Promise<void> {
  const nothing = (): void => undefined;
  await desk.ledger
    .change(username, deadlineOf(desk), nothing, { flushAudit: true })
    .catch((failure: Error) =>
      desk.terminal.warn(`The audit rows wait in the ledger item (${failure.message})`),
    );
}
