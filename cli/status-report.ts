import type { LockoutGuardError } from '../lambda/ledger/errors.ts';
import { pauseInForce } from '../lambda/ledger/pause.ts';
import { exposure, hasRetryLeft, type Journal } from '../lambda/ledger/state.ts';
import { LEASE_MS, leaseLives, RETRY_ONCE_MS, SETTLING_MS, WAITS_MS } from '../lambda/ledger/times.ts';
import { bytesTooMany } from '../lambda/secret/credential.ts';
import { endsHint } from '../lambda/secret/password-ends.ts';
import { type FindingName, findings } from '../lambda/situations/all.ts';
import type { Wellness } from '../lambda/situations/situation.ts';
import { type Do, withoutSteps } from '../lambda/situations/steps.ts';
import { commandFor } from './next-words.ts';
import type { Sight } from './sight.ts';
import { verdictOn } from './verdict.ts';

/** Where a credential stands, without secrets and without hashes of them. Times are ISO 8601, UTC. */
export type StatusReport = {
  verdict: { finding: FindingName; wellness: Wellness; means: string };
  next: { do: Do; until?: string; secretArn?: string; command?: string }[];
  /** The exchange of another credential for which this one's rotation waits. */
  heldBy?: { username: string; secretArn: string; why: string; since: string };
  /** While the service's calendar keeps rotations from beginning: until when; `owed`: one came due since and waits. */
  calendar?: { until: string; owed: boolean };
  /** The pause that keeps rotations from beginning now; `owed`: one came due since and waits. */
  pause?: { since: string; until: string; actor: string; reason: string; owed: boolean };
  credential: string;
  username: string;
  at: string;
  secretArn?: string;
  lockout: {
    exposure: number;
    /** Absent where the function's configuration could not be read. */
    limit?: number;
    budget?: number;
    rotationBudget?: number;
    failed: number;
    inFlight: { actor: string; purpose: string; versionId: string; reservedAt: string; countsAt: string }[];
    /** Before this time only an operator's `trial` presents a password. */
    waitsUntil?: string;
  };
  refusedVersions: { versionId: string; at: string; replaced: boolean; onceMoreAfter?: string }[];
  journal: {
    state: Journal['state'] | 'died';
    rotation?: string;
    startedAt?: string;
    settlesAt?: string;
    sealedAnswer: boolean;
  };
  /** Sealed answers of earlier rotations that were set aside since the last log-in that worked. */
  setAside: number;
  trouble?: { kind: string; since: string; errorName?: string; failures: number };
  waitingAlarms: { event: string; at: string }[];
  current?: {
    versionId: string;
    storedAt: string;
    /** `unknown`: a password change is not settled. */
    works: 'proven' | 'unproven' | 'unknown' | 'no';
    /** The last log-in with it that worked. */
    provenAt?: string;
    /** Why no credential can be read from it, or a flaw of its password that a reader may not see. */
    remark?: string;
    /** Whether a log-in that the ledger counts may use it now. */
    mayLogIn?: Record<'rotation' | 'app' | 'trial', MayLogIn>;
  };
  rotation?: { enabled: boolean; lastAt?: string; nextAt?: string };
  /** The function's last ones within a day, of whichever credential; only where an operator must act. */
  lastErrors?: { errorName: string; message: string }[];
};

export type MayLogIn = { may: true } | { may: false; errorName: string; why: string; retryAt?: string };

const iso = (ms: number): string => new Date(ms).toISOString();

