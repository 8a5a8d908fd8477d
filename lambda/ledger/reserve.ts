import { replacedPassword } from '../situations/faults.ts';
import { countUnknown, guardClosed } from '../situations/log-ins.ts';
import * as password from '../situations/password.ts';
import { sharedUsername } from '../situations/seen.ts';
import { OTHER_ACCOUNT, toDo, without } from '../situations/steps.ts';
import { lastActIs } from './acts.ts';
import { announceGuardClosed } from './announce.ts';
import type { Budgets } from './budgets.ts';
import {
  BudgetSpentError,
  CredentialLostError,
  DeniedError,
  ExchangeInProgressError,
  type LockoutGuardError,
  RefusedPasswordError,
  ReplacedPasswordError,
} from './errors.ts';
import type { Fingerprint } from './fingerprint.ts';
import { begin } from './journal.ts';
import { type Closing, refusePaused } from './pause.ts';
import {
  type Attempt,
  type CredentialState,
  exposure,
  hasRetryLeft,
  isCertain,
  type Journal,
  type Refusal,
} from './state.ts';
import { sweep } from './sweep.ts';
import { LEASE_MS, leaseLives, RETRY_ONCE_MS, SETTLING_MS, WAITS_MS } from './times.ts';
import { markOf } from './trouble.ts';

/** A log-in or an exchange that asks for a reservation: the actor, the version of the password, and the purpose. */
export type AttemptRequest = {
  username: string;
  secretArn: string;
  versionId: string;
  /** When that version was created, by Secrets Manager's clock. */
  storedAt?: number | undefined;
  fingerprint: Fingerprint;
  actor: string;
  purpose: Attempt['purpose'];
  /** The share of the budget that it takes. */
  share: 'rotation' | 'app' | 'person';
  /** The rotation that the exchange belongs to; present exactly when `purpose` is `exchange`. */
  exchange?: { token: string };
  /** The operator's reason for a trial. */
  reason?: string | undefined;
  /** It begins an exchange, or is the log-in for one: a pause, or the calendar, keeps it back. */
  begins?: { closing: Closing | undefined };
};

/**
 * Takes one unit of the lockout budget for one attempt, or returns the reason why not. Changes
 * `state` only when it grants, except for `sweep`, the alarm that the guard is closed, and a rotation that is owed.
 */
export function reserve(
  state: CredentialState,
  attempt: string,
  wanted: AttemptRequest,
  budgets: Budgets,
  now: number,
): LockoutGuardError | undefined {
  if (Object.keys(state.inFlight).length > 0) sweep(state, budgets, now);
  const refusal = refusalOf(state, wanted, budgets, now);
  if (refusal instanceof BudgetSpentError && refusal.retryAt === undefined) {
    announceGuardClosed(state, attempt, wanted, budgets, now);
  }
  if (refusal) return refusal;

  const refused = state.refused[wanted.fingerprint.id];
  const isRetry = refused !== undefined && !refused.released && wanted.share !== 'person';
  if (refused && isRetry) refused.released = true;
  const fresh = !state.presented.includes(wanted.versionId);
  if (fresh) state.presented.push(wanted.versionId);
  state.inFlight[attempt] = {
    reservedAt: now,
    actor: wanted.actor,
    purpose: wanted.purpose,
    username: wanted.username,
    secretArn: wanted.secretArn,
    versionId: wanted.versionId,
    fingerprint: wanted.fingerprint.id,
    mark: state.failed,
    fresh,
    usedRelease: isRetry,
    ...(state.trouble ? { trouble: markOf(state.trouble) } : {}),
  };
  if (wanted.share === 'person') lastActIs(state, { ...wanted, command: wanted.purpose }, now);
  if (wanted.exchange) {
    const { secretArn, versionId: oldVersion, fingerprint, exchange } = wanted;
    begin(state, { token: exchange.token, attempt, secretArn, oldVersion, oldHash: fingerprint.hash }, now);
  }
  return undefined;
}

