import type { Budgets } from '../lambda/ledger/budgets.ts';
import { BudgetSpentError, RefusedPasswordError } from '../lambda/ledger/errors.ts';
import { pauseInForce } from '../lambda/ledger/pause.ts';
import { exposure } from '../lambda/ledger/state.ts';
import { LEASE_MS, leaseLives, SETTLING_MS } from '../lambda/ledger/times.ts';
import { bytesTooMany } from '../lambda/secret/credential.ts';
import type { FindingName } from '../lambda/situations/all.ts';
import type { Wellness } from '../lambda/situations/situation.ts';
import type { Do } from '../lambda/situations/steps.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Sight } from './sight.ts';
import { DAY_MS } from './times.ts';

/** `secretArn`: of another credential than the one that was looked at. */
export type Next = { do: Do; until?: number; secretArn?: string };

export type Verdict = {
  finding: FindingName;
  /** The first is to be done now; those after it when that does not help. */
  next: readonly [Next, ...Next[]];
};

export const exitCodeFor: Record<Wellness, ExitCode> = {
  well: EXIT.well,
  'goes-on': EXIT.continues,
  act: EXIT.act,
};

/** Where the credential stands, and what to do: derived from everything that is known. Pure. */
export function verdictOn(sight: Sight): Verdict {
  return (
    standing(sight) ??
    guard(sight) ??
    ofJournal(sight) ??
    stored(sight) ??
    ofTrouble(sight) ??
    around(sight) ?? { finding: 'well', next: [{ do: 'nothing' }] }
  );
}

const found = (finding: FindingName, next: Next, ...others: Next[]): Verdict => ({
  finding,
  next: [next, ...others],
});

/** Whether it is this secret's credential at all. */
function standing({ username, secretArn, state, now, former, facts }: Sight): Verdict | undefined {
  if (facts?.deletedAt !== undefined) return found('secret-deleted', { do: 'repair' });
  if (username === undefined) return found('not-initialized', { do: 'store' });
  const { journal } = state;
  if (journal.state === 'exchanging' && leaseLives(journal.startedAt, now)) {
    return found('exchanging', { do: 'wait', until: journal.startedAt + LEASE_MS });
  }
  if (state.secretArn !== undefined && secretArn !== state.secretArn)
    return found('shared-username', { do: 'adopt' });
  if (former && former.journal.state !== 'idle' && former.journal.state !== 'committed') {
    return found('username-changed', { do: 'store-username' }, { do: 'adopt' });
  }
  return undefined;
}

/** Reports whether a sealed password waits for a log-in: AWSCURRENT is on another version than the one that it replaced. */
function sealedNeedsLogIn({ state: { journal }, holder, holderDead }: Sight): boolean {
  if (journal.state !== 'received' || !holder || !holderDead) return false;
  return holder.versionId !== journal.oldVersion && holder.versionId !== journal.supersededBy;
}

/** Returns the failures that no log-in under way can still take back. */
const settled = (state: Sight['state']): number =>
  exposure(state) - Object.values(state.inFlight).filter(({ unknownAt }) => unknownAt === undefined).length;

/** The verdict on the guard: while it is closed for the rotation, no step that needs a log-in continues. */
function guard(sight: Sight): Verdict | undefined {
  const { state, mayNot, budgets, holder, holderDead } = sight;
  const { journal } = state;
  // A sealed password is swapped in for the one that it replaced without a log-in.
  const swaps = journal.state === 'received' && holder?.versionId === journal.oldVersion;
  if (budgets && state.countUnknownSince !== undefined && !swaps) return countUnknown(sight, budgets);
  if (budgets && sealedNeedsLogIn(sight) && exposure(state) >= budgets.budget) {
    return exposure(state) >= budgets.limit - 1
      ? found('guard-closed', { do: 'unlocked' }, { do: 'open' })
      : found('guard-closed', { do: 'open' }, { do: 'store' }, { do: 'unlocked' });
  }
  const refusal = mayNot?.rotation;
  // The ledger looks at the password first: that the budget is spent as well keeps another version from a log-in.
  const closed =
    refusal instanceof RefusedPasswordError
      ? budgets !== undefined && settled(state) >= budgets.budget
      : refusal instanceof BudgetSpentError && refusal.retryAt === undefined;
  if (!closed || !budgets || swaps) return undefined;
  if (exposure(state) >= budgets.limit - 1) return found('guard-closed', { do: 'unlocked' });
  // Below the whole budget there is nothing to say "unlocked" about: the command would refuse it.
  const unlocked: Next[] = exposure(state) >= budgets.budget ? [{ do: 'unlocked' }] : [];
  if (holderDead && mayNot?.person instanceof RefusedPasswordError) {
    return found('guard-closed', { do: 'store' }, ...unlocked);
  }
  return found('guard-closed', { do: 'trial' }, { do: 'store' }, ...unlocked);
}

function countUnknown({ state, replacedInLog }: Sight, { limit }: Budgets): Verdict {
  const open: Next[] = replacedInLog ? [{ do: 'open' }] : [];
  const trial: Next[] = exposure(state) >= limit - 1 ? [] : [{ do: 'trial' }, { do: 'store' }];
  const [first = { do: 'unlocked' as const }, ...others] = [...open, ...trial, { do: 'unlocked' as const }];
  return found('count-unknown', first, ...others);
}

