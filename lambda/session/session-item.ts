import * as v from 'valibot';
import { SessionSetupError } from './errors.ts';
import { needsOtherVersion, type Stop } from './stop.ts';

/**
 * The fleet's session: an item per username and kind of session (`thingspace.ts` names it), beside the ledger's. It is read whole, changed by a pure function
 * and written back on the condition that its `revision` is the one read. Times are milliseconds since 1970 by
 * DynamoDB's clock.
 */
const item = v.looseObject({
  schema: v.number(),
  revision: v.number(),
  /** Counts log-ins; 0: there was none yet. */
  generation: v.number(),
  /** Sessions up to this generation are gone, for every process. */
  goneUpTo: v.number(),
  /** The token under KMS, in base64. */
  sealed: v.optional(v.string()),
  /** The secret and its version that the session was opened with. */
  secretArn: v.optional(v.string()),
  versionId: v.optional(v.string()),
  openedAt: v.number(),
  /** The time when the session before it was opened. */
  openedBeforeAt: v.optional(v.number()),
  /** The lease owner that opened it: a writer that lost its answer recognizes its own write by it. */
  openedBy: v.optional(v.string()),
  /** Coarse: at most `COARSE_MS` older than the true last use. */
  lastUsedAt: v.number(),
  /** When a program was last told that the gateway refused the bearer: each process then asks for another one. */
  bearerRefusedAt: v.optional(v.number()),
  /** The process that logs in for the fleet, and the time until which no other process does. */
  lease: v.optional(v.object({ owner: v.string(), until: v.number() })),
  /** The result of the last log-in, if it opened no session. */
  stop: v.optional(
    v.object({
      why: v.picklist(['refused', 'person', 'exchange', 'others', 'waits', 'unavailable']),
      message: v.string(),
      versionId: v.optional(v.string()),
      retryAt: v.optional(v.number()),
      setup: v.optional(v.boolean()),
      /** No log-in is allowed before `retryAt`. */
      notBefore: v.optional(v.boolean()),
      at: v.number(),
    }),
  ),
});
export type SessionItem = v.InferOutput<typeof item>;

const SCHEMA = 1;
const MINUTE_MS = 60_000;
/** ThingSpace ends a session after 20 idle minutes (docs/thingspace-api.md); it is used no longer than this. */
export const IDLE_LIMIT_MS = 18 * MINUTE_MS;
/** How old the noted last use may get before it is written again. */
export const COARSE_MS = 5 * MINUTE_MS;
/** How long a log-in and the calls around it may take. */
export const LOG_IN_MS = 55_000;
/**
 * How long a lease lasts unless its owner renews it. If the owner dies, the fleet waits this long: shorter than a
 * caller's patience. The ledger allows for a second log-in beside that of an owner that was only suspended.
 */
export const LEASE_MS = 10_000;
/** How often the owner renews its lease: two renewals may fail. */
export const RENEW_MS = 3_000;
/** Longer than a log-in can take. A process that hangs in a call does not keep the others waiting for ever. */
export const RENEWED_FOR_MS = 75_000;
/** How long the fleet relies on the result of a log-in before a process asks again. */
const PASSES_WITHIN_MS = 2_000;
const LASTS_MS = MINUTE_MS;
/** The same for a key or an address that is wrong: failed token requests may lock the key. */
const SETUP_LASTS_MS = 30 * MINUTE_MS;

export function newItem(): SessionItem {
  return {
    schema: SCHEMA,
    revision: 0,
    generation: 0,
    goneUpTo: 0,
    openedAt: 0,
    lastUsedAt: 0,
  };
}

/** @throws SessionSetupError when the item cannot be understood */
export function decodeItem(
  place: { credential: string; item: string },
  stored: Record<string, unknown>,
): SessionItem {
  const read = v.safeParse(item, { ...newItem(), ...stored });
  if (read.success && read.output.schema <= SCHEMA) return read.output;
  throw new SessionSetupError(
    `The item \`${place.item}\` of ${place.credential} in the ledger's table cannot be read by this version of the client. Update the client, ` +
      'or delete that item: it costs one log-in.',
  );
}

export type Asking = {
  /** This request for a session; a lease is taken in its name. */
  owner: string;
  /** The asker knows that sessions up to this generation are gone. */
  gone: number;
  secretArn: string;
  /** The version on AWSCURRENT, where the asker has just looked. */
  current?: string | undefined;
  /** Two log-ins at most are made in this time: a session that is gone earlier is replaced at its end. */
  pairMs?: number | undefined;
};

export type Answer =
  | { kind: 'use'; generation: number; sealed: string; idleMs: number; bearerRefusedAt?: number | undefined }
  /** The lease was taken; `after` is the generation at that time. */
  | { kind: 'log-in'; after: number; bearerRefusedAt?: number | undefined }
  | { kind: 'others'; until: number }
  | { kind: 'stopped'; stop: Stop };

