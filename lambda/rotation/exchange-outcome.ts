import { openingCommand } from '../ledger/errors.ts';
import { recordCommitted, recordReceived, recordUnchanged, recordUnknown } from '../ledger/journal.ts';
import type { Reservation } from '../ledger/ledger.ts';
import type { Settlement } from '../ledger/settle.ts';
import type { CredentialState } from '../ledger/state.ts';
import { SETTLING_MINUTES } from '../ledger/times.ts';
import { inBrackets } from '../thingspace/call-errors.ts';
import { meaningOf } from '../thingspace/codes.ts';
import type { Invocation } from './context.ts';
import { ExchangeRefusedError, OutcomeUnknownError, UnreadableAnswerError } from './errors.ts';

/**
 * How an exchange ends in the ledger and the journal, in one write each. `settleReceived`: it brought a password.
 * `endUnchanged`: it certainly changed nothing. `endUnknown`: every other outcome. `endCommitted`: AWSCURRENT is on a
 * password that works.
 */

export function settleReceived(
  { ledger, deadlineMs }: Invocation,
  reservation: Reservation,
  envelope: string,
): Promise<void> {
  return ledger.settle(reservation, { outcome: 'exchanged' }, deadlineMs, (state, now) =>
    recordReceived(state, reservation.attempt, envelope, now),
  );
}

export function endUnchanged(
  { ledger, deadlineMs }: Invocation,
  reservation: Reservation,
  settlement: Settlement,
): Promise<void> {
  return ledger.settle(reservation, settlement, deadlineMs, (state) =>
    recordUnchanged(state, reservation.attempt),
  );
}

export function endUnknown(
  { ledger, deadlineMs }: Invocation,
  reservation: Reservation,
  envelope: string | undefined,
): Promise<void> {
  const { attempt, username } = reservation;
  return ledger.settle(reservation, { outcome: 'unknown' }, deadlineMs, (state, now) =>
    recordUnknown(state, attempt, username, envelope, now),
  );
}

/** The version that AWSCURRENT is on when an exchange has ended. */
export type Committed = {
  versionId: string;
  /** Whether it holds a newer password, which an operator stored and which works. */
  overtaken: boolean;
};

/**
 * Ends an exchange because AWSCURRENT is on a password that works. `token` is the rotation that may finish it, if not
 * the one that began it; `andThen` runs in the same write when this call changed the journal.
 */
export async function endCommitted(
  { ledger, deadlineMs }: Invocation,
  { username, attempt, token }: { username: string; attempt: string; token?: string },
  { versionId, overtaken }: Committed,
  andThen?: (state: CredentialState, now: number) => void,
): Promise<void> {
  await ledger.change(username, deadlineMs, (state, now) => {
    const options = { overtaken, username, ...(token === undefined ? {} : { token }) };
    if (recordCommitted(state, attempt, versionId, now, options)) andThen?.(state, now);
  });
}

/** Records a fault that ThingSpace answered with, and throws. @throws ExchangeRefusedError, OutcomeUnknownError */
export async function endRefused(
  invocation: Invocation,
  reservation: Reservation,
  code: string,
  envelope: string,
): Promise<never> {
  const { exchangeChangedNothing, exchangeCounts, certainlyCredentials, words } = meaningOf(code);
  const { username } = reservation;
  if (!exchangeChangedNothing) {
    await endUnknown(invocation, reservation, envelope);
    throw new OutcomeUnknownError(
      `ThingSpace answered the request for a new password of ${username} with ${code} (${words}), which does ` +
        `not prove that nothing was changed. In ${SETTLING_MINUTES} minutes a retry or the recover event logs in once with the old ` +
        'password and settles it.',
    );
  }
  const counted: Settlement = exchangeCounts
    ? { outcome: 'failure', code, certainlyCredentials }
    : { outcome: 'uncounted' };
  await endUnchanged(invocation, reservation, counted);
  throw new ExchangeRefusedError(
    `ThingSpace refused to make a new password of ${username} (${code}: ${words}). Nothing was changed; the ` +
      'old password stays good. A retry continues from here.',
  );
}

/**
 * Records an answer in which neither a password nor a fault could be read, and throws. @throws UnreadableAnswerError
 */
export async function endUnreadable(
  invocation: Invocation,
  reservation: Reservation,
  envelope: string,
  cause: Error,
): Promise<never> {
  const { username } = reservation;
  await endUnknown(invocation, reservation, envelope);
  throw new UnreadableAnswerError(
    `ThingSpace’s answer to the request for a new password of ${username} could not be read` +
      `${inBrackets(cause)}. It is sealed, not lost: look into it with \`${openingCommand(username)}\`; if it holds a ` +
      `password, store that as a new version of the secret. By itself, a retry in ${SETTLING_MINUTES} minutes finds out whether the old password still works.`,
    { cause },
  );
}
