import {
  type AuditRecord,
  callersOfDay,
  deviceSubject,
  type HolderOfDay,
  holdersOfMonth,
  type Item,
  type ItemKey,
  recordsOfCaller,
  spokenByPerson,
  whoOf,
  wideOfMonth,
} from '../lambda/access/audit.ts';
import { withKind } from '../lambda/access/operation-patterns.ts';
import { matches } from '../lambda/access/patterns.ts';
import { principalOf } from '../lambda/access/principal.ts';
import { type AccessReader, dayIn, itemsBetween, type Period, type StoredRecord } from './access-reader.ts';
import { isWideBefore, keyBefore, recordsBefore, userSubjectBefore } from './access-records-before.ts';
import { DAY_MS, iso } from './times.ts';

/** `user`: an application user, a person, or the ARN of a caller or of its role. `operation`: a pattern. */
export type Wanted = Period & {
  /** The names of one device. */
  devices?: readonly string[] | undefined;
  user?: string | undefined;
  operation?: string | undefined;
};

export type Found = {
  records: StoredRecord[];
  /** Where a device is asked for: changes that may have reached it without naming it. */
  wide: StoredRecord[];
  /**
   * Where a device is asked for: callers that were given the session. The requests that they sent with it are not
   * recorded.
   */
  holders: Holder[];
};

export type Holder = Pick<AuditRecord, 'user' | 'person' | 'caller' | 'credential'> & {
  /** The days on which it was given the session, such as `2026-01-05`. */
  days: string[];
};

const AT_ONCE = 25;
/** Sorts after every sort key. */
const LAST = '\u{10ffff}';

/** Reads what the answer holds, and little more. @throws AwsCallError */
export async function findRecords(reader: AccessReader, wanted: Wanted): Promise<Found> {
  const { devices, user, operation } = wanted;
  const fits = (record: StoredRecord) =>
    (operation === undefined || isOperation(record, operation)) && isOf(record, user);
  if (devices === undefined) {
    const found = user === undefined ? ofAll(reader, wanted) : ofUser(reader, user, wanted);
    return { records: inOrder((await found).filter(fits)), wide: [], holders: [] };
  }
  const records = await pointedTo(reader, devices.map(deviceSubject), wanted);
  const named = new Set(records.map(({ requestId }) => requestId));
  const before = await recordsBefore(reader, wanted);
  const wide = [
    ...(await pointedTo(reader, monthsOf(wanted).map(wideOfMonth), wanted)),
    ...before.filter(isWideBefore),
  ].filter((record) => !named.has(record.requestId) && wasSent(record));
  const holders = (await holdersIn(reader, wanted, before)).filter((holder) => isOf(holder, user));
  return { records: inOrder(records.filter(fits)), wide: inOrder(wide.filter(fits)), holders };
}

type HeldOn = Made & Pick<AuditRecord, 'credential'> & { day: string };

/** @param before records of earlier versions, which wrote no holders */
async function holdersIn(reader: AccessReader, period: Period, before: readonly StoredRecord[]) {
  const [from, to] = [period.sinceMs, period.untilMs].map((ms) => dateOf(ms));
  const ofMonths = monthsOf(period).map((at) => reader.between(holdersOfMonth(at), from as string, `${to}~`));
  const items: HeldOn[] = [
    ...inOrder(before.filter(({ outcome }) => outcome === 'handed-out')).map((record) => ({
      ...record,
      day: dateOf(record.at),
    })),
    ...((await Promise.all(ofMonths)).flat() as HolderOfDay[]),
  ];
  const holders = new Map<string, Holder & Pick<AuditRecord, 'principal'>>();
  for (const { day, user, person, caller, principal, credential } of items) {
    const who = JSON.stringify([user, caller, credential]);
    const holder = holders.get(who) ?? { user, person, caller, principal, credential, days: [] };
    if (!holder.days.includes(day)) holder.days.push(day);
    holders.set(who, holder);
  }
  return [...holders.values()];
}

const dateOf = (ms: number): string => iso(ms).slice(0, 10);

/** A request without an outcome may have been sent. */
const wasSent = ({ outcome }: StoredRecord): boolean => outcome !== 'denied' && outcome !== 'not-sent';

/** A pattern without a kind finds every kind. */
const isOperation = ({ operation, kind }: StoredRecord, pattern: string): boolean =>
  pattern.includes('/') ? matches(pattern, withKind(operation, kind)) : matches(pattern, operation);

type Made = Pick<AuditRecord, 'user' | 'person' | 'caller' | 'principal'>;

const isOf = ({ user, person, caller, principal }: Made, wanted: string | undefined): boolean =>
  wanted === undefined ||
  [user, person, caller, principal].some((one) => one?.toLowerCase() === wanted.toLowerCase()) ||
  (isPrincipal(wanted) && principal.toLowerCase() === principalOf(wanted).toLowerCase());

/** Reports whether an ARN names a role or a user, and not one session of a role. */
const isPrincipal = (arn: string): boolean => !/:assumed-role\//.test(arn);

const inOrder = (records: StoredRecord[]): StoredRecord[] =>
  records.sort((one, other) => one.at - other.at || (one.requestId < other.requestId ? -1 : 1));

