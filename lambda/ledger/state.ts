import * as v from 'valibot';
import { PresentableError } from '../errors.ts';
import { alarmEventSchema } from './outbox.ts';

/**
 * The ledger item: one per username. It is read whole, changed by a pure function and written back on
 * the condition that its `revision` still is the one read (one conditional write = one step).
 * All times are milliseconds since 1970 by DynamoDB's clock.
 */

/** A password that was presented, or may have been, and whose outcome is not yet counted. */
const attempt = v.object({
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
  /** It used up the one release of a refused fingerprint. */
  usedRelease: v.boolean(),
});
export type Attempt = v.InferOutput<typeof attempt>;

/** A fingerprint that the platform refused. */
const refusal = v.object({
  at: v.number(),
  /** May be presented once more, 30 minutes later. */
  releasable: v.boolean(),
  released: v.boolean(),
});

const exchange = {
  token: v.string(),
  attempt: v.string(),
  secretArn: v.string(),
  oldVersion: v.string(),
  /** Hash of the password that the exchange replaces. */
  oldHash: v.string(),
  startedAt: v.number(),
};

const journal = v.variant('state', [
  v.object({
    state: v.literal('idle'),
    lastToken: v.optional(v.string()),
    receivedAt: v.optional(v.number()),
  }),
  v.object({ state: v.literal('exchanging'), ...exchange }),
  v.object({
    state: v.literal('received'),
    ...exchange,
    receivedAt: v.number(),
    envelope: v.string(),
    /** The version of the secret for which a person was told that it stands in the way. */
    supersededBy: v.optional(v.string()),
  }),
  v.object({
    state: v.literal('committed'),
    ...exchange,
    receivedAt: v.number(),
    envelope: v.optional(v.string()),
  }),
  v.object({ state: v.literal('unknown'), ...exchange, envelope: v.optional(v.string()) }),
  v.object({ state: v.literal('lost'), ...exchange, since: v.number(), envelope: v.optional(v.string()) }),
]);
export type Journal = v.InferOutput<typeof journal>;
/** A journal that tells of an exchange. */
export type ExchangeJournal = Exclude<Journal, { state: 'idle' }>;

const state = v.object({
  credential: v.string(),
  revision: v.number(),
  /** Ids of the last writes: how a writer whose answer was lost recognises its own. */
  recentWrites: v.array(v.string()),
  /** ARN of the one secret that may rotate this username. */
  secretArn: v.optional(v.string()),
  failed: v.number(),
  inFlight: v.record(v.string(), attempt),
  /** Until when what was presented may have been executed, for all that is no longer in flight. */
  lastEndedAt: v.number(),
  /** Versions presented since the last success. */
  presented: v.array(v.string()),
  refused: v.record(v.string(), refusal),
  /** Answers missed in a row, and when the last one was. */
  unknowns: v.number(),
  lastUnknownAt: v.number(),
  guardClosedSaid: v.boolean(),
  journal,
  /** Envelopes whose turn has passed, by attempt. Never dropped. */
  orphans: v.record(v.string(), v.string()),
  /** Alarms that still have to be published. */
  outbox: v.array(alarmEventSchema),
});
export type CredentialState = v.InferOutput<typeof state>;

export class LedgerItemError extends PresentableError {
  override readonly name = 'LedgerItemError';
}

/** The ledger's key for a username: whether the platform ignores case is not published. */
export const credentialKey = (username: string): string => username.toLowerCase();

export function newState(credential: string): CredentialState {
  return {
    credential,
    revision: 0,
    recentWrites: [],
    failed: 0,
    inFlight: {},
    lastEndedAt: 0,
    presented: [],
    refused: {},
    unknowns: 0,
    lastUnknownAt: 0,
    guardClosedSaid: false,
    journal: { state: 'idle' },
    orphans: {},
    outbox: [],
  };
}

/**
 * Reads a stored item. Members that a later release adds are ignored; members that an earlier release
 * did not write take their value from a new item.
 * @throws LedgerItemError when the item cannot be understood: nothing may be presented then.
 */
export function decodeState(credential: string, item: Record<string, unknown>): CredentialState {
  const read = v.safeParse(state, { ...newState(credential), ...item });
  if (read.success) return read.output;
  const where = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? 'the item'))].join(', ');
  throw new LedgerItemError(
    `The ledger item of ${credential} cannot be read (${where}). No password is presented until it is ` +
      'repaired: restore the item from point-in-time recovery, or deploy the release that wrote it.',
  );
}

/** Failed log-ins known or possible since the last success: the platform's counter is never above it. */
export const exposure = (state: CredentialState): number => state.failed + Object.keys(state.inFlight).length;
