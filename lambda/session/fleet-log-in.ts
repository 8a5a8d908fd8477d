import type { StoredCredential } from '../ledger/guarded-log-in.ts';
import { credentialKey } from '../ledger/state.ts';
import type { MaybeApiKey } from '../thingspace/api.ts';
import { whileAway } from './aws-away.ts';
import { type LogInResult, logIn } from './log-in.ts';
import { LEASE_MS, LOG_IN_MS, opened, RENEW_MS, RENEWED_FOR_MS, released, renewed } from './session-item.ts';
import { CHANGE_MS, changeItem, type Place, type SessionStore } from './session-store.ts';
import { keyOf, type OpenSession, type SourceParts, tellStopped } from './source.ts';
import type { Stop } from './stop.ts';
import type { ItemOf } from './thingspace.ts';
import type { TokenSealer } from './token-sealer.ts';

export type FleetParts = SourceParts & {
  store: SessionStore;
  sealer: TokenSealer;
  itemOf: ItemOf;
  /** Where the settings name the username: the place of its sessions is known before the secret is read. */
  byName?: { place: Place; secretId: string } | undefined;
  /** Two log-ins of the fleet at most are made in this time, where programs say that a session is gone. @default 0 */
  pairMs?: number | undefined;
};

/** The owner of a session: the secret with the application's key in it, and the place of the fleet's item. */
export type Subject = Place & { secretArn: string; key: MaybeApiKey };

/** Returns the owner of the sessions that a credential opens. */
export const subjectOf = ({ itemOf }: FleetParts, found: StoredCredential): Subject => ({
  secretArn: found.secretArn,
  credential: credentialKey(found.username),
  item: itemOf(found),
  key: keyOf(found),
});

/**
 * The right to log in for the fleet, as `ask` gave it: sessions up to `gone` are known to be gone, and `after` was the
 * last generation. `askedAtMs` is the time of the process's clock before it asked.
 */
export type Lease = { owner: string; gone: number; after: number; askedAtMs: number };

const GIVE_BACK_MS = 3_000;

/**
 * Logs in under the lease, which it renews meanwhile, and publishes the session to the fleet. The lease is given back in
 * any case, as long as the process lives.
 * @throws SessionError, AwsCallError, LedgerUnavailableError
 */
export async function logInForFleet(
  fleet: FleetParts,
  subject: Subject,
  lease: Lease,
): Promise<OpenSession | { stop: Stop }> {
  const { clock, sealer, onEvent } = fleet;
  const { secretArn } = subject;
  const startedAtMs = clock.nowMs();
  const kept = keepLease(fleet, subject, lease);
  try {
    // Sealing works before anything is presented: a session that cannot be shared would cost each process one.
    await sealer.seal('sealing works', secretArn);
    const result = await logIn(fleet.logIn, startedAtMs + LOG_IN_MS, (found) => {
      const ofSecret = subjectOf(fleet, found);
      const members = ['credential', 'item', 'secretArn'] as const;
      if (members.some((member) => ofSecret[member] !== subject[member])) return OTHER_USERNAME;
      return kept.mayBeOver() ? othersLogIn() : undefined;
    });
    if ('stop' in result) {
      tellStopped(onEvent, result.stop);
      await giveBack(fleet, subject, lease.owner, result.stop);
      return result;
    }
    const opened = await publish(fleet, subject, lease, result, startedAtMs);
    if (opened === undefined) return { stop: othersLogIn() };
    const { versionId } = result.credential;
    onEvent({
      kind: 'logged-in',
      generation: opened.generation,
      versionId,
      tookMs: clock.nowMs() - startedAtMs,
    });
    return opened;
  } catch (failure) {
    await giveBack(fleet, subject, lease.owner, undefined);
    throw failure;
  } finally {
    kept.end();
  }
}

/** Renews the lease every few seconds, until the log-in has ended. A renewal that fails is tried again. */
function keepLease(fleet: FleetParts, subject: Subject, { owner, askedAtMs }: Lease) {
  const { clock } = fleet;
  const ended = new AbortController();
  let isLost = false;
  let sinceMs = askedAtMs;

  async function renew(): Promise<void> {
    const atMs = clock.nowMs();
    const isOwner = await changeItem(fleet, subject, (state, now) => renewed(state, owner, now), {
      forMs: RENEW_MS,
    });
    if (isOwner) sinceMs = atMs;
    else isLost = true;
  }

  void (async () => {
    while (clock.nowMs() - askedAtMs < RENEWED_FOR_MS) {
      await clock.sleep(RENEW_MS, ended.signal);
      if (ended.signal.aborted) return;
      await renew().catch(() => undefined);
    }
  })();
  return {
    /** Reports whether another process may log in by now: this one was suspended, or could not renew the lease. */
    mayBeOver: () => isLost || clock.nowMs() - sinceMs >= LEASE_MS,
    end: () => ended.abort(),
  };
}

/** Publishes an open session: a failure would cost a log-in, so an AWS service that is away is waited for. */
async function publish(
  fleet: FleetParts,
  subject: Subject,
  { owner, gone, after }: Lease,
  { token, credential }: Extract<LogInResult, { token: string }>,
  startedAtMs: number,
): Promise<OpenSession | undefined> {
  const { clock, sealer } = fleet;
  const { secretArn } = subject;
  const { versionId } = credential;
  const untilMs = Math.max(startedAtMs + LOG_IN_MS, clock.nowMs() + CHANGE_MS);
  const sealed = await whileAway(clock, untilMs, () => sealer.seal(token, secretArn));
  const idleMs = Math.ceil(clock.nowMs() - startedAtMs);
  const session = { sealed, secretArn, versionId, gone, after, ageMs: idleMs };
  const generation = await changeItem(fleet, subject, (state, now) => opened(state, owner, session, now), {
    forMs: untilMs - clock.nowMs(),
  });
  return generation === undefined ? undefined : { token, generation, idleMs, key: keyOf(credential) };
}

export const othersLogIn = (until?: number): Stop => ({
  why: 'others',
  message: 'another process of the fleet is logging in.',
  retryAt: until,
});

const OTHER_USERNAME: Stop = {
  why: 'others',
  message: 'the secret holds another username or application key now.',
};

/** Never throws: a lease that cannot be given back ends by itself. */
async function giveBack(
  fleet: FleetParts,
  subject: Subject,
  owner: string,
  stop: Stop | undefined,
): Promise<void> {
  const forAll = stop && concernsAll(stop) ? stop : undefined;
  await changeItem(fleet, subject, (state, now) => released(state, owner, forAll, now), {
    forMs: GIVE_BACK_MS,
  }).catch((failure: Error) =>
    fleet.onEvent({
      kind: 'warning',
      message: `The lease to log in could not be given back (${failure.name}); it ends within ${LEASE_MS / 1000} s`,
    }),
  );
}

/**
 * Reports whether a stop concerns the whole fleet. A network failure or an outdated username concerns this process
 * only.
 */
const concernsAll = ({ why }: Stop): boolean => why !== 'unavailable' && why !== 'others';