function ofJournal({ state, now, holder, holderDead }: Sight): Verdict | undefined {
  const { journal } = state;
  switch (journal.state) {
    case 'exchanging':
      return found('died', { do: 'recover' }, { do: 'repair' });
    case 'received':
      if (holder && journal.supersededBy === holder.versionId) {
        return found('superseded', { do: 'store' }, { do: 'open' });
      }
      // The swap took effect, or an operator stored a version: until a log-in tells, AWSCURRENT is not called dead.
      if (holder?.credential && !holderDead && holder.versionId !== journal.oldVersion) {
        return found('not-confirmed', { do: 'recover' }, { do: 'open' }, { do: 'store' });
      }
      if (state.trouble?.kind === 'unusable-password') return found('unusable-password', { do: 'store' });
      if (state.trouble?.kind === 'not-stored')
        return found('not-stored', { do: 'recover' }, { do: 'repair' }, { do: 'open' }, { do: 'store' });
      return found('received', { do: 'recover' }, { do: 'repair' }, { do: 'open' }, { do: 'store' });
    case 'unknown': {
      const settlesAt = journal.startedAt + SETTLING_MS;
      const wait: Next[] = now < settlesAt ? [{ do: 'wait', until: settlesAt }] : [];
      const [first = { do: 'recover' as const }, ...others] = [
        ...(journal.envelope === undefined ? [] : [{ do: 'open' as const }]),
        ...wait,
        { do: 'recover' as const },
        { do: 'store' as const },
      ];
      return found('unknown', first, ...others);
    }
    case 'lost':
      if (holder?.credential && holder.versionId !== journal.oldVersion && !holderDead) return undefined;
      return journal.envelope === undefined
        ? found('lost', { do: 'store' }, { do: 'open' })
        : found('lost-unread', { do: 'open' }, { do: 'store' });
    case 'committed':
    case 'idle':
      return undefined;
  }
}

/** The verdict on the version that AWSCURRENT is on. */
function stored({ state, holder, holderDead, mayNot, keyMissing }: Sight): Verdict | undefined {
  const { journal, lastGood, trouble } = state;
  if (!holder) return undefined;
  if (holderDead) {
    const tried = trouble?.kind === 'stored-password-refused';
    const other =
      (lastGood !== undefined && lastGood.versionId !== holder.versionId) || state.orphanItems.length > 0;
    if (other && !tried) return found('current-dead', { do: 'recover' }, { do: 'store' });
    return found('current-dead', { do: 'store' }, { do: 'recover' });
  }
  const refusal = mayNot?.rotation;
  if (refusal instanceof RefusedPasswordError) {
    return refusal.retryAt === undefined
      ? found('current-refused', { do: 'store' })
      : found('current-refused', { do: 'wait', until: refusal.retryAt }, { do: 'trial' }, { do: 'store' });
  }
  if (refusal?.retryAt !== undefined) return found('log-ins-wait', { do: 'wait', until: refusal.retryAt });
  if (keyMissing) return found('key-missing', { do: 'store-key' }, { do: 'rotate' });
  if (journal.state === 'lost') return found('lost-restored', { do: 'recover' });
  return undefined;
}

/** The verdict on a trouble on record that no check above explains. */
function ofTrouble({ state: { trouble } }: Sight): Verdict | undefined {
  switch (trouble?.kind) {
    case undefined:
    case 'held':
      return undefined;
    case 'unreadable-envelope':
      return found('unreadable-envelope', { do: 'repair' }, { do: 'recover' });
    case 'rotation-failing':
      return found('rotation-failing', { do: 'rotate' }, { do: 'repair' });
    case 'username-changed':
      return found('username-changed', { do: 'rotate' }, { do: 'adopt' }, { do: 'store-username' });
    default:
      return found('trouble-perhaps-over', { do: 'recover' }, { do: 'store' });
  }
}

/** The verdict on the surroundings of a credential whose password is as it should be. */
function around({
  closedUntil,
  state,
  now,
  holder,
  unseen,
  facts,
  budgets,
  pending,
  heldBy,
  wasHeld,
}: Sight): Verdict | undefined {
  if (unseen !== undefined || !holder) return found('current-unseen', { do: 'repair' });
  if (!facts) return found('schedule-unseen', { do: 'repair' });
  if (!facts.rotationEnabled) return found('rotation-off', { do: 'repair' });
  if (holder.credential && bytesTooMany(holder.value) > 0) return found('no-room', { do: 'repair' });
  if (pending === 'with a value') return found('pending-stuck', { do: 'recover' });
  if (state.journal.state === 'committed') return found('committed', { do: 'rotate' });
  const pause = pauseInForce(state, now);
  if (pause) return found('paused', { do: 'wait', until: pause.until }, { do: 'resume' });
  if (closedUntil !== undefined && (state.owed || pending === 'without a value')) {
    return found('closed', { do: 'wait', until: closedUntil }, { do: 'resume' });
  }
  if (heldBy && (wasHeld || pending === 'without a value')) {
    const { secretArn } = heldBy;
    return found('held', { do: 'settle-holder', secretArn }, { do: 'release', secretArn });
  }
  if (wasHeld || state.trouble?.kind === 'held') {
    return found('held-before', { do: 'rotate-held' }, { do: 'rotate' });
  }
  if (pending === 'without a value' || state.owed) return found('rotation-pending', { do: 'rotate' });
  if (state.orphanItems.length > 0) return found('answer-kept', { do: 'recover' });
  if (state.lastGood?.versionId !== holder.versionId)
    return found('unproven', { do: 'trial' }, { do: 'rotate' });
  if (facts.nextRotationAt !== undefined && facts.nextRotationAt < now - 2 * DAY_MS) {
    return found('overdue', { do: 'rotate' });
  }
  if (state.outbox.length > 0) return found('alarms-wait', { do: 'recover' });
  if (!budgets) return found('limits-unknown', { do: 'repair' });
  return undefined;
}
