import { committedVersion, exchangeOf } from './journal.ts';
import { queueAlarm } from './outbox.ts';
import { type CredentialState, credentialKey, type Hold } from './state.ts';

/**
 * The hold of a service: while an exchange of one credential has failed (unknown, lost, unreadable), the other
 * credentials begin none, because one cause may affect every credential. Each function here is a pure change of one
 * item of the ledger's table, which all credentials of the service share.
 *
 *   by           when
 *   engage       an invocation ends with such an exchange
 *   ask          a rotation is about to begin an exchange; it is held, or continues
 *   check        the daily check of a credential that was held; the same, and begins nothing
 *   settle       the exchange is resolved
 *   forget       a secret that was held is gone
 *   release      an operator overrides the holds of these attempts only
 *
 * A hold counts while its credential's item still shows that failed exchange. A hold that a dead process left behind
 * has no effect.
 */

/** The item's key. ThingSpace takes no `<` in a username (docs/thingspace-api.md), so no credential has it. */
export const SERVICE = '<service>';

/** An exchange that has failed: its outcome is unknown, or its password is lost, unreadable, or unusable. */
export type Holding = Omit<Hold, 'since' | 'releasedAt'>;

/** The credential that is about to begin an exchange. */
export type Asking = { username: string; secretArn: string };

/** Places a hold. A hold that was released before stays released for that exchange. */
export function engage(state: CredentialState, holding: Holding, now: number): void {
  const brake = brakeOf(state);
  const key = credentialKey(holding.username);
  const before = brake.holds[key];
  if (before?.attempt === holding.attempt) Object.assign(before, holding);
  else brake.holds[key] = { ...holding, since: now };
}

/**
 * Returns the hold that keeps this credential from beginning an exchange. A held rotation is remembered until it
 * begins.
 * @param ended attempts of holds whose exchanges are over
 */
export function ask(
  state: CredentialState,
  { username, secretArn }: Asking,
  ended: readonly string[],
  now: number,
): Hold | undefined {
  const over = remove(state, ended);
  const holder = holderFor(state, { username, secretArn });
  if (holder) remember(state, secretArn, now);
  else forget(state, secretArn);
  announceEnd(state, over, 'settled', now);
  return holder;
}

/**
 * Does the same for the daily check, which begins nothing. A held rotation is remembered until it begins, also when
 * nothing holds it now. Its secret exists, so it counts.
 */
export function check(
  state: CredentialState,
  { username, secretArn }: Asking,
  ended: readonly string[],
  now: number,
): Hold | undefined {
  const over = remove(state, ended);
  if (isHeld(state, secretArn)) remember(state, secretArn, now);
  announceEnd(state, over, 'settled', now);
  return isHeld(state, secretArn) ? holderFor(state, { username, secretArn }) : undefined;
}

/** Forgets a held secret, because it is gone or its rotation begins. */
export function forget(state: CredentialState, secretArn: string): void {
  const brake = brakeOf(state);
  delete brake.held[secretArn];
  if (!brake.seen) return;
  delete brake.seen[secretArn];
  if (Object.keys(brake.seen).length === 0) delete brake.seen;
}

function remember(state: CredentialState, secretArn: string, now: number): void {
  const brake = brakeOf(state);
  brake.held[secretArn] ??= now;
  brake.seen = { ...brake.seen, [secretArn]: now };
}

export function settle(state: CredentialState, ended: readonly string[], now: number): void {
  announceEnd(state, remove(state, ended), 'settled', now);
}

/** @returns the holds that this call has released */
export function release(state: CredentialState, attempts: readonly string[], now: number): Hold[] {
  const released = holdsInForce(state).filter(({ attempt }) => attempts.includes(attempt));
  for (const hold of released) hold.releasedAt = now;
  announceEnd(state, released, 'released', now);
  return released;
}

/** The oldest hold of another credential. */
function holderFor(state: CredentialState, { username, secretArn }: Asking): Hold | undefined {
  return holdsInForce(state)
    .filter(
      (hold) => hold.secretArn !== secretArn && credentialKey(hold.username) !== credentialKey(username),
    )
    .sort((a, b) => a.since - b.since)[0];
}

export const holdsOf = ({ brake }: CredentialState): Hold[] => Object.values(brake?.holds ?? {});
export const holdsInForce = (state: CredentialState): Hold[] =>
  holdsOf(state).filter(({ releasedAt }) => releasedAt === undefined);
export const heldSecrets = ({ brake }: CredentialState): string[] => Object.keys(brake?.held ?? {});
export const isHeld = ({ brake }: CredentialState, secretArn: string): boolean =>
  brake?.held[secretArn] !== undefined;

/** Reports whether the item of a credential still shows the failed exchange that the hold is about. */
export function stillHolds(hold: Hold, state: CredentialState): boolean {
  const exchange = exchangeOf(state, hold.attempt);
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

const brakeOf = (state: CredentialState): NonNullable<CredentialState['brake']> =>
  (state.brake ??= { holds: {}, held: {} });

/**
 * A held secret that exists is checked every day. After a week without a check it is taken for gone, and does not
 * count.
 */
const GONE_MS = 7 * 24 * 60 * 60_000;

function forgetGone(state: CredentialState, now: number): void {
  for (const [secretArn, at] of Object.entries(state.brake?.seen ?? {})) {
    if (now - at >= GONE_MS) forget(state, secretArn);
  }
}

/** @returns the holds that were in force: the end of a released one was announced at its release */
function remove(state: CredentialState, ended: readonly string[]): Hold[] {
  const over = holdsOf(state).filter(({ attempt }) => ended.includes(attempt));
  for (const { username } of over) delete state.brake?.holds[credentialKey(username)];
  return over.filter(({ releasedAt }) => releasedAt === undefined);
}

/** Announces once that the last hold is gone and rotations can be started again. */
function announceEnd(state: CredentialState, over: Hold[], how: 'settled' | 'released', now: number): void {
  forgetGone(state, now);
  const last = over.at(-1);
  const held = heldSecrets(state).length;
  if (!last || held === 0 || holdsInForce(state).length > 0) return;
  queueAlarm(state, {
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