export function reportOn(sight: Sight): StatusReport {
  const { state, now, budgets, facts, secretArn } = sight;
  const verdict = verdictOn(sight);
  const { wellness, means } = findings[verdict.finding];
  const waitsUntil =
    state.unknowns === 0 ? 0 : state.lastUnknownAt + (state.unknowns === 1 ? WAITS_MS[0] : WAITS_MS[1]);
  return {
    verdict: { finding: verdict.finding, wellness, means },
    next: verdict.next.map((step) => {
      const command = commandFor(step, secretArn, sight.username);
      return {
        do: step.do,
        ...(step.until === undefined ? {} : { until: iso(step.until) }),
        ...(step.secretArn === undefined ? {} : { secretArn: step.secretArn }),
        ...(command === undefined ? {} : { command }),
      };
    }),
    ...heldByOf(sight),
    ...pauseOf(sight),
    ...(sight.closedUntil === undefined
      ? {}
      : { calendar: { until: iso(sight.closedUntil), owed: state.owed !== undefined } }),
    credential: state.credential,
    username: sight.username ?? '',
    at: iso(now),
    ...(secretArn === undefined ? {} : { secretArn }),
    lockout: {
      exposure: exposure(state),
      ...(budgets && { limit: budgets.limit, budget: budgets.budget, rotationBudget: budgets.rotation }),
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
    refusedVersions: Object.entries(state.refused).map(([id, refusal]) => ({
      // `<version id>:<hash>`: the hash stays here.
      versionId: id.slice(0, id.lastIndexOf(':')),
      at: iso(refusal.at),
      replaced: refusal.replaced ?? false,
      ...(hasRetryLeft(refusal) ? { onceMoreAfter: iso(refusal.at + RETRY_ONCE_MS) } : {}),
    })),
    journal: journalOf(state.journal, now),
    setAside: Object.keys(state.setAside).length + state.orphanItems.length,
    ...(state.trouble && {
      trouble: {
        kind: state.trouble.kind,
        since: iso(state.trouble.since),
        ...(state.trouble.errorName === undefined ? {} : { errorName: state.trouble.errorName }),
        failures: state.trouble.failures,
      },
    }),
    waitingAlarms: state.outbox.map(({ event, at }) => ({ event, at: iso(at) })),
    ...currentOf(sight),
    ...(facts && {
      rotation: {
        enabled: facts.rotationEnabled,
        ...(facts.lastRotatedAt === undefined ? {} : { lastAt: iso(facts.lastRotatedAt) }),
        ...(facts.nextRotationAt === undefined ? {} : { nextAt: iso(facts.nextRotationAt) }),
      },
    }),
  };
}

function heldByOf({ heldBy }: Sight): Pick<StatusReport, 'heldBy'> {
  if (!heldBy) return {};
  const { username, secretArn, why, since } = heldBy;
  return { heldBy: { username, secretArn, why, since: iso(since) } };
}

function pauseOf({ state, now, pending }: Sight): Pick<StatusReport, 'pause'> {
  const pause = pauseInForce(state, now);
  if (!pause) return {};
  const { since, until, actor, reason } = pause;
  const owed = state.owed !== undefined || pending === 'without a value';
  return { pause: { since: iso(since), until: iso(until), actor, reason, owed } };
}

function currentOf(sight: Sight): Pick<StatusReport, 'current'> {
  const { holder, holderDead, mayNot, state } = sight;
  if (!holder) return {};
  const { versionId, createdAt } = holder;
  const { journal } = state;
  const replaced = journal.state === 'received' && journal.oldVersion === versionId;
  const perhaps = 'oldVersion' in journal && journal.oldVersion === versionId;
  const lastGood = state.lastGood?.versionId === versionId ? state.lastGood : undefined;
  const remark = remarkOn(sight);
  return {
    current: {
      versionId,
      storedAt: iso(createdAt),
      works: holderDead || replaced ? 'no' : perhaps ? 'unknown' : lastGood ? 'proven' : 'unproven',
      ...(lastGood && { provenAt: iso(lastGood.at) }),
      ...(remark === '' ? {} : { remark }),
      ...(mayNot && {
        mayLogIn: {
          rotation: mayLogIn(mayNot.rotation),
          app: mayLogIn(mayNot.app),
          trial: mayLogIn(mayNot.person),
        },
      }),
    },
  };
}

/** Without the steps: those of the verdict are beside it. */
function mayLogIn(refusal: LockoutGuardError | undefined): MayLogIn {
  if (!refusal) return { may: true };
  const { name, message, retryAt } = refusal;
  const retry = retryAt === undefined ? {} : { retryAt: iso(retryAt) };
  return { may: false, errorName: name, why: withoutSteps(message), ...retry };
}

/** Returns a remark on a flaw of the value that AWSCURRENT is on, which a reader may not see; empty without one. */
function remarkOn({ holder, state }: Sight): string {
  if (!holder) return '';
  if (!holder.credential) return holder.problem.message;
  const tooMany = bytesTooMany(holder.value);
  if (tooMany > 0) {
    return `It has no room for a new password: shorten other members by ${tooMany} bytes, or move them to a secret of their own.`;
  }
  const isProven = state.lastGood?.versionId === holder.versionId;
  return isProven ? '' : endsHint(holder.credential.password).trim();
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
