import { announceFailure, announceSpentBudget, missedAnswer } from './announce.ts';
import type { Budgets } from './budgets.ts';
import { committedVersion, endLoss, exchangeOf } from './journal.ts';
import type { AttemptRequest } from './reserve.ts';
import { type Attempt, type CredentialState, exposure, type Journal } from './state.ts';
import { leaseLives, RECENTLY_ISSUED_MS } from './times.ts';
import { provenBy } from './trouble.ts';

/** The outcome of one log-in attempt or exchange. */
export type Settlement =
  /** A session: the platform's run of failures ended when it was executed. */
  | { outcome: 'success' }
  /** The platform refused and counted it, or is assumed to have. */
  | { outcome: 'failure'; code: string; certainlyCredentials: boolean }
  /** It never left this machine, or the platform refused it before it looked at the password. */
  | { outcome: 'uncounted' }
  /** GetNewPassword made a new password: that does not end a run of failures. */
  | { outcome: 'exchanged' }
  /** No usable answer: it stays in flight until it can no longer be executed. */
  | { outcome: 'unknown' };

/** Counts the outcome of an attempt, also when it was swept meanwhile. */
export function settle(
  state: CredentialState,
  id: string,
  presented: AttemptRequest,
  settlement: Settlement,
  budgets: Budgets,
  now: number,
): void {
  const attempt = state.inFlight[id];
  // An attempt that is not in flight was swept, or is of another table: then the item still does not know what came after it.
  if (attempt && settlement.outcome !== 'unknown') state.lastEndedAt = Math.max(state.lastEndedAt, now);
  switch (settlement.outcome) {
    case 'unknown':
      if (!attempt || attempt.unknownAt !== undefined) return;
      attempt.unknownAt = now;
      missedAnswer(state, now);
      if (presented.exchange) announceSpentBudget(state, id, presented, budgets, now);
      else announceFailure(state, id, presented, { certainty: 'unknown' }, budgets, now);
      return;
    case 'success':
      delete state.inFlight[id];
      state.unknowns = 0;
      state.presented = [];
      delete state.countUnknownSince;
      recordSuccess(state, presented, attempt, now);
      if (exposure(state) < budgets.rotation) state.guardClosedSaid = false;
      return;
    case 'uncounted':
      if (attempt) giveBack(state, id, attempt);
      return;
    case 'exchanged':
      delete state.inFlight[id];
      state.unknowns = 0;
      return;
    case 'failure':
      delete state.inFlight[id];
      state.unknowns = 0;
      countFailure(state, id, presented, settlement, budgets, now);
      return;
  }
}

function countFailure(
  state: CredentialState,
  id: string,
  presented: AttemptRequest,
  { code, certainlyCredentials }: Extract<Settlement, { outcome: 'failure' }>,
  budgets: Budgets,
  now: number,
): void {
  state.failed += 1;
  const before = state.refused[presented.fingerprint.id];
  state.refused[presented.fingerprint.id] = {
    at: now,
    releasable: !certainlyCredentials || issuedRecently(state, presented.versionId, now),
    released: before?.released ?? false,
    ...(before?.replaced ? { replaced: true } : {}),
  };
  if (certainlyCredentials && state.lastGood?.versionId === presented.versionId) delete state.lastGood;
  const replaced = isReplaced(state, presented, now) ? { replaced: true } : {};
  announceFailure(state, id, presented, { certainty: 'refused', code, ...replaced }, budgets, now);
}

/**
 * Reports whether an exchange of the automation has replaced the presented password, or is replacing it. A log-in that
 * is refused then was reserved before: afterwards the ledger grants no log-in with that password.
 */
export function isReplaced(
  { journal, refused }: CredentialState,
  { versionId, fingerprint }: Pick<AttemptRequest, 'versionId' | 'fingerprint'>,
  now: number,
): boolean {
  if (refused[fingerprint.id]?.replaced) return true;
  return (
    journal.state === 'exchanging' && journal.oldVersion === versionId && leaseLives(journal.startedAt, now)
  );
}

/**
 * Subtracts the failures that a success has cleared, and records that its password works. One password works at a time:
 * this one is no longer refused, and all other passwords that were set aside are dead.
 */
function recordSuccess(
  state: CredentialState,
  { fingerprint, versionId }: AttemptRequest,
  attempt: Attempt | undefined,
  now: number,
): void {
  if (attempt) {
    const { mark, reservedAt } = attempt;
    state.failed = Math.max(0, state.failed - mark);
    // Two overlapping successes must not clear one failure twice.
    for (const other of Object.values(state.inFlight)) other.mark = Math.max(0, other.mark - mark);
    if (state.journal.state === 'lost') endLoss(state, reservedAt);
  }
  // The password worked before an exchange replaced it. Also at the same moment: afterwards it is no longer reserved.
  const refusal = state.refused[fingerprint.id];
  if (refusal?.replaced && (attempt === undefined || attempt.reservedAt <= refusal.at)) return;
  delete state.refused[fingerprint.id];
  // A sealed password is presented under its attempt: its envelope stays listed until the password is a version of the
  // secret.
  const isSetAside = state.orphanItems.includes(versionId);
  const isJournaled = exchangeOf(state, versionId) !== undefined;
  state.orphanItems = isSetAside ? [versionId] : [];
  if (!isSetAside && !isJournaled) state.lastGood = { versionId, at: now };
  if (attempt?.trouble !== undefined) provenBy(state, attempt.trouble);
}

/** Undoes a reservation, because the platform never looked at the password. */
function giveBack(state: CredentialState, id: string, attempt: Attempt): void {
  delete state.inFlight[id];
  const others = Object.values(state.inFlight);
  if (attempt.fresh && !others.some((other) => other.versionId === attempt.versionId)) {
    state.presented = state.presented.filter((version) => version !== attempt.versionId);
  }
  const refused = state.refused[attempt.fingerprint];
  if (attempt.usedRelease && refused) refused.released = false;
}

/** Reports whether ThingSpace issued the password within the hour: not every server of the platform may have it. */
function issuedRecently({ journal }: CredentialState, versionId: string, now: number): boolean {
  if (!('receivedAt' in journal) || journal.receivedAt === undefined) return false;
  return issuedAs(journal) === versionId && now < journal.receivedAt + RECENTLY_ISSUED_MS;
}

function issuedAs(journal: Journal): string | undefined {
  if (journal.state === 'idle') return journal.lastVersion ?? journal.lastToken;
  return journal.state === 'committed' ? committedVersion(journal) : journal.token;
}