const daysOf = ({ sinceMs, untilMs }: Period): number[] =>
  Array.from({ length: dayIn(untilMs) - dayIn(sinceMs) + 1 }, (_, n) => (dayIn(sinceMs) + n) * DAY_MS);

/** Returns a time in each month. */
function monthsOf({ sinceMs, untilMs }: Period): number[] {
  const months: number[] = [];
  const first = new Date(sinceMs);
  for (let n = 0, at = sinceMs; at <= untilMs; n += 1) {
    months.push(at);
    at = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + n + 1, 1);
  }
  return months;
}

const callersOf = async (reader: AccessReader, day: number): Promise<string[]> =>
  (await reader.between(callersOfDay(day), ' ', LAST)).map(({ item }) => item);

/** Returns the records of the period, whoever made the requests. */
async function ofAll(reader: AccessReader, period: Period): Promise<StoredRecord[]> {
  const found = await eachDay(period, async (day) => {
    const ofCallers = (await callersOf(reader, day)).map((caller) => ofCaller(reader, caller, day, period));
    return (await Promise.all(ofCallers)).flat();
  });
  return [...found, ...(await recordsBefore(reader, period))];
}

/**
 * Gives every record of the period to `take`, and keeps none: a year may have millions.
 * @param onDays told how many days have been read
 * @throws AwsCallError
 */
export async function eachRecord(
  reader: AccessReader,
  period: Period,
  take: (record: StoredRecord) => void,
  onDays: (days: number, of: number) => void,
): Promise<void> {
  const days = daysOf(period);
  for (let at = 0; at < days.length; at += AT_ONCE) {
    onDays(at, days.length);
    const some = days.slice(at, at + AT_ONCE).map(async (day) => {
      for (const caller of await callersOf(reader, day)) {
        for (const record of await ofCaller(reader, caller, day, period)) take(record);
      }
      const ofDay = {
        sinceMs: Math.max(day, period.sinceMs),
        untilMs: Math.min(day + DAY_MS - 1, period.untilMs),
      };
      for (const record of await recordsBefore(reader, ofDay)) take(record);
    });
    await Promise.all(some);
  }
}

/** Returns the records of a day of a principal, whoever spoke through it. */
async function ofCaller(reader: AccessReader, principal: string, day: number, { sinceMs, untilMs }: Period) {
  const items = await reader.between(recordsOfCaller(day, principal), ' ', LAST);
  return (items as (Item & StoredRecord)[]).filter(({ at }) => sinceMs <= at && at <= untilMs);
}

/**
 * A user's records stand together in those of each caller that spoke for it, and a person's in those of each role whose
 * session it had.
 */
async function ofUser(reader: AccessReader, user: string, period: Period): Promise<StoredRecord[]> {
  const isArn = /^arn:/i.test(user);
  const found = await eachDay(period, async (day) => {
    if (isArn) return ofCaller(reader, principalOf(user), day, period);
    const ofCallers = (await callersOf(reader, day)).flatMap((caller) =>
      [user, ...sessionsOf(caller, user)].map((who) =>
        itemsBetween(reader, recordsOfCaller(day, caller), period, whoOf(who)),
      ),
    );
    return (await Promise.all(ofCallers)).flat() as (Item & StoredRecord)[];
  });
  const names = isArn && isPrincipal(user) ? [user, principalOf(user)] : [user];
  const subjects = [...new Set(names.map(userSubjectBefore)), spokenByPerson(user)];
  return [...found, ...(await pointedTo(reader, subjects, period))];
}

/** Returns the ARN of the session of this name, where the principal is a role. */
function sessionsOf(principal: string, name: string): string[] {
  const [, partition, account, role] = /^arn:([\w-]+):iam::(\d{12}):role\/([^/]+)$/.exec(principal) ?? [];
  return role === undefined ? [] : [`arn:${partition}:sts::${account}:assumed-role/${role}/${name}`];
}

async function eachDay(
  period: Period,
  read: (day: number) => Promise<StoredRecord[]>,
): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  const days = daysOf(period);
  for (let at = 0; at < days.length; at += AT_ONCE) {
    records.push(...(await Promise.all(days.slice(at, at + AT_ONCE).map(read))).flat());
  }
  return records;
}

/** Returns the records that pointers lead to. A pointer without a record belongs to a request that was never sent. */
async function pointedTo(reader: AccessReader, subjects: string[], period: Period): Promise<StoredRecord[]> {
  const pointers = (
    await Promise.all(subjects.map((subject) => itemsBetween(reader, subject, period)))
  ).flat();
  const keys = new Map(pointers.map((pointer) => [pointer.item, keyIn(pointer)]));
  const records: StoredRecord[] = [];
  const all = [...keys.values()];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const found = await Promise.all(all.slice(at, at + AT_ONCE).map((key) => reader.get(key)));
    records.push(...(found.filter((record) => record !== undefined) as unknown as StoredRecord[]));
  }
  return records;
}

const keyIn = ({ item, recordSubject, recordItem }: Item): ItemKey =>
  typeof recordSubject === 'string' && typeof recordItem === 'string'
    ? { subject: recordSubject, item: recordItem }
    : keyBefore(item);
