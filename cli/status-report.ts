import type * as v from 'valibot';
import type { LockoutGuardError } from '../lambda/ledger/errors.ts';
import { pauseInForce } from '../lambda/ledger/pause.ts';
import { exposure, hasRetryLeft, type Journal } from '../lambda/ledger/state.ts';
import { LEASE_MS, leaseLives, RETRY_ONCE_MS, SETTLING_MS, WAITS_MS } from '../lambda/ledger/times.ts';
import { bytesTooMany } from '../lambda/secret/credential.ts';
import { endsHint } from '../lambda/secret/password-ends.ts';
import { findings } from '../lambda/situations/all.ts';
import { withoutSteps } from '../lambda/situations/steps.ts';
import type { documents } from './documents.ts';
import { commandFor } from './next-words.ts';
import type { Sight } from './sight.ts';
import { iso, isoOrNone } from './times.ts';
import { verdictOn } from './verdict.ts';

/** Where a credential stands, without secrets and without hashes of them. */
export type StatusReport = v.InferOutput<(typeof documents)['status']>;
type MayLogIn = NonNullable<NonNullable<StatusReport['current']>['mayLogIn']>['rotation'];

export function reportOn(sight: Sight): StatusReport {
  const { state, now, facts, secretArn } = sight;
  const verdict = verdictOn(sight);
  const { wellness, means } = findings[verdict.finding];
  return {
    verdict: { finding: verdict.finding, wellness, means },
    next: verdict.next.map((step) => ({
      do: step.do,
      until: isoOrNone(step.until),
      secretArn: step.secretArn,
      command: commandFor(step, secretArn, sight.username),
    })),
    heldBy: heldByOf(sight),
    pause: pauseOf(sight),
    calendar:
      sight.closedUntil === undefined
        ? undefined
        : { until: iso(sight.closedUntil), owed: state.owed !== undefined },
    credential: state.credential,
    username: sight.username ?? '',
    at: iso(now),
    secretArn,
    lockout: lockoutOf(sight),
    refusedVersions: Object.entries(state.refused).map(([id, refusal]) => ({
      // `<version id>:<hash>`: the hash stays here.
      versionId: id.slice(0, id.lastIndexOf(':')),
      at: iso(refusal.at),
      replaced: refusal.replaced ?? false,
      onceMoreAfter: hasRetryLeft(refusal) ? iso(refusal.at + RETRY_ONCE_MS) : undefined,
    })),
    journal: journalOf(state.journal, now),
    setAside: Object.keys(state.setAside).length + state.orphanItems.length,
    trouble: state.trouble && {
      kind: state.trouble.kind,
      since: iso(state.trouble.since),
      errorName: state.trouble.errorName,
      failures: state.trouble.failures,
    },
    waitingAlarms: state.outbox.map(({ event, at }) => ({ event, at: iso(at) })),
    current: currentOf(sight),
    rotation: facts && {
      enabled: facts.rotationEnabled,
      lastAt: isoOrNone(facts.lastRotatedAt),
      nextAt: isoOrNone(facts.nextRotationAt),
    },
  };
}

function lockoutOf({ state, now, budgets }: Sight): StatusReport['lockout'] {
  const waitsUntil =
    state.unknowns === 0 ? 0 : state.lastUnknownAt + (state.unknowns === 1 ? WAITS_MS[0] : WAITS_MS[1]);
  return {
    exposure: exposure(state),
    limit: budgets?.limit,
    budget: budgets?.budget,
    rotationBudget: budgets?.rotation,
    failed: state.failed,
    inFlight: Object.values(state.inFlight).map(({ actor, purpose, versionId, reservedAt }) => ({
      actor,
      purpose,
      versionId,
      reservedAt: iso(reservedAt),
      countsAt: iso(reservedAt + SETTLING_MS),
    })),
    waitsUntil: waitsUntil > now ? iso(waitsUntil) : undefined,
  };
}

function heldByOf({ heldBy }: Sight): StatusReport['heldBy'] {
  if (!heldBy) return undefined;
  const { username, secretArn, why, since } = heldBy;
  return { username, secretArn, why, since: iso(since) };
}

function pauseOf({ state, now, pending }: Sight): StatusReport['pause'] {
  const pause = pauseInForce(state, now);
  if (!pause) return undefined;
  const { since, until, actor, reason } = pause;
  const owed = state.owed !== undefined || pending === 'without a value';
  return { since: iso(since), until: iso(until), actor, reason, owed };
}

function currentOf(sight: Sight): StatusReport['current'] {
  const { holder, holderDead, mayNot, state } = sight;
  if (!holder) return undefined;
  const { versionId, createdAt } = holder;
  const { journal } = state;
  const replaced = journal.state === 'received' && journal.oldVersion === versionId;
  const perhaps = 'oldVersion' in journal && journal.oldVersion === versionId;
  const lastGood = state.lastGood?.versionId === versionId ? state.lastGood : undefined;
  return {
    versionId,
    storedAt: iso(createdAt),
    works: holderDead || replaced ? 'no' : perhaps ? 'unknown' : lastGood ? 'proven' : 'unproven',
    provenAt: isoOrNone(lastGood?.at),
    remark: remarkOn(sight) || undefined,
    mayLogIn: mayNot && {
      rotation: mayLogIn(mayNot.rotation),
      app: mayLogIn(mayNot.app),
      trial: mayLogIn(mayNot.person),
    },
  };
}

/** Without the steps: those of the verdict are beside it. */
function mayLogIn(refusal: LockoutGuardError | undefined): MayLogIn {
  if (!refusal) return { may: true };
  const { name, message, retryAt } = refusal;
  return { may: false, errorName: name, why: withoutSteps(message), retryAt: isoOrNone(retryAt) };
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

/** How long an exchange of this state may still be under way. */
const WAITS_OF: Partial<Record<Journal['state'], number>> = { exchanging: LEASE_MS, unknown: SETTLING_MS };

function journalOf(journal: Journal, now: number): StatusReport['journal'] {
  if (journal.state === 'idle') return { state: 'idle', rotation: journal.lastToken, sealedAnswer: false };
  const { token, startedAt } = journal;
  const died = journal.state === 'exchanging' && !leaseLives(startedAt, now);
  const waitsMs = WAITS_OF[journal.state];
  return {
    state: died ? 'died' : journal.state,
    rotation: token,
    startedAt: iso(startedAt),
    settlesAt: waitsMs === undefined ? undefined : iso(startedAt + waitsMs),
    sealedAnswer: 'envelope' in journal && journal.envelope !== undefined,
  };
}
