import { isChange } from './reach.ts';
import type { Subjects } from './subjects.ts';

/**
 * One request, as it is recorded before it is sent. A record without an outcome is *unknown*: the request may have been
 * sent, and its result is not known.
 */
export type AuditRecord = Subjects & {
  requestId: string;
  /** Milliseconds since 1970, by the function's clock. */
  at: number;
  /** Made for this record alone: a writer that lost its answer recognizes its own write. */
  attempt: string;
  /** The caller's ARN, as AWS reports it. */
  caller: string;
  principal: string;
  /** The application user that a speaker named. */
  user?: string | undefined;
  /** Set when a signed token proved the user; otherwise the speaker's word is all there is. */
  userBy?: 'token' | undefined;
  /** The person that the caller's session names, where the policy trusts the role's sessions. */
  person?: string | undefined;
  credential: string;
  service: string;
  operation: string;
  /** The effect of a state change, such as `Deactivate`. */
  kind?: string | undefined;
  /** Set when the operation only reads. */
  reads?: true | undefined;
  /** Set for a change that may reach a device that it does not name. */
  wide?: true | undefined;
  /** The rule that allowed or denied it. */
  rule: string;
  /** Set when the rule would have denied it, and the policy is only observed: it was let pass. */
  observed?: true | undefined;
};

export type AuditOutcome =
  /**
   * A request that only reads was sent, or was about to be. It has been answered, unless another outcome follows: an
   * answer that is as it should be is not recorded again.
   */
  | { outcome: 'sent' }
  /** ThingSpace answered with the response of the operation. */
  | { outcome: 'done'; sends: number }
  /** ThingSpace answered with a fault. */
  | { outcome: 'refused'; code: string; sends: number }
  /** It is certain that nothing left this function. `code`: the reason. */
  | { outcome: 'not-sent'; code: string; sends: 0 }
  /** It was sent, and the answer proves nothing, or there was none. */
  | { outcome: 'unknown'; code: string; sends: number }
  /** The caller was given the session of this generation. The requests that it sends with it are not recorded here. */
  | { outcome: 'handed-out'; generation: number; sends: 0 }
  /** The caller said that ThingSpace no longer knows this generation, or that the gateway refused its bearer. */
  | { outcome: 'dropped'; dropped: 'session' | 'bearer'; generation: number; sends: 0 }
  /** The policy does not allow it; nothing was sent. */
  | { outcome: 'denied'; sends: 0 };

/** The audit table. Every call throws AwsCallError when it is not certain that it took effect. */
export interface AuditTable {
  /** Writes an item; writing it twice does no harm. */
  put(item: Item): Promise<void>;
  /** Makes an item that does not exist yet; one of the same `attempt` is its own. */
  create(item: Item & { attempt: string }): Promise<void>;
  /** Adds the outcome to the item of this `attempt`; an outcome that it has already is not changed. */
  complete(key: ItemKey, attempt: string, outcome: AuditOutcome & { endedAt: number }): Promise<void>;
}

export type ItemKey = { subject: string; item: string };
export type Item = ItemKey & Record<string, unknown>;

/** The audit trail of requests. */
export interface Audit {
  /** Writes the record; it can be found when this resolves. @throws AwsCallError */
  begin(record: AuditRecord): Promise<void>;
  /** @throws AwsCallError: the record then reads as unknown */
  end(record: AuditRecord, outcome: AuditOutcome): Promise<void>;
  /** Writes record and outcome in one: nothing is sent to ThingSpace. @throws AwsCallError */
  conclude(record: AuditRecord, outcome: AuditOutcome): Promise<void>;
}

export type AuditSettings = { retentionDays: number };

const DAY_SECONDS = 24 * 60 * 60;
/** Pointers written at the same time. */
const AT_ONCE = 25;

/**
 * Writes what leads to the record first and the record last, so every record can be found. A pointer without its record
 * belongs to a request that was never sent. A change is two writes and one for each device; a request that only reads is
 * one. A person who speaks for a user is one more. A process writes once a day who the callers are.
 */