/** Returns the fleet's session, or the lease to open one, or the reason why neither. */
export function ask(
  state: SessionItem,
  { owner, gone, secretArn, current, pairMs = 0 }: Asking,
  now: number,
): Answer {
  // Only a session that was opened can be gone: an item that was deleted begins anew.
  state.goneUpTo = Math.max(state.goneUpTo, Math.min(gone, state.generation));
  const { sealed, generation, lease, stop, bearerRefusedAt } = state;
  if (sealed !== undefined && state.secretArn === secretArn && usable(state, gone, now)) {
    return { kind: 'use', generation, sealed, idleMs: now - state.lastUsedAt, bearerRefusedAt };
  }
  if (lease && lease.owner !== owner && now < lease.until) return { kind: 'others', until: lease.until };
  if (stop && standsStill(stop, current, now)) return { kind: 'stopped', stop: stopAt(stop, now) };
  const nextAt = (state.openedBeforeAt ?? 0) + pairMs;
  if (now < nextAt) {
    const waits = { retryAt: nextAt, waitMs: nextAt - now };
    return { kind: 'stopped', stop: { why: 'waits', message: TOO_SOON, ...waits } };
  }
  state.lease = { owner, until: now + LEASE_MS };
  return { kind: 'log-in', after: generation, bearerRefusedAt };
}

/** Returns the fleet's session as `ask` does, for a process that changes nothing. */
export function look(
  state: SessionItem,
  gone: number,
  now: number,
): (Extract<Answer, { kind: 'use' }> & { secretArn: string }) | undefined {
  const { sealed, secretArn, generation } = state;
  if (sealed === undefined || secretArn === undefined || !usable(state, gone, now)) return undefined;
  return { kind: 'use', generation, sealed, secretArn, idleMs: now - state.lastUsedAt };
}

/** Extends the owner's lease; reports whether it still had it. */
export function renewed(state: SessionItem, owner: string, now: number): boolean {
  if (state.lease?.owner !== owner) return false;
  state.lease = { owner, until: now + LEASE_MS };
  return true;
}

type StoredStop = NonNullable<SessionItem['stop']>;

function stopAt({ notBefore, at: _at, ...stop }: StoredStop, now: number): Stop {
  return notBefore && stop.retryAt !== undefined ? { ...stop, waitMs: stop.retryAt - now } : stop;
}

const TOO_SOON = 'the last two log-ins were a moment ago, and each one may end the sessions of others.';

const usable = (state: SessionItem, gone: number, now: number): boolean =>
  state.generation > Math.max(state.goneUpTo, gone) && now - state.lastUsedAt < IDLE_LIMIT_MS;

function standsStill(stop: StoredStop, current: string | undefined, now: number): boolean {
  if (stop.retryAt !== undefined && now >= stop.retryAt) return false;
  if (!needsOtherVersion(stop)) return now < stop.at + PASSES_WITHIN_MS;
  const lastsMs = stop.setup ? SETUP_LASTS_MS : LASTS_MS;
  return now < stop.at + lastsMs && (current === undefined || current === stop.versionId);
}

export type Opened = {
  sealed: string;
  secretArn: string;
  versionId: string;
  gone: number;
  /** The generation when the lease was taken. */
  after: number;
  /** The longest time since ThingSpace opened it: its process may have been suspended. */
  ageMs: number;
};

/**
 * Publishes a session that the lease's owner opened. An owner that was suspended until its lease was over still
 * publishes, unless another process has opened a session since.
 * @returns its generation; undefined when the session is not shared
 */
export function opened(
  state: SessionItem,
  owner: string,
  { gone, after, ageMs, ...session }: Opened,
  now: number,
): number | undefined {
  if (state.openedBy === owner) return state.generation;
  const isOwner = state.lease?.owner === owner;
  if (!isOwner && state.generation !== after) return undefined;
  if (isOwner) delete state.lease;
  if (ageMs >= IDLE_LIMIT_MS) return undefined;
  delete state.stop;
  // An item that was deleted meanwhile must not reuse generations that a process knows as gone.
  const generation = Math.max(state.generation, gone) + 1;
  const openedAt = now - ageMs;
  const openedBeforeAt = state.openedAt;
  Object.assign(state, {
    ...{ ...session, generation, openedBeforeAt },
    ...{ openedBy: owner, openedAt, lastUsedAt: openedAt },
  });
  return generation;
}

/** Gives the owner's lease back, and records the stop. */
export function released(state: SessionItem, owner: string, stop: Stop | undefined, now: number): void {
  if (state.lease?.owner !== owner) return;
  delete state.lease;
  if (!stop) return;
  const { waitMs, ...stored } = stop;
  state.stop = { ...stored, ...(waitMs === undefined ? {} : { notBefore: true }), at: now };
}

/** Notes that the session is in use, but not more often than it must be. */
export function used(state: SessionItem, generation: number, now: number): void {
  if (state.generation === generation && now - state.lastUsedAt >= COARSE_MS) state.lastUsedAt = now;
}

/** Notes that the gateway refused a bearer, once a minute at most; returns the time of the last note. */
export function bearerRefused(state: SessionItem, now: number): number {
  const { bearerRefusedAt: before } = state;
  if (before !== undefined && now - before < MINUTE_MS) return before;
  state.bearerRefusedAt = now;
  return now;
}