/** Returns the first of the reasons why no password may be sent now. */
function refusalOf(
  state: CredentialState,
  wanted: AttemptRequest,
  budgets: Budgets,
  now: number,
): LockoutGuardError | undefined {
  const { journal, secretArn } = state;
  if (journal.state === 'exchanging' && leaseLives(journal.startedAt, now)) {
    return exchangeUnderWayError(state, journal.startedAt + LEASE_MS);
  }
  if (wanted.exchange) {
    if (secretArn !== undefined && secretArn !== wanted.secretArn) {
      return sharedUsernameError(state, wanted.secretArn);
    }
    if (journal.state !== 'idle' && journal.state !== 'committed') return unsettledError(state);
    const lastToken = journal.state === 'idle' ? journal.lastToken : journal.token;
    if (lastToken === wanted.exchange.token) return exchangedError(state, lastToken);
  }
  const keptBack =
    (wanted.begins && state.pause && refusePaused(state, wanted, now)) ??
    wanted.begins?.closing?.refuse(state, wanted, now);
  if (keptBack) return keptBack;

  const used = exposure(state);
  const refused = state.refused[wanted.fingerprint.id];
  if (wanted.share === 'person') {
    // ThingSpace would refuse the password again, and count the failure.
    if (refused && isCertain(refused)) return barredError(refused, state, wanted);
    // An operator's trial may go beyond the budget, but never to the failure that locks.
    return used < budgets.limit - 1 ? undefined : trialSpentError(state, wanted, budgets);
  }
  const isOldVersion = journal.state !== 'idle' && wanted.versionId === journal.oldVersion;
  if (journal.state === 'lost' && isOldVersion) return credentialLostError(state.credential, journal);
  if (journal.state === 'received' && isOldVersion) return sealedError(state, wanted);
  const retriesNow = refused && hasRetryLeft(refused) && now >= refused.at + RETRY_ONCE_MS;
  if (refused && !retriesNow) return barredError(refused, state, wanted);
  const waitsUntil = state.lastUnknownAt + (state.unknowns === 1 ? WAITS_MS[0] : WAITS_MS[1]);
  if (state.unknowns > 0 && now < waitsUntil) return waitError(state, waitsUntil, now);
  // The last unit of the budget is kept for a version that was not presented since the last success. A password that an
  // operator has just restored must always have one log-in left, for an app or for rotation.
  const fresh = !state.presented.includes(wanted.versionId);
  const share = wanted.share === 'rotation' ? budgets.rotation : budgets.budget;
  const mayUse = fresh ? budgets.budget : Math.min(share, Math.max(1, budgets.budget - 1));
  return used < mayUse ? undefined : budgetSpentError(state, wanted, budgets, mayUse);
}

const exchangeUnderWayError = ({ credential }: CredentialState, until: number): ExchangeInProgressError =>
  new ExchangeInProgressError(
    `ThingSpace is being asked for a new password of ${credential}: the stored one may die at any moment.`,
    until,
  );

const exchangedError = ({ credential }: CredentialState, token: string): ExchangeInProgressError =>
  new ExchangeInProgressError(
    `Another invocation has made the new password of ${credential} for rotation ${token} already. A retry finds it.`,
  );

const unsettledError = ({ credential, journal }: CredentialState): ExchangeInProgressError =>
  new ExchangeInProgressError(
    `The last exchange of ${credential}'s password is not settled (${journal.state}).`,
  );

export function sharedUsernameError(state: CredentialState, secretArn: string): DeniedError {
  return new DeniedError(
    'SharedUsernameError',
    `The username ${state.credential} is rotated by the secret ${state.secretArn}; a second secret that rotates ` +
      'it would kill the password of the first.',
    undefined,
    { toDo: toDo(sharedUsername.todo, { secretArn }) },
  );
}

/**
 * `notSearched`: why the log could not be searched for the answer. `unreadable`: the fault of the version stored since.
 */
