import * as v from 'valibot';
import type { Trouble } from '../alarms/event.ts';
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
  /** The trouble that stood when it was reserved, and how often it had been met (`markOf`). */
  trouble: v.optional(v.string()),
});
export type Attempt = v.InferOutput<typeof attempt>;

/** A fingerprint that the platform refused. */
const refusal = v.object({
  at: v.number(),
  /** May be presented once more, 30 minutes later: it is not certain that the password was at fault. */
  releasable: v.boolean(),
  released: v.boolean(),
  /** An exchange replaced the password: it is dead in every version that holds it. */
  replaced: v.optional(v.boolean()),
});

const exchange = {
  /** The rotation (ClientRequestToken) that asked for it. */
  token: v.string(),
  /** Id of the reservation: what the sealed answer in the log is found by. */
  attempt: v.string(),
  secretArn: v.string(),
  /** The version whose password it replaces. */
  oldVersion: v.string(),
  /** Hash of that password. */
  oldHash: v.string(),
  startedAt: v.number(),
  /** The rotation that was finished before, and its version: kept for an exchange that changes nothing. */
  before: v.optional(v.object({ lastToken: v.string(), lastVersion: v.optional(v.string()) })),
};

const journal = v.variant('state', [
  v.object({
    state: v.literal('idle'),
    /** The last rotation that was finished, and the version that it ended with. */
    lastToken: v.optional(v.string()),
    lastVersion: v.optional(v.string()),
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
    /** The version that AWSCURRENT was seen on; an item of release 0.1 has it in `token`. */
    versionId: v.optional(v.string()),
    /** A person has been told that the new password is current. */
    announced: v.optional(v.boolean()),
    envelope: v.optional(v.string()),
  }),
  v.object({ state: v.literal('unknown'), ...exchange, envelope: v.optional(v.string()) }),
  v.object({ state: v.literal('lost'), ...exchange, since: v.number(), envelope: v.optional(v.string()) }),
]);
export type Journal = v.InferOutput<typeof journal>;
/** A journal that tells of an exchange. */
export type ExchangeJournal = Exclude<Journal, { state: 'idle' }>;

/** What became of one presentation, for who asks later who did what. */
const auditRow = v.object({
  attempt: v.string(),
  at: v.number(),
  actor: v.string(),
  purpose: v.string(),
  secretArn: v.string(),
  versionId: v.string(),
  outcome: v.string(),
  code: v.optional(v.string()),
  exposure: v.number(),
});
export type AuditRow = v.InferOutput<typeof auditRow>;

/**
 * Raised by a release whose items an older one must not write. Members may be added without raising it:
 * `decodeState` keeps those that it does not know.
 */
export const SCHEMA = 2;

/** What stands in the way, and when it was last said. */
const trouble = v.object({
  /** A later release may know more of them: none may make the item unreadable. */
  kind: v.custom<Trouble>((input) => typeof input === 'string'),
  since: v.number(),
  /** 0: not yet. */
  saidAt: v.number(),
  errorName: v.optional(v.string()),
  /** How often it was met. */
  failures: v.number(),
  /** `failures` when a log-in was reserved that succeeded: equal to it while nothing has failed since. */
  proven: v.optional(v.number()),
  /** Only the daily check has failed so, no rotation: a check that comes through ends it. */
  checkOnly: v.optional(v.boolean()),
});

/** An exchange without a good end, which keeps the service's other credentials from beginning one (`brake.ts`). */
const hold = v.object({
  username: v.string(),
  secretArn: v.string(),
  attempt: v.string(),
  /** How it ended; a later release may know more. */
  why: v.string(),
  since: v.number(),
  /** When a person let the others go on. */
  releasedAt: v.optional(v.number()),
});
export type Hold = v.InferOutput<typeof hold>;

