import * as v from 'valibot';
import { operatorTool } from '../operator-tool.ts';
import { decodeItem, itemMembers } from './items.ts';
import { committedVersion, exchangeOf } from './journal.ts';
import { openObject } from './open-object.ts';
import { queueAlarm } from './outbox.ts';
import { type CredentialState, credentialKey } from './state.ts';

/**
 * The holds of a service: while an exchange of one credential has failed (unknown, lost, unreadable), the other
 * credentials begin none, because one cause may affect every credential. One item of the ledger's table lists the holds
 * and the waiting secrets. Each function here is a pure change of it.
 *
 *   by           when
 *   place        an invocation ends with such an exchange
 *   check        a rotation is about to begin an exchange, or the daily check looks at a credential that waits
 *   lift         the exchange is resolved
 *   override     an operator lets the others begin in spite of these attempts
 *   forget       a secret that waits is gone
 *
 * A hold counts while its credential's item still shows that failed exchange. A hold that a dead process left behind
 * has no effect.
 */

/** The item's key. ThingSpace takes no `<` in a username (docs/thingspace-api.md), so no credential has it. */
export const SERVICE = '<service>';

/** A failed exchange, which holds the service's other credentials. */
const hold = openObject({
  username: v.string(),
  secretArn: v.string(),
  attempt: v.string(),
  /** How it ended; a later version may add values. */
  why: v.string(),
  since: v.number(),
  /** When an operator overrode the hold. */
  releasedAt: v.optional(v.number()),
});
export type Hold = v.InferOutput<typeof hold>;
const areHolds = (values: unknown[]): boolean => values.every((value) => v.is(hold, value));
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const lists = {
  /** By credential. `v.record` leaves out the keys `prototype` and `constructor`, and both are usernames. */
  holds: v.custom<Record<string, Hold>>((input) => isRecord(input) && areHolds(Object.values(input))),
  /** Waiting secrets: their rotation was held and has not begun since. With the time of the first one. */
  held: v.record(v.string(), v.number()),
  /** When the rotation or the daily check of a waiting secret last ran; an item of version 0.1 has none. */
  seen: v.optional(v.record(v.string(), v.number())),
};
/** The lists of holds have the stored name `brake`. */
const holdsItem = openObject({
  ...itemMembers,
  brake: v.optional(openObject(lists), () => ({ holds: {}, held: {} })),
});
export type Holds = v.InferOutput<typeof holdsItem>;

export const newHolds = (): Holds => decodeHolds(SERVICE, {});

/**
 * Reads the stored item. Earlier versions wrote it with every member of a credential's item.
 * @throws LedgerItemError when the item cannot be understood, or a later version has reserved it
 */
export const decodeHolds = (_key: string, stored: Record<string, unknown>): Holds =>
  decodeItem(
    holdsItem,
    { credential: SERVICE, ...stored },
    (where) =>
      `The item ${SERVICE} of the ledger's table lists the holds and cannot be read (${where}). A hold may be in it, so no ` +
      'rotation begins an exchange where holds are on (EXCHANGE_BRAKE). ' +
      `1. Look at every credential, and resolve each failed exchange: \`${operatorTool()} status\`. ` +
      `2. Override the holds and replace the members that cannot be read: \`${operatorTool()} release --secret <any secret of the service>\`. ` +
      `3. Start the rotations that were held: \`${operatorTool()} rotate --held --secret <any secret of the service>\`.`,
  );

/**
 * Reads the stored item for an override: a new item has the members that cannot be read.
 * @throws LedgerItemError when a later version has reserved the item
 */
export function decodeForOverride(key: string, stored: Record<string, unknown>): Holds {
  const brake = isRecord(stored.brake) ? readable(lists, stored.brake) : {};
  const item = decodeHolds(key, {
    ...readable(itemMembers, stored),
    brake: { ...newHolds().brake, ...brake },
  });
  // The write's condition names the stored revision, also one that is not a number.
  return 'revision' in stored ? { ...item, revision: stored.revision as number } : item;
}

const readable = (schemas: Readonly<Record<string, v.GenericSchema>>, members: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(members).filter(([name, value]) => {
      const schema = schemas[name];
      return schema === undefined || v.is(schema, value);
    }),
  );

/** A credential that is about to begin an exchange, or that the daily check looks at. */
export type Checked = { username: string; secretArn: string; begins: boolean };

/** Places a hold. A hold that was overridden before stays overridden for that exchange. */
export function place({ brake }: Holds, placed: Omit<Hold, 'since' | 'releasedAt'>, now: number): void {
  const key = credentialKey(placed.username);
  const before = brake.holds[key];
  if (before?.attempt === placed.attempt) Object.assign(before, placed);
  else brake.holds[key] = { ...placed, since: now };
}

