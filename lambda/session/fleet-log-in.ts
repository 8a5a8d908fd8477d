import type { StoredCredential } from '../ledger/guarded-log-in.ts';
import { credentialKey } from '../ledger/state.ts';
import type { MaybeApiKey } from '../thingspace/api.ts';
import { changeItem } from './change-item.ts';
import { logIn } from './log-in.ts';
import { LEASE_MS, LOG_IN_MS, opened, released, type SessionItem } from './session-item.ts';
import type { Place, SessionStore } from './session-store.ts';
import { keyOf, type OpenSession, type SourceParts, tellStopped } from './source.ts';
import type { Stop } from './stop.ts';
import type { ItemOf } from './thingspace.ts';
import type { TokenSealer } from './token-sealer.ts';

export type FleetParts = SourceParts & { store: SessionStore; sealer: TokenSealer; itemOf: ItemOf };

/** The owner of a session: the secret with the application's key in it, and the place of the fleet's item. */
export type Subject = Place & { secretArn: string; key: MaybeApiKey };

/** Returns the owner of the sessions that a credential opens. */
export const subjectOf = ({ itemOf }: FleetParts, found: StoredCredential): Subject => ({
  secretArn: found.secretArn,
  credential: credentialKey(found.username),
  item: itemOf(found),
  key: keyOf(found),
});

/** The right to log in for the fleet, as `ask` gave it; sessions up to `gone` are known to be gone. */
export type Lease = { owner: string; gone: number };

const CHANGE_MS = 10_000;
const GIVE_BACK_MS = 3_000;

/**
 * Logs in under the lease and publishes the session to the fleet. The lease is given back in any case, as long as the
 * process lives.
 * @throws SessionError, AwsCallError, LedgerUnavailableError
 */
export async function logInForFleet(
  fleet: FleetParts,
  subject: Subject,
  { owner, gone }: Lease,
): Promise<OpenSession | { stop: Stop }> {
  const { clock, sealer, onEvent } = fleet;
  const { secretArn } = subject;
  const startedAtMs = clock.nowMs();
  try {
    // Sealing works before anything is presented: a session that cannot be shared would cost each process one.
    await sealer.seal('sealing works', secretArn);
    const result = await logIn(fleet.logIn, startedAtMs + LOG_IN_MS, (found) =>
      isOf(subject, subjectOf(fleet, found)) ? undefined : OTHER_USERNAME,
    );
    if ('stop' in result) {
      tellStopped(onEvent, result.stop);
      await giveBack(fleet, subject, owner, result.stop);
      return result;
    }
    const { token, credential } = result;
    const { versionId } = credential;
    const sealed = await sealer.seal(token, secretArn);
    const generation = await changeSession(fleet, subject, (state, now) =>
      opened(state, owner, { sealed, secretArn, versionId, gone }, now),
    );
    if (generation === undefined) return { stop: othersLogIn() };
    onEvent({ kind: 'logged-in', generation, versionId, tookMs: clock.nowMs() - startedAtMs });
    return { token, generation, idleMs: 0, key: keyOf(credential) };
  } catch (failure) {
    await giveBack(fleet, subject, owner, undefined);
    throw failure;
  }
}

/** Applies a pure change to the fleet's item of that username. */
export function changeSession<T>(
  fleet: FleetParts,
  subject: Subject,
  apply: (state: SessionItem, now: number) => T,
  forMs = CHANGE_MS,
): Promise<T> {
  return changeItem(fleet, subject, fleet.clock.nowMs() + forMs, apply);
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

const isOf = (subject: Subject, found: Subject): boolean =>
  (['credential', 'item', 'secretArn'] as const).every((member) => found[member] === subject[member]);

/** Never throws: a lease that cannot be given back ends by itself. */
async function giveBack(
  fleet: FleetParts,
  subject: Subject,
  owner: string,
  stop: Stop | undefined,
): Promise<void> {
  const forAll = stop && concernsAll(stop) ? stop : undefined;
  await changeSession(
    fleet,
    subject,
    (state, now) => released(state, owner, forAll, now),
    GIVE_BACK_MS,
  ).catch((failure: Error) =>
    fleet.onEvent({
      kind: 'warning',
      message: `The lease to log in could not be given back (${failure.name}); it ends in ${LEASE_MS / 1000} s`,
    }),
  );
}

/**
 * Reports whether a stop concerns the whole fleet. A network failure or an outdated username concerns this process
 * only.
 */
const concernsAll = ({ why }: Stop): boolean => why !== 'unavailable' && why !== 'others';