export function auditOver(table: AuditTable, settings: AuditSettings, nowMs: () => number = Date.now): Audit {
  const expiresAt = (at: number) => Math.floor(at / 1000) + settings.retentionDays * DAY_SECONDS;
  /** The items of a day that this process has written. */
  const written = new Set<string>();

  async function write(
    record: AuditRecord & { endedAt?: number },
    pointers: readonly Pointer[],
    outcome: Partial<AuditOutcome>,
  ): Promise<void> {
    const kept = { expiresAt: expiresAt(record.at) };
    const ofDay = [callerOfDay(record), ...(outcome.outcome === 'handed-out' ? [holderOfDay(record)] : [])];
    const leads = [...ofDay.filter((item) => !written.has(textOf(item))), ...pointers];
    // The day's last record, which leads to it too, may be almost a day younger.
    const leading = { expiresAt: kept.expiresAt + DAY_SECONDS };
    for (let at = 0; at < leads.length; at += AT_ONCE) {
      await Promise.all(leads.slice(at, at + AT_ONCE).map((item) => table.put({ ...item, ...leading })));
    }
    for (const item of ofDay) written.add(textOf(item));
    await table.create({ ...keyOf(record), ...record, ...outcome, ...kept });
  }

  return {
    begin: (record) =>
      write(
        record,
        [...byDevice(record), ...byMonth(record), ...bySpeaker(record)],
        record.reads ? { outcome: 'sent' } : {},
      ),
    conclude: (record, outcome) =>
      write({ ...record, endedAt: nowMs() }, [...byDevice(record), ...bySpeaker(record)], outcome),
    async end(record, outcome) {
      if (outcome.outcome === 'done' && record.reads) return;
      await table.complete(keyOf(record), record.attempt, { ...outcome, endedAt: nowMs() });
    },
  };
}

const iso = (ms: number) => new Date(ms).toISOString();
const dayOf = (ms: number) => iso(ms).slice(0, 10);

/** The partition of the callers of a day: where a reader begins that has no name. */
export const callersOfDay = (ms: number): string => `callers#${dayOf(ms)}`;
/** The partition of a caller's records of a day. Keys are in lower case: letter case makes no difference in a search. */
export const recordsOfCaller = (ms: number, principal: string): string =>
  `by#${dayOf(ms)}#${principal.toLowerCase()}`;
/** The part of a sort key that comes before the time: the user for whom a request was made, or else the caller. */
export const whoOf = (user: string): string => `${user.toLowerCase()}#`;
/** The partition of the changes of a month that may reach devices that they do not name. */
export const wideOfMonth = (ms: number): string => `wide#${iso(ms).slice(0, 7)}`;
/** The partition of the requests that a person made for a user: their records stand under the user. */
export const spokenByPerson = (person: string): string => `person#${person.toLowerCase()}`;
export const deviceSubject = (identifier: string): string => `device#${identifier.toLowerCase()}`;

export const keyOf = ({ at, requestId, principal, user, caller }: AuditRecord): ItemKey => ({
  subject: recordsOfCaller(at, principal),
  item: `${whoOf(user ?? caller)}${iso(at)}#${requestId}`,
});

const callerOfDay = ({ at, principal }: AuditRecord): Item => ({
  subject: callersOfDay(at),
  item: principal.toLowerCase(),
});

/** The partition of the callers that were given the session in a month: what they did with it is not recorded. */
export const holdersOfMonth = (ms: number): string => `holders#${iso(ms).slice(0, 7)}`;
export type HolderOfDay = ItemKey &
  Pick<AuditRecord, 'user' | 'person' | 'caller' | 'principal' | 'credential'> & { day: string };

const holderOfDay = ({ at, user, person, caller, principal, credential }: AuditRecord): HolderOfDay => ({
  subject: holdersOfMonth(at),
  item: `${dayOf(at)}#${credential}#${whoOf(user ?? caller)}${principal.toLowerCase()}`,
  ...{ day: dayOf(at), user, person, caller, principal, credential },
});

const textOf = ({ subject, item }: ItemKey): string => `${subject} ${item}`;

/** A pointer's sort key is the time; it holds the key of its record. */
export type Pointer = ItemKey & { recordSubject: string; recordItem: string };

function pointersTo(record: AuditRecord, subjects: readonly string[]): Pointer[] {
  const { subject: recordSubject, item: recordItem } = keyOf(record);
  const item = `${iso(record.at)}#${record.requestId}`;
  return [...new Set(subjects)].map((subject) => ({ subject, item, recordSubject, recordItem }));
}

const byDevice = (record: AuditRecord): Pointer[] =>
  isChange(record)
    ? pointersTo(
        record,
        record.devices.map(({ identifier }) => deviceSubject(identifier)),
      )
    : [];

/** Returns the pointer to a change that may reach devices that it does not name. */
const byMonth = (record: AuditRecord): Pointer[] =>
  isChange(record) && record.wide ? pointersTo(record, [wideOfMonth(record.at)]) : [];

/** A record stands under the user, or else under the caller's session, which has the person's name. */
const bySpeaker = (record: AuditRecord): Pointer[] =>
  record.user === undefined || record.person === undefined
    ? []
    : pointersTo(record, [spokenByPerson(record.person)]);
