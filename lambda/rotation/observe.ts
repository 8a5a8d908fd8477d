import { hashPassword } from '../ledger/fingerprint.ts';
import type { PutBack } from '../ledger/put-back.ts';
import { type CredentialState, credentialKey, isCertain, type Journal } from '../ledger/state.ts';
import { expiredLogIns } from '../ledger/sweep.ts';
import { LEASE_MS } from '../ledger/times.ts';
import { AWSPREVIOUS, type SecretDescription, versionLabelled } from '../secret/secrets-manager.ts';
import { describeSecret, readCurrent, readVersion, type StoredVersion } from '../secret/stored-version.ts';
import type { Invocation } from './context.ts';

/** A put-back in the item, and whether it took effect. */
export type BegunPutBack = PutBack & { tookEffect: boolean };

/** The credential's state, as one round of reads shows it. */
export type Observation = {
  username: string;
  state: CredentialState;
  /** DynamoDB's time, in milliseconds since 1970. */
  now: number;
  /** The version that AWSCURRENT is on. */
  current: StoredVersion;
  /** Whether its password is known not to work. */
  currentIsDead: boolean;
  /** The username of the secret's last rotation, and its journal, where it was another one. */
  former: { username: string; journal: Journal } | undefined;
  /** A put-back of an earlier invocation whose outcome is known now and was not recorded. */
  putBack: BegunPutBack | undefined;
};

/**
 * Makes all reads that recovery decides by, and publishes the alarms that an earlier invocation left. An exchange that
 * ends between the reads makes AWSCURRENT look dead: then the secret is read once more, after the ledger.
 */
export async function observe(
  invocation: Invocation,
  described: SecretDescription | undefined,
): Promise<Observation> {
  const seen = await observeOnce(invocation, described);
  return seen.currentIsDead ? observeOnce(invocation, undefined) : seen;
}

async function observeOnce(
  invocation: Invocation,
  described: SecretDescription | undefined,
): Promise<Observation> {
  const { ledger, secretArn, deadlineMs } = invocation;
  const secret = described ?? (await describeSecret(invocation));
  const current = await readCurrent(invocation, secret);
  const username = current.credential?.username ?? (await ledger.usernameOf(secretArn));
  if (username === undefined) throw current.problem;
  invocation.username = username;
  // Beside the read: a log-in needs it next.
  if (current.credential) void hashPassword(username, current.credential.password);
  const { state, now } = ledger.tableCreatedAt
    ? await readItemOf(invocation, username, current)
    : await readItem(invocation, username);
  if (state.outbox.length > 0) await ledger.publishOutbox(username, deadlineMs);
  const currentIsDead = await isKnownDead(username, state, current);
  const former = state.secretArn === undefined ? await formerOf(invocation, username) : undefined;
  const putBack = await outcomeOfPutBack(invocation, { state, now, currentIsDead }, secret, current);
  return { username, state, now, current, currentIsDead, former, putBack };
}

/** Reads the item, and counts the log-ins whose processes died: in a quiet service no other log-in does so for months. */
async function readItem({ ledger, deadlineMs }: Invocation, username: string) {
  const seen = await ledger.read(username, deadlineMs);
  const isQuiet = Object.keys(seen.state.inFlight).length === 0;
  if (isQuiet || expiredLogIns(seen.state, seen.now).length === 0) return seen;
  await ledger.sweepLogIns(username, deadlineMs);
  return ledger.read(username, deadlineMs);
}

/** Reads the item, and closes its guard where it is older than its table: no other log-in may do so for months. */
async function readItemOf(invocation: Invocation, username: string, current: StoredVersion) {
  const { ledger, secretArn, deadlineMs } = invocation;
  // Beside the read.
  void ledger.tableCreatedAt?.();
  const seen = await readItem(invocation, username);
  const { versionId, createdAt: storedAt } = current;
  const stored = { username, secretArn, versionId, storedAt };
  if (!(await ledger.closeIfOfOtherTable(seen.state, stored, deadlineMs))) return seen;
  return ledger.read(username, deadlineMs);
}

/**
 * Returns the secret's former username. Only a username that was never rotated can be new to its secret, so no other
 * one needs the read.
 */
async function formerOf(invocation: Invocation, username: string): Promise<Observation['former']> {
  const former = await invocation.ledger.usernameOf(invocation.secretArn);
  if (former === undefined || credentialKey(former) === credentialKey(username)) return undefined;
  const { state } = await readItem(invocation, former);
  return { username: former, journal: state.journal };
}

/**
 * Reports whether AWSCURRENT's value is known to be dead: refused for certain, replaced by an exchange, or without a
 * credential. A password that logged in since is not dead.
 */
export async function isKnownDead(
  username: string,
  state: CredentialState,
  current: StoredVersion,
): Promise<boolean> {
  if (!current.credential) return true;
  if (state.lastGood?.versionId === current.versionId) return false;
  const hash = await hashPassword(username, current.credential.password);
  const refused = state.refused[`${current.versionId}:${hash}`];
  if (refused) return isCertain(refused);
  return Object.entries(state.refused).some(([id, { replaced }]) => replaced && id.endsWith(`:${hash}`));
}

/**
 * Finds out the outcome of a put-back that an invocation has begun and not ended. It took effect when AWSCURRENT is on
 * its version, or was taken from there by an edit that left the password. Otherwise its owner may still be at work,
 * or the read is older than the swap, until the lease ends.
 * @returns undefined when nothing is to be done about it now
 * @throws SecretStoreError
 */
async function outcomeOfPutBack(
  invocation: Invocation,
  { state, now, currentIsDead }: { state: CredentialState; now: number; currentIsDead: boolean },
  { stages }: SecretDescription,
  current: StoredVersion,
): Promise<BegunPutBack | undefined> {
  const { puttingBack } = state;
  if (!puttingBack) return undefined;
  const isRefused = Object.keys(state.refused).some((id) => id.startsWith(`${current.versionId}:`));
  const tookEffect =
    !currentIsDead && !isRefused && (await holdsPutBack(invocation, puttingBack, stages, current));
  if (!tookEffect && now < puttingBack.at + LEASE_MS) return undefined;
  return { ...puttingBack, tookEffect };
}

async function holdsPutBack(
  invocation: Invocation,
  { versionId }: PutBack,
  stages: SecretDescription['stages'],
  current: StoredVersion,
): Promise<boolean> {
  if (current.versionId === versionId) return true;
  if (versionLabelled(stages, AWSPREVIOUS) !== versionId) return false;
  const before = await readVersion(invocation, versionId);
  return before?.credential !== undefined && before.credential.password === current.credential?.password;
}
