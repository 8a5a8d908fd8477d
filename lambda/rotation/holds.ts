import {
  check,
  type Hold,
  holdsOf,
  isWaiting,
  lift,
  newPasswordRefused,
  place,
  SERVICE,
  stillHolds,
  waitingSecrets,
} from '../ledger/holds.ts';
import { LedgerItemError } from '../ledger/items.ts';
import { type CredentialState, credentialKey } from '../ledger/state.ts';
import { held } from '../situations/rotation.ts';
import { toDo } from '../situations/steps.ts';
import type { Invocation } from './context.ts';
import { ExchangesHeldError } from './errors.ts';

/**
 * Checks, right before an exchange and before its log-in, whether a failed exchange of another credential holds this
 * one. Only the exchange of a service with holds calls it; recovery and roll forward do not.
 * @throws ExchangesHeldError, LedgerUnavailableError, LedgerItemError
 */
export async function checkHold(invocation: Invocation, username: string): Promise<void> {
  const hold = await findHold(invocation, { username, begins: true });
  if (hold) throw heldError(invocation.secretArn, hold);
}

/**
 * Returns the failed exchange of another credential that holds this one's rotation, if that rotation waits: it was held
 * and has not begun since, and holds are on.
 * @throws LedgerUnavailableError, LedgerItemError
 */
export async function holdOfWaiting(invocation: Invocation, username: string): Promise<Hold | undefined> {
  return invocation.holdsOn ? findHold(invocation, { username, begins: false }) : undefined;
}

async function findHold(
  invocation: Invocation,
  asking: { username: string; begins: boolean },
): Promise<Hold | undefined> {
  const { ledger, secretArn, deadlineMs } = invocation;
  const { state } = await ledger.holds.read(SERVICE, deadlineMs);
  const { outbox } = state;
  const isQuiet = holdsOf(state).length + waitingSecrets(state).length + outbox.length === 0;
  if (asking.begins ? isQuiet : !isWaiting(state, secretArn)) return undefined;
  const ended = await endedAttempts(invocation, holdsOf(state));
  return ledger.holds.change(SERVICE, deadlineMs, (fresh, now) =>
    check(fresh, { ...asking, secretArn }, ended, now),
  );
}

/**
 * Places a hold on the other credentials when an exchange of this one has failed. It runs after every step that throws, so
 * the next failure places the hold of an invocation that died before it could. Never throws.
 */
export async function placeHold(invocation: Invocation, failure: Error): Promise<void> {
  const { ledger, holdsOn, log, username, deadlineMs } = invocation;
  if (!holdsOn || username === undefined) return;
  try {
    const { state, now } = await ledger.read(username, deadlineMs);
    if (state.journal.state === 'idle' || mayStillEndWell(invocation, failure, state, now)) return;
    const { attempt, secretArn } = state.journal;
    const why = failedExchange(state, failure);
    if (why === undefined) return;
    await ledger.holds.change(SERVICE, deadlineMs, (item, now) =>
      place(item, { username, secretArn, attempt, why }, now),
    );
  } catch (unwritten) {
    log('The hold on the other rotations could not be placed; the next check does it', {
      failure: (unwritten as Error).name,
    });
  }
}

/**
 * Lifts this credential's holds whose exchanges are over, and those of the secret's former usernames. Never throws.
 */
export async function liftHolds(invocation: Invocation): Promise<void> {
  const { ledger, holdsOn, log, username, secretArn, deadlineMs } = invocation;
  if (!holdsOn || username === undefined) return;
  try {
    const { state } = await ledger.holds.read(SERVICE, deadlineMs);
    const isOwn = (hold: Hold) => credentialKey(hold.username) === credentialKey(username);
    const own = holdsOf(state).filter((hold) => isOwn(hold) || hold.secretArn === secretArn);
    if (own.length === 0 && state.outbox.length === 0) return;
    // No invocation lifts a hold of a username that the secret had before, so it is lifted here.
    const ofFormerName = own.filter((hold) => !isOwn(hold)).map(({ attempt }) => attempt);
    const ended = [...ofFormerName, ...(await endedAttempts(invocation, own.filter(isOwn)))];
    await ledger.holds.change(SERVICE, deadlineMs, (fresh, now) => lift(fresh, ended, now));
  } catch (unwritten) {
    log('The hold on the other rotations could not be lifted; the next look does it', {
      failure: (unwritten as Error).name,
    });
  }
}

/**
 * Reports whether another invocation's exchange may still succeed. All invocations live equally long, so its owner may
 * be alive while the exchange is younger than that.
 */
function mayStillEndWell(
  { startedAtMs, deadlineMs, token }: Invocation,
  failure: Error,
  { journal }: CredentialState,
  now: number,
): boolean {
  if (journal.state !== 'exchanging') return false;
  if (journal.token === token && failure.name !== 'ExchangeInProgressError') return false;
  return now - journal.startedAt < deadlineMs - startedAtMs - WAITED_MS;
}

/** A waiting invocation stops up to this long before its deadline. An exchange as old as that counts as failed. */
const WAITED_MS = 10_000;

/** Failures of a received answer that cannot be read or used; the journal alone does not show them. */
const UNUSABLE: ReadonlySet<string> = new Set(['UnreadableAnswerError', 'UnusablePasswordError']);

/** Returns how the exchange of a journal that is not idle has failed, or undefined when it has not. */
function failedExchange(state: CredentialState, failure: Error): string | undefined {
  switch (state.journal.state) {
    case 'committed':
      return newPasswordRefused(state) ? 'unusable' : undefined;
    case 'received':
      return UNUSABLE.has(failure.name) ? 'unusable' : undefined;
    case 'exchanging':
      // The owner of the exchange has failed or died.
      return 'unknown';
    default:
      return state.journal.state;
  }
}

/**
 * Returns the attempts of holds whose exchanges are over: a process died before it removed them, or an app's log-in
 * ended the loss. A hold whose item cannot be read stands, and no error is thrown: the operator's override must work
 * without that item.
 */
async function endedAttempts({ ledger, deadlineMs }: Invocation, holds: readonly Hold[]): Promise<string[]> {
  const ended: string[] = [];
  for (const hold of holds) {
    const state = await readHolder(ledger.read(hold.username, deadlineMs), hold);
    if (state && !stillHolds(hold, state)) ended.push(hold.attempt);
  }
  return ended;
}

/** @throws LedgerUnavailableError for a hold in force: it is not known whether its exchange is over */
async function readHolder(
  reading: Promise<{ state: CredentialState }>,
  { releasedAt }: Hold,
): Promise<CredentialState | undefined> {
  try {
    return (await reading).state;
  } catch (failure) {
    if (failure instanceof LedgerItemError || releasedAt !== undefined) return undefined;
    throw failure;
  }
}

function heldError(secretArn: string, hold: Hold): ExchangesHeldError {
  return new ExchangesHeldError(
    `The rotation of ${secretArn} is on hold: the exchange of ${hold.username} (secret ${hold.secretArn}) is ` +
      `${hold.why} since ${new Date(hold.since).toISOString()}, and its cause may affect this credential, too. ` +
      `No new password is asked for, and no log-in was used. ${toDo(held.todo, { secretArn, holderArn: hold.secretArn })}`,
  );
}
