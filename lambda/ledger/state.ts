import * as v from 'valibot';
import type { Trouble } from '../alarms/event.ts';
import { decodeItem, itemMembers } from './items.ts';
import { openObject } from './open-object.ts';

/** The ledger item of a username. */

/** A password that was presented, or may have been, and whose outcome is not yet counted. */
const attempt = openObject({
  reservedAt: v.number(),
  actor: v.string(),
  purpose: v.picklist(['log-in', 'exchange', 'test', 'probe', 'trial']),
  username: v.string(),
  secretArn: v.string(),
  versionId: v.string(),
  fingerprint: v.string(),
  /** `failed` when it was reserved, less what successes have cleared since. */
  mark: v.number(),
  /** When its owner reported that it got no usable answer. */
  unknownAt: v.optional(v.number()),
  /** It was the first to present its version since the last success. */
  fresh: v.boolean(),
  /** It is the one retry of a refused fingerprint. */
  usedRelease: v.boolean(),
  /** The trouble that stood when it was reserved, and how often it had been met (`markOf`). */
  trouble: v.optional(v.string()),
});
export type Attempt = v.InferOutput<typeof attempt>;

/** A fingerprint that the platform refused. In these stored names, "release" means the one retry of it. */
const refusal = openObject({
  at: v.number(),
  /** It is not certain that the password was at fault: one log-in may use it again, 30 minutes later. */
  releasable: v.boolean(),
  /** Whether that log-in was reserved. */
  released: v.boolean(),
  /** An exchange replaced the password: it is dead in every version that holds it. */
  replaced: v.optional(v.boolean()),
});
export type Refusal = v.InferOutput<typeof refusal>;

/** Reports whether the password was certainly at fault. */
export const isCertain = ({ releasable }: Refusal): boolean => !releasable;

/** Reports whether the password may still be tried once more, after some time. */
export const hasRetryLeft = ({ releasable, released }: Refusal): boolean => releasable && !released;

const exchange = {
  /** The rotation (ClientRequestToken) that asked for it. */
  token: v.string(),
  /** Id of the reservation: the sealed answer in the log is found by it. */
  attempt: v.string(),
  secretArn: v.string(),
  /** The version whose password it replaces. */
  oldVersion: v.string(),
  /** Hash of that password. */
  oldHash: v.string(),
  startedAt: v.number(),
  /** The rotation that was finished before, and its version: kept for an exchange that changes nothing. */
  before: v.optional(openObject({ lastToken: v.string(), lastVersion: v.optional(v.string()) })),
};

const journal = v.variant('state', [
  openObject({
    state: v.literal('idle'),
    /** The last rotation that was finished, and the version that it ended with. */
    lastToken: v.optional(v.string()),
    lastVersion: v.optional(v.string()),
    receivedAt: v.optional(v.number()),
  }),
  openObject({ state: v.literal('exchanging'), ...exchange }),
  openObject({
    state: v.literal('received'),
    ...exchange,
    receivedAt: v.number(),
    envelope: v.string(),
    /** The version of the secret that the alarm `superseded` named. */
    supersededBy: v.optional(v.string()),
  }),
  openObject({
    state: v.literal('committed'),
    ...exchange,
    receivedAt: v.number(),
    /** The version that AWSCURRENT was seen on; an item of version 0.1 has it in `token`. */
    versionId: v.optional(v.string()),
    /** Whether an alarm has announced that the new password is current. */
    announced: v.optional(v.boolean()),
    envelope: v.optional(v.string()),
  }),
  openObject({ state: v.literal('unknown'), ...exchange, envelope: v.optional(v.string()) }),
  openObject({ state: v.literal('lost'), ...exchange, since: v.number(), envelope: v.optional(v.string()) }),
]);
export type Journal = v.InferOutput<typeof journal>;
/** A journal that is about an exchange. */
export type ExchangeJournal = Exclude<Journal, { state: 'idle' }>;

/** The trouble that keeps the credential from being rotated, and when it was last announced. */
const trouble = openObject({
  /** A later version may add kinds: none of them may make the item unreadable. */
  kind: v.custom<Trouble>((input) => typeof input === 'string'),
  since: v.number(),
  /** 0: not yet. */
  saidAt: v.number(),
  errorName: v.optional(v.string()),
  /** How often it was met. */
  failures: v.number(),
  /** `failures` when a log-in was reserved that succeeded: equal to it while nothing has failed since. */
  proven: v.optional(v.number()),
  /** Only the daily check has failed so, not a rotation: a check that succeeds ends it. */
  checkOnly: v.optional(v.boolean()),
});

