import { recordReceived, recordUnchanged, recordUnknown } from '../ledger/journal.ts';
import type { Reservation } from '../ledger/ledger.ts';
import type { Settlement } from '../ledger/settle.ts';
import { meaningOf } from '../thingspace/codes.ts';
import type { Services, StepInvocation } from './context.ts';
import {
  ExchangeRefusedError,
  OutcomeUnknownError,
  openingCommand,
  UnreadableAnswerError,
} from './errors.ts';

/**
 * How an exchange ends in the ledger and the journal, in one write each: `settleReceived` when it brought a
 * password, `endUnchanged` when it certainly changed nothing, `endUnknown` for everything else.
 */

export function settleReceived(
  { ledger }: Services,
  { deadlineMs }: StepInvocation,
  reservation: Reservation,
  envelope: string,
): Promise<void> {
  return ledger.settle(reservation, { outcome: 'exchanged' }, deadlineMs, (state, now) =>
    recordReceived(state, reservation.attempt, envelope, now),
  );
}

/** ThingSpace answered with a fault. @throws ExchangeRefusedError, OutcomeUnknownError */
export async function refused(
  services: Services,
  invocation: StepInvocation,
  reservation: Reservation,
  code: string,
  envelope: string,
): Promise<never> {
  const { exchangeChangedNothing, exchangeCounts, certainlyCredentials, words } = meaningOf(code);
  const { username } = reservation;
  if (!exchangeChangedNothing) {
    await endUnknown(services, invocation, reservation, envelope);
    throw new OutcomeUnknownError(
      `ThingSpace answered the request for a new password of ${username} with ${code} (${words}), which does ` +
        'not prove that nothing was changed. In 20 minutes a retry or the recover event logs in once with the old ' +
        'password and settles it.',
    );
  }
  await endUnchanged(
    services,
    invocation,
    reservation,
    exchangeCounts ? { outcome: 'failure', code, certainlyCredentials } : { outcome: 'uncounted' },
  );
  throw new ExchangeRefusedError(
    `ThingSpace refused to make a new password of ${username} (${code}: ${words}). Nothing was changed; the ` +
      'old password stays good. A retry goes on from here.',
  );
}

/** Neither a password nor a fault could be read from the answer. @throws UnreadableAnswerError */
export async function unreadable(
  services: Services,
  invocation: StepInvocation,
  reservation: Reservation,
  envelope: string,
  cause: Error,
): Promise<never> {
  const { username } = reservation;
  await endUnknown(services, invocation, reservation, envelope);
  throw new UnreadableAnswerError(
    `ThingSpace’s answer to the request for a new password of ${username} could not be read. It is sealed, not ` +
      `lost: look into it with \`${openingCommand(username)}\`; if it holds a password, store that as a new ` +
      'version of the secret. By itself, a retry in 20 minutes finds out whether the old password still works.',
    { cause },
  );
}

/** A check before the request leaves: when it throws, nothing was sent and nothing has changed. */
export async function orUnchanged<T>(
  services: Services,
  invocation: StepInvocation,
  reservation: Reservation,
  check: () => T,
): Promise<T> {
  try {
    return check();
  } catch (failure) {
    await endUnchanged(services, invocation, reservation, { outcome: 'uncounted' });
    throw failure;
  }
}

export function endUnchanged(
  { ledger }: Services,
  { deadlineMs }: StepInvocation,
  reservation: Reservation,
  settlement: Settlement,
): Promise<void> {
  return ledger.settle(reservation, settlement, deadlineMs, (state) =>
    recordUnchanged(state, reservation.attempt),
  );
}

export function endUnknown(
  { ledger }: Services,
  { deadlineMs }: StepInvocation,
  reservation: Reservation,
  envelope: string | undefined,
): Promise<void> {
  const { attempt, username } = reservation;
  return ledger.settle(reservation, { outcome: 'unknown' }, deadlineMs, (state, now) =>
    recordUnknown(state, attempt, username, envelope, now),
  );
}
