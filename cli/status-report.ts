import type { Budgets } from '../lambda/ledger/budgets.ts';
import { leaseLives } from '../lambda/ledger/reserve.ts';
import { type CredentialState, exposure, type Journal } from '../lambda/ledger/state.ts';
import { sweep } from '../lambda/ledger/sweep.ts';
import { LEASE_MS, RELEASE_MS, SETTLING_MS, WAITS_MS } from '../lambda/ledger/times.ts';

/** Where a credential stands, without secrets and without hashes of them. Times are ISO 8601, UTC. */
export type StatusReport = {
  credential: string;
  username: string;
  at: string;
  secretArn?: string;
  lockout: {
    exposure: number;
    limit: number;
    budget: number;
    rotationBudget: number;
    failed: number;
    inFlight: { actor: string; purpose: string; versionId: string; reservedAt: string; countsAt: string }[];
    /** Nobody but a person presents anything before. */
    waitsUntil?: string;
  };
  refusedVersions: { versionId: string; at: string; onceMoreAfter?: string }[];
  journal: {
    state: Journal['state'] | 'died';
    rotation?: string;
    startedAt?: string;
    settlesAt?: string;
    sealedAnswer: boolean;
  };
  /** Sealed answers of earlier rotations that were set aside since the last log-in that worked. */
  setAside: number;
  waitingAlarms: { event: string; at: string }[];
  /** Whether AWSCURRENT may be presented now: `yes`, or why not. */
  current?: { versionId: string; rotation: string; app: string; trial: string };
};

const iso = (ms: number): string => new Date(ms).toISOString();

export function reportOn(stored: CredentialState, budgets: Budgets, now: number): StatusReport {
  const state = structuredClone(stored);
  sweep(state, budgets, now);
  const waitsUntil =
    state.unknowns === 0 ? 0 : state.lastUnknownAt + (state.unknowns === 1 ? WAITS_MS[0] : WAITS_MS[1]);
  return {
    credential: state.credential,
    username: state.credential,
    at: iso(now),
    ...(state.secretArn === undefined ? {} : { secretArn: state.secretArn }),
    lockout: {
      exposure: exposure(state),
      limit: budgets.limit,
      budget: budgets.budget,
      rotationBudget: budgets.rotation,
      failed: state.failed,
      inFlight: Object.values(state.inFlight).map(({ actor, purpose, versionId, reservedAt }) => ({
        actor,
        purpose,
        versionId,
        reservedAt: iso(reservedAt),
        countsAt: iso(reservedAt + SETTLING_MS),
      })),
      ...(waitsUntil > now ? { waitsUntil: iso(waitsUntil) } : {}),
    },
    refusedVersions: Object.entries(state.refused).map(([id, { at, releasable, released }]) => ({
      // `<version id>:<hash>`: the hash stays here.
      versionId: id.slice(0, id.lastIndexOf(':')),
      at: iso(at),
      ...(releasable && !released ? { onceMoreAfter: iso(at + RELEASE_MS) } : {}),
    })),
    journal: journalOf(state.journal, now),
    setAside: Object.keys(state.setAside).length + state.orphanItems.length,
    waitingAlarms: stored.outbox.map(({ event, at }) => ({ event, at: iso(at) })),
  };
}

function journalOf(journal: Journal, now: number): StatusReport['journal'] {
  if (journal.state === 'idle') {
    const last = journal.lastToken === undefined ? {} : { rotation: journal.lastToken };
    return { state: 'idle', sealedAnswer: false, ...last };
  }
  const { token, startedAt } = journal;
  const died = journal.state === 'exchanging' && !leaseLives(startedAt, now);
  const settlesAt =
    journal.state === 'exchanging'
      ? startedAt + LEASE_MS
      : journal.state === 'unknown' && startedAt + SETTLING_MS;
  return {
    state: died ? 'died' : journal.state,
    rotation: token,
    startedAt: iso(startedAt),
    ...(settlesAt === false ? {} : { settlesAt: iso(settlesAt) }),
    sealedAnswer: 'envelope' in journal && journal.envelope !== undefined,
  };
}