const state = openObject({
  /** ARN of the one secret that may rotate this username. */
  secretArn: v.optional(v.string()),
  failed: v.optional(v.number(), 0),
  inFlight: v.optional(v.record(v.string(), attempt), {}),
  /** The latest time at which an attempt that is no longer in flight may have been executed. */
  lastEndedAt: v.optional(v.number(), 0),
  /** Versions presented since the last success. */
  presented: v.optional(v.array(v.string()), []),
  refused: v.optional(v.record(v.string(), refusal), {}),
  /** Answers missed in a row, and when the last one was. */
  unknowns: v.optional(v.number(), 0),
  lastUnknownAt: v.optional(v.number(), 0),
  guardClosedSaid: v.optional(v.boolean(), false),
  /** The application's key and secret that the token service last refused, as a hash, and how often in a row. */
  refusedKey: v.optional(openObject({ hash: v.string(), at: v.number(), times: v.number() })),
  /** Since when the failed log-ins are unknown, because the ledger's table is another one; until a success. */
  countUnknownSince: v.optional(v.number()),
  journal: v.optional(journal, { state: 'idle' }),
  /** The version that last logged in, or that the platform's answer was stored as. */
  lastGood: v.optional(openObject({ versionId: v.string(), at: v.number() })),
  /** A put-back that was begun and not yet announced: the version that AWSCURRENT is moved to, and the one before. */
  puttingBack: v.optional(
    openObject({ versionId: v.string(), replacedVersionId: v.string(), at: v.number() }),
  ),
  /** Envelopes that are no longer the journal's, by attempt; the next write makes them separate items. */
  setAside: v.optional(v.record(v.string(), v.string()), {}),
  /** Attempts whose envelopes are separate items (`orphan#<attempt>`). Such an item is never deleted. */
  orphanItems: v.optional(v.array(v.string()), []),
  trouble: v.optional(trouble),
  /** When another event last announced a trouble, by the trouble's kind; only until that is over. */
  announced: v.optional(v.record(v.string(), v.number())),
  /** The due date of the scheduled rotation whose notice was queued last. */
  noticedFor: v.optional(v.number()),
  /** When a read out of turn was last announced, by its principal; for an hour. */
  readsSaid: v.optional(v.record(v.string(), v.number())),
  /** The last pause of the rotations; it stays after its end, so that the day after it is not overdue. */
  pause: v.optional(
    openObject({
      since: v.number(),
      until: v.number(),
      actor: v.string(),
      reason: v.string(),
      /** When it was over, or an operator ended it; that is announced. */
      endedAt: v.optional(v.number()),
    }),
  ),
  /** A rotation that a pause has kept from beginning, and when the daily check last had it started. */
  owed: v.optional(openObject({ since: v.number(), startedAt: v.optional(v.number()) })),
  /** An operator has opened the service's calendar for this credential. */
  opened: v.optional(openObject({ until: v.number(), actor: v.string() })),
  ...itemMembers,
});
export type CredentialState = v.InferOutput<typeof state>;

/** The ledger's key for a username: whether the platform ignores case is not published. */
export const credentialKey = (username: string): string => username.toLowerCase();

export const newState = (credential: string): CredentialState => decodeState(credential, {});

/**
 * Reads a stored item. Members that an earlier version did not write take their default.
 * @throws LedgerItemError when the item cannot be understood, or a later version has reserved it: no password may be
 *   presented then.
 */
export function decodeState(credential: string, item: Record<string, unknown>): CredentialState {
  // Version 0.1 kept the envelopes that were set aside inside the item.
  const { orphans, ...stored } = item;
  return decodeItem(
    state,
    { credential, ...(orphans ? { setAside: orphans } : {}), ...stored },
    (where) =>
      `The ledger item of ${credential} cannot be read (${where}). No password is presented until it is ` +
      'repaired: restore the item from point-in-time recovery, or deploy the version of the software that wrote it.',
  );
}

/** Failed log-ins known or possible since the last success: the platform's counter is never above it. */
export const exposure = (state: CredentialState): number => state.failed + Object.keys(state.inFlight).length;