export function credentialLostError(
  username: string,
  { envelope, secretArn }: Extract<Journal, { state: 'lost' }>,
  { notSearched, unreadable }: { notSearched?: Error | undefined; unreadable?: Error | undefined } = {},
): CredentialLostError {
  const searching =
    notSearched === undefined
      ? 'Each retry and each daily check searches the function’s log for it again.'
      : 'The function could not search its own log for it just now: let it logs:FilterLogEvents on its log group; a retry or ' +
        'the daily check then searches it.';
  const since =
    unreadable === undefined
      ? ''
      : ` The version that was stored since cannot be used: ${unreadable.message}`;
  const kept =
    envelope === undefined
      ? 'no copy of the new one has been found.'
      : 'no copy of the new one that can be read has been found. An answer arrived in which no password could be read; it is ' +
        'kept sealed.';
  const todo = envelope === undefined ? without(password.lost.todo, 'open') : password.lost.todo;
  return new CredentialLostError(
    `The password of ${username} is lost: it was changed (or the username is locked) and ${kept} ${searching}${since}`,
    { cause: notSearched, toDo: toDo(todo, { secretArn, username }) },
  );
}

const sealedError = ({ credential }: CredentialState, wanted: AttemptRequest): ReplacedPasswordError =>
  new ReplacedPasswordError(
    `The password of ${credential} that you hold is dead; the new one is sealed in the journal, and no ` +
      'invocation has seen it in the secret yet.',
    { toDo: toDo(replacedPassword.todo, wanted) },
  );

function barredError(refused: Refusal, { credential }: CredentialState, wanted: AttemptRequest) {
  const { versionId } = wanted;
  if (refused.replaced && isCertain(refused)) {
    return new ReplacedPasswordError(
      `A rotation has replaced the password of ${credential} in version ${versionId}: it is dead, and it is not presented ` +
        'again. Read the current version of the secret.',
      { toDo: toDo(replacedPassword.todo, wanted) },
    );
  }
  return new RefusedPasswordError(
    `ThingSpace has refused the password of ${credential} in version ${versionId}; it is not presented ` +
      'again, because every failure counts toward the lock.',
    isCertain(refused),
    hasRetryLeft(refused) ? refused.at + RETRY_ONCE_MS : undefined,
    { toDo: toDo([...(isCertain(refused) ? [] : [OTHER_ACCOUNT]), { do: 'store' }], wanted) },
  );
}

function waitError({ unknowns, credential, inFlight }: CredentialState, retryAt: number, now: number) {
  // A log-in that is under way may succeed, which ends the wait.
  const mayEndEarlier = Object.values(inFlight).some(({ unknownAt }) => unknownAt === undefined);
  return new DeniedError(
    'WaitAfterUnknownError',
    `ThingSpace gave no usable answer ${unknowns} time(s) in a row for ${credential}; the next log-in waits ` +
      `until ${new Date(retryAt).toISOString()}.`,
    retryAt,
    mayEndEarlier ? {} : { waitMs: retryAt - now },
  );
}

function budgetSpentError(state: CredentialState, wanted: AttemptRequest, budgets: Budgets, mayUse: number) {
  const used = exposure(state);
  const underWay = Object.values(state.inFlight).filter(({ unknownAt }) => unknownAt === undefined);
  if (used - underWay.length < mayUse) {
    return new BudgetSpentError(
      `Log-ins of ${state.credential} that are under way may use up our share of ${mayUse} failures; wait until they ` +
        'have ended.',
      Math.min(...underWay.map(({ reservedAt }) => reservedAt)) + SETTLING_MS,
    );
  }
  if (state.countUnknownSince !== undefined) return countUnknownError(state, wanted);
  return new BudgetSpentError(
    `${used} of ${budgets.limit} consecutive failed log-ins of ${state.credential} are used or possible and our share ` +
      `is ${mayUse}.`,
    undefined,
    { toDo: toDo(guardClosed.todo, wanted) },
  );
}

const countUnknownError = ({ credential }: CredentialState, wanted: AttemptRequest): BudgetSpentError =>
  new BudgetSpentError(
    `The ledger’s table is new, or was restored: the failed log-ins of ${credential} before that are not known, so all of our ` +
      'share counts as used.',
    undefined,
    { toDo: toDo(countUnknown.todo, wanted) },
  );

const trialSpentError = (
  state: CredentialState,
  wanted: AttemptRequest,
  budgets: Budgets,
): BudgetSpentError =>
  new BudgetSpentError(
    `${exposure(state)} of ${budgets.limit} consecutive failed log-ins of ${state.credential} are used or possible: one more ` +
      'may lock it.',
    undefined,
    { toDo: toDo([{ do: 'unlocked' }], wanted) },
  );
