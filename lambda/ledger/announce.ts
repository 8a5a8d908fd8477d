import type { Budgets } from './budgets.ts';
import { queueAlarm } from './outbox.ts';
import { type Attempt, type CredentialState, exposure } from './state.ts';
import { announcedNow } from './trouble.ts';

type Presented = Pick<Attempt, 'actor' | 'purpose' | 'username' | 'secretArn' | 'versionId'>;

/** Records that an answer did not arrive: the next log-in waits. */
export function missedAnswer(state: CredentialState, at: number): void {
  state.unknowns += 1;
  state.lastUnknownAt = Math.max(state.lastUnknownAt, at);
}

/** Puts the alarm of a failure that counts, or may count, into the outbox. */
export function announceFailure(
  state: CredentialState,
  id: string,
  presented: Presented,
  failure: { certainty: 'refused' | 'unknown'; code?: string; replaced?: boolean },
  budgets: Budgets,
  now: number,
): void {
  const { actor, purpose, versionId } = presented;
  queueAlarm(state, {
    event: 'failed-log-in',
    id: `${id}:failed-log-in`,
    ...standing(state, presented, budgets, now),
    actor,
    purpose,
    versionId,
    ...failure,
  });
  // A probe finds out which password works; its result is announced by another message.
  if (failure.certainty === 'refused' && actor === 'rotation' && purpose !== 'probe')
    announcedNow(state, 'stored-password-refused', now);
  announceSpentBudget(state, id, presented, budgets, now);
}

/** Announces a closed guard as soon as a failure has used up the budget, not only when the next log-in is refused. */
export function announceSpentBudget(
  state: CredentialState,
  id: string,
  presented: Presented,
  budgets: Budgets,
  now: number,
): void {
  if (exposure(state) >= budgets.budget) announceGuardClosed(state, id, presented, budgets, now);
}

/** Announces once, not at every log-in, that the automation may no longer log in. */
export function announceGuardClosed(
  state: CredentialState,
  id: string,
  presented: Presented,
  budgets: Budgets,
  now: number,
): void {
  if (state.guardClosedSaid) return;
  state.guardClosedSaid = true;
  announcedNow(state, 'guard-closed', now);
  queueAlarm(state, {
    event: 'guard-closed',
    id: `${id}:guard-closed`,
    ...standing(state, presented, budgets, now),
    ...(state.countUnknownSince === undefined ? {} : { countUnknown: true }),
  });
}

function standing(state: CredentialState, presented: Presented, budgets: Budgets, now: number) {
  const possible = Object.keys(state.inFlight).length;
  return {
    at: now,
    credential: state.credential,
    username: presented.username,
    secretArn: presented.secretArn,
    exposure: exposure(state),
    ...(possible > 0 ? { possible } : {}),
    limit: budgets.limit,
    budget: budgets.budget,
  };
}
