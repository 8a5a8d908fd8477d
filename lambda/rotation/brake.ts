import {
  ask,
  check,
  engage,
  type Holding,
  heldSecrets,
  holdsOf,
  isHeld,
  newPasswordRefused,
  SERVICE,
  settle,
  stillHolds,
} from '../ledger/brake.ts';
import { type CredentialState, credentialKey, type Hold, LedgerItemError } from '../ledger/state.ts';
import type { Invocation } from './context.ts';
import { ExchangesHeldError } from './errors.ts';

/**
 * Checks, right before an exchange and before its log-in, whether a failed exchange of another credential holds this
 * one. Recovery and roll forward do not call it.
 * @throws ExchangesHeldError, LedgerUnavailableError, LedgerItemError
 */
export async function mayBeginExchange(invocation: Invocation, username: string): Promise<void> {
  const { ledger, exchangeBrake, secretArn, deadlineMs } = invocation;
  if (!exchangeBrake) return;
  const { state } = await ledger.read(SERVICE, deadlineMs);
  if (isQuiet(state)) return;
  const ended = await endedAttempts(invocation, holdsOf(state));
  const holder = await ledger.change(SERVICE, deadlineMs, (fresh, now) =>
    ask(fresh, { username, secretArn }, ended, now),
  );
  if (holder) throw held(secretArn, holder);
}

/**
 * Returns the failed exchange of another credential that holds this one's rotation, if that rotation was held and has
 * not begun since.
 * @throws LedgerUnavailableError, LedgerItemError
 */
export async function holderOf(invocation: Invocation, username: string): Promise<Hold | undefined> {
  const { ledger, exchangeBrake, secretArn, deadlineMs } = invocation;
  if (!exchangeBrake) return undefined;
  const { state } = await ledger.read(SERVICE, deadlineMs);
  if (!isHeld(state, secretArn)) return undefined;
  const ended = await endedAttempts(invocation, holdsOf(state));
  return ledger.change(SERVICE, deadlineMs, (fresh, now) =>
    check(fresh, { username, secretArn }, ended, now),
  );
}

/**
 * Holds the other credentials when an exchange of this one has failed. Recovery's failures reach it too, so it places
 * the hold of an invocation that died before it could. Never throws.
 */
export async function holdOthers(invocation: Invocation, failure: Error): Promise<void> {
  const { ledger, exchangeBrake, log, username, deadlineMs } = invocation;
  if (!exchangeBrake || username === undefined) return;
  try {
    const { state, now } = await ledger.read(username, deadlineMs);
    if (mayStillEndWell(invocation, failure, state, now)) return;
    const holding = holdingOf(state, username, failure);
    if (!holding) return;
    await ledger.change(SERVICE, deadlineMs, (state, now) => engage(state, holding, now));
  } catch (unwritten) {
    log('The other rotations could not be held; the next check does it', {
      failure: (unwritten as Error).name,
    });
  }
}

/**
 * Removes this credential's holds whose exchanges are over, and those of the secret's former usernames. Never throws.
 */
export async function letOthersGoOn(invocation: Invocation): Promise<void> {
  const { ledger, exchangeBrake, log, username, secretArn, deadlineMs } = invocation;
  if (!exchangeBrake || username === undefined) return;
  try {
    const { state } = await ledger.read(SERVICE, deadlineMs);
    const isOwn = (hold: Hold) => credentialKey(hold.username) === credentialKey(username);
    const own = holdsOf(state).filter((hold) => isOwn(hold) || hold.secretArn === secretArn);
    if (own.length === 0 && state.outbox.length === 0) return;
    // No invocation settles a hold of a username that the secret had before, so it is removed.
    const ofFormerName = own.filter((hold) => !isOwn(hold)).map(({ attempt }) => attempt);
    const ended = [...ofFormerName, ...(await endedAttempts(invocation, own.filter(isOwn)))];
    await ledger.change(SERVICE, deadlineMs, (fresh, now) => settle(fresh, ended, now));
  } catch (unwritten) {
    log('The other rotations are let go on by whoever looks next', { failure: (unwritten as Error).name });
  }
}

const isQuiet = (state: CredentialState): boolean =>
  holdsOf(state).length === 0 && heldSecrets(state).length === 0 && state.outbox.length === 0;

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

/** An invocation that has waited for an exchange to its own end stops so long before it. */
const WAITED_MS = 10_000;

/** Failures of a received answer that cannot be read or used; the journal alone does not show them. */
const UNUSABLE: ReadonlySet<string> = new Set(['UnreadableAnswerError', 'UnusablePasswordError']);

function holdingOf(state: CredentialState, username: string, failure: Error): Holding | undefined {
  const { journal } = state;
  if (journal.state === 'idle') return undefined;
  const { attempt, secretArn } = journal;
  const hold = (why: string) => ({ username, secretArn, attempt, why });
  switch (journal.state) {
    case 'committed':
      return newPasswordRefused(state) ? hold('unusable') : undefined;
    case 'received':
      return UNUSABLE.has(failure.name) ? hold('unusable') : undefined;
    case 'exchanging':
      // The owner of the exchange has failed or died.
      return hold('unknown');
    default:
      return hold(journal.state);
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

function held(secretArn: string, holder: Hold): ExchangesHeldError {
  return new ExchangesHeldError(
    `The rotation of ${secretArn} is on hold: the exchange of ${holder.username} (secret ${holder.secretArn}) is ` +
      `${holder.why} since ${new Date(holder.since).toISOString()}, and its cause may affect this credential, too. ` +
      'No new password is asked for, and no log-in was used. ' +
      `1. Resolve that exchange: \`npm run cli -- status --secret ${holder.secretArn}\`. ` +
      `2. If its cause cannot affect this credential, override the hold: \`npm run cli -- release --secret ${secretArn}\`. ` +
      `3. Start this rotation again: \`npm run cli -- rotate --held --secret ${secretArn}\`.`,
  );
}