/**
 * Returns the oldest hold that keeps this credential from beginning an exchange. A held rotation is remembered until it
 * begins. The daily check begins nothing, and asks for waiting secrets only.
 * @param ended attempts of holds whose exchanges are over
 */
export function check(
  item: Holds,
  checked: Checked,
  ended: readonly string[],
  now: number,
): Hold | undefined {
  const { username, secretArn, begins } = checked;
  const over = remove(item, ended);
  const waits = isWaiting(item, secretArn);
  const others = holdsInForce(item).filter(
    (one) => one.secretArn !== secretArn && credentialKey(one.username) !== credentialKey(username),
  );
  const found = begins || waits ? others.sort((a, b) => a.since - b.since)[0] : undefined;
  if (found || (waits && !begins)) remember(item, secretArn, now);
  else forget(item, secretArn);
  announceEnd(item, over, 'settled', now);
  return found;
}

export function lift(item: Holds, ended: readonly string[], now: number): void {
  announceEnd(item, remove(item, ended), 'settled', now);
}

/** @returns the holds that this call has overridden */
export function override(item: Holds, attempts: readonly string[], now: number): Hold[] {
  const overridden = holdsInForce(item).filter(({ attempt }) => attempts.includes(attempt));
  for (const one of overridden) one.releasedAt = now;
  announceEnd(item, overridden, 'released', now);
  return overridden;
}

/** Forgets a waiting secret, because it is gone or its rotation begins. */
export function forget({ brake }: Holds, secretArn: string): void {
  delete brake.held[secretArn];
  if (!brake.seen) return;
  delete brake.seen[secretArn];
  if (Object.keys(brake.seen).length === 0) delete brake.seen;
}

function remember({ brake }: Holds, secretArn: string, now: number): void {
  brake.held[secretArn] ??= now;
  brake.seen = { ...brake.seen, [secretArn]: now };
}

export const holdsOf = ({ brake }: Holds): Hold[] => Object.values(brake.holds);
export const holdsInForce = (item: Holds): Hold[] =>
  holdsOf(item).filter(({ releasedAt }) => releasedAt === undefined);
export const waitingSecrets = ({ brake }: Holds): string[] => Object.keys(brake.held);
export const isWaiting = ({ brake }: Holds, secretArn: string): boolean =>
  brake.held[secretArn] !== undefined;

/** Reports whether the item of a credential still shows the failed exchange that the hold is about. */
export function stillHolds({ attempt }: Hold, state: CredentialState): boolean {
  const exchange = exchangeOf(state, attempt);
  if (exchange?.state === 'committed') return newPasswordRefused(state);
  return exchange !== undefined;
}

/** Reports whether the password that the exchange brought was committed and refused, and none has worked since. */
export function newPasswordRefused({ journal, refused, lastGood }: CredentialState): boolean {
  if (journal.state !== 'committed') return false;
  const ofIt = `${committedVersion(journal)}:`;
  const times = Object.entries(refused).flatMap(([id, { at }]) => (id.startsWith(ofIt) ? [at] : []));
  return times.length > 0 && (lastGood?.at ?? 0) <= Math.max(...times);
}

/**
 * A waiting secret that exists is checked every day. After a week without a check it is taken for gone, and does not
 * count.
 */
const GONE_MS = 7 * 24 * 60 * 60_000;

function forgetGone(item: Holds, now: number): void {
  for (const [secretArn, at] of Object.entries(item.brake.seen ?? {})) {
    if (now - at >= GONE_MS) forget(item, secretArn);
  }
}

/** @returns the holds that were in force: the end of an overridden one was announced at its override */
function remove(item: Holds, ended: readonly string[]): Hold[] {
  const over = holdsOf(item).filter(({ attempt }) => ended.includes(attempt));
  for (const { username } of over) delete item.brake.holds[credentialKey(username)];
  return over.filter(({ releasedAt }) => releasedAt === undefined);
}

/** Announces once that the last hold is gone and rotations can be started again. */
function announceEnd(item: Holds, over: Hold[], how: 'settled' | 'released', now: number): void {
  forgetGone(item, now);
  const last = over.at(-1);
  const held = waitingSecrets(item).length;
  if (!last || held === 0 || holdsInForce(item).length > 0) return;
  queueAlarm(item, {
    event: 'exchanges-resume',
    id: `${last.attempt}:exchanges-resume`,
    at: now,
    credential: credentialKey(last.username),
    username: last.username,
    secretArn: last.secretArn,
    held,
    how,
  });
}