const state = v.object({
  credential: v.string(),
  schema: v.number(),
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
  /** The version that last logged in, or that the platform's answer was stored as. */
  lastGood: v.optional(v.object({ versionId: v.string(), at: v.number() })),
  /** A put-back that was begun and not yet announced: the version that AWSCURRENT is moved to, and the one before. */
  puttingBack: v.optional(v.object({ versionId: v.string(), replacedVersionId: v.string(), at: v.number() })),
  /** Envelopes that are no longer the journal's, by attempt; the next write makes them items of their own. */
  setAside: v.record(v.string(), v.string()),
  /** Attempts whose envelopes are items of their own (`orphan#<attempt>`). Such an item is never deleted. */
  orphanItems: v.array(v.string()),
  /** Audit rows that are not yet items of their own. */
  auditRows: v.array(auditRow),
  /** Alarms that still have to be published. */
  outbox: v.array(alarmEventSchema),
  /** Alarms given up for more urgent ones, and not yet said in an alarm. */
  outboxDropped: v.number(),
  trouble: v.optional(trouble),
  /** When an event of its own last announced a trouble, by its kind; only until that is over. */
  announced: v.optional(v.record(v.string(), v.number())),
  /** Only in the item of the whole service. */
  brake: v.optional(
    v.object({
      /** By credential. */
      holds: v.record(v.string(), hold),
      /** Secrets whose rotation was refused, and when first. */
      held: v.record(v.string(), v.number()),
      /** When the rotation or the daily check of a held secret last ran; an item of release 0.1 has none. */
      seen: v.optional(v.record(v.string(), v.number())),
    }),
  ),
});
export type CredentialState = v.InferOutput<typeof state>;

/** The stored item cannot be understood or written: nothing may be presented. */
export class LedgerItemError extends PresentableError {
  override readonly name = 'LedgerItemError';
}

/** The ledger's key for a username: whether the platform ignores case is not published. */
export const credentialKey = (username: string): string => username.toLowerCase();

export function newState(credential: string): CredentialState {
  return {
    credential,
    schema: SCHEMA,
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
    setAside: {},
    orphanItems: [],
    auditRows: [],
    outbox: [],
    outboxDropped: 0,
  };
}

/**
 * Reads a stored item. Members that this release does not know are kept and written back; members that an
 * earlier release did not write take their value from a new item.
 * @throws LedgerItemError when the item cannot be understood, or a later release has reserved it: nothing may
 *   be presented then.
 */
export function decodeState(credential: string, item: Record<string, unknown>): CredentialState {
  // Release 0.1 kept the envelopes that were set aside inside the item.
  const { orphans, ...stored } = item;
  const read = v.safeParse(state, {
    ...newState(credential),
    ...(orphans ? { setAside: orphans } : {}),
    ...stored,
  });
  if (!read.success) {
    const where = [...new Set(read.issues.map((issue) => v.getDotPath(issue) ?? 'the item'))].join(', ');
    throw new LedgerItemError(
      `The ledger item of ${credential} cannot be read (${where}). No password is presented until it is ` +
        'repaired: restore the item from point-in-time recovery, or deploy the release that wrote it.',
    );
  }
  if (read.output.schema > SCHEMA) {
    throw new LedgerItemError(
      `The ledger item of ${credential} was written by a later release (schema ${read.output.schema}; this one knows ` +
        `${SCHEMA}), so nothing is presented or changed: deploy that release again.`,
    );
  }
  return withUnknownMembers({ ...read.output, schema: SCHEMA }, stored);
}

/** Adds what the schema left out, at every depth: a later release may have written it. */
function withUnknownMembers<T>(known: T, stored: unknown): T {
  if (!isRecord(known) || !isRecord(stored)) return known;
  const merged: Record<string, unknown> = { ...known };
  for (const [name, value] of Object.entries(stored)) {
    merged[name] = name in known ? withUnknownMembers(known[name], value) : value;
  }
  return merged as T;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Failed log-ins known or possible since the last success: the platform's counter is never above it. */
export const exposure = (state: CredentialState): number => state.failed + Object.keys(state.inFlight).length;
