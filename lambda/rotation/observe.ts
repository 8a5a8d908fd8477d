import { hashPassword } from '../ledger/fingerprint.ts';
import { type CredentialState, credentialKey, type Journal } from '../ledger/state.ts';
import { expiredLogIns } from '../ledger/sweep.ts';
import type { SecretDescription } from '../secret/secrets-manager.ts';
import { describeSecret, readCurrent, type StoredVersion } from '../secret/stored-version.ts';
import { type BegunPutBack, outcomeOfPutBack } from './begun-put-back.ts';
import type { Invocation } from './context.ts';

/** The credential's state, as one round of reads shows it. */
export type Seen = {
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
): Promise<Seen> {
  const seen = await observeOnce(invocation, described);
  return seen.currentIsDead ? observeOnce(invocation, undefined) : seen;
}

async function observeOnce(invocation: Invocation, described: SecretDescription | undefined): Promise<Seen> {
  const { ledger, secretArn, deadlineMs } = invocation;
  const secret = described ?? (await describeSecret(invocation));
  const current = await readCurrent(invocation, secret);
  const username = current.credential?.username ?? (await ledger.usernameOf(secretArn));
  if (username === undefined) throw current.problem;
  invocation.username = username;
  // Beside the read: a log-in needs it next.
  if (current.credential) void hashPassword(username, current.credential.password);
  const { state, now } = await readItem(invocation, username);
  if (state.outbox.length > 0) await ledger.publishOutbox(username, deadlineMs);
  const currentIsDead = await isKnownDead(username, state, current);
  const former = state.secretArn === undefined ? await formerOf(invocation, username) : undefined;
  const putBack = await outcomeOfPutBack(invocation, { state, now, currentIsDead }, secret, current);
  return { username, state, now, current, currentIsDead, former, putBack };
}

/** Reads the item, and counts the log-ins whose processes died: in a quiet service no other log-in does so for months. */
async function readItem({ ledger, deadlineMs }: Invocation, username: string) {
  const seen = await ledger.read(username, deadlineMs);
  if (expiredLogIns(seen.state, seen.now).length === 0) return seen;
  await ledger.sweepLogIns(username, deadlineMs);
  return ledger.read(username, deadlineMs);
}

/**
 * Returns the secret's former username. Only a username that was never rotated can be new to its secret, so no other
 * one needs the read.
 */
async function formerOf(invocation: Invocation, username: string): Promise<Seen['former']> {
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
  if (refused) return !refused.releasable;
  return Object.entries(state.refused).some(([id, { replaced }]) => replaced && id.endsWith(`:${hash}`));
}
