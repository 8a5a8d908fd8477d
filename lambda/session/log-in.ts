import type { Clock } from '../clock.ts';
import { LockoutGuardError } from '../ledger/errors.ts';
import type { StoredCredential } from '../ledger/guarded-log-in.ts';
import { readCredential } from '../secret/credential.ts';
import type { SecretStore } from '../secret/secrets-manager.ts';
import { untilVisible } from '../secret/stored-version.ts';
import type { Outcome } from '../thingspace/api.ts';
import { SessionSetupError } from './errors.ts';
import { type Stop, stopAfter, stopOf } from './stop.ts';

/** Decides whether a stored password may be presented, and presents it. */
export interface Guard {
  /**
   * Presents the password once, if it may be presented.
   * @throws LockoutGuardError when it may not; LedgerUnavailableError, LedgerItemError
   */
  logIn(credential: StoredCredential, deadlineMs: number): Promise<Outcome<string>>;
}

export type LogIn = SecretReader & { guard: Guard };

/** `credential` is the one that was presented; its password is not kept. */
export type LogInResult = { token: string; credential: StoredCredential } | { stop: Stop };

/** The pauses while another version is looked for: reads may be older than the refusal. */
const LOOK_AGAIN_MS = [0, 500, 1_000, 2_000];

/**
 * Logs in with the credential in the secret at this moment. After a refusal the secret is read again, and only another
 * version is presented, once.
 * @param mayPresent called with the credential, right before it is presented
 * @throws the errors of reading the secret or the ledger; no password was presented then, or its outcome is counted
 */
export async function logIn(
  parts: LogIn,
  deadlineMs: number,
  mayPresent: (credential: StoredCredential) => Stop | undefined = () => undefined,
): Promise<LogInResult> {
  const credential = await readCurrent(parts, deadlineMs);
  const first = await present(parts, credential, deadlineMs, mayPresent);
  if ('token' in first || first.stop.why !== 'refused') return first;
  if (!(await anotherVersion(parts, credential.versionId, deadlineMs))) return first;
  return present(parts, await readCurrent(parts, deadlineMs), deadlineMs, mayPresent);
}

async function present(
  { guard }: LogIn,
  credential: StoredCredential,
  deadlineMs: number,
  mayPresent: (credential: StoredCredential) => Stop | undefined,
): Promise<LogInResult> {
  const stop = mayPresent(credential);
  if (stop) return { stop };
  try {
    const outcome = await guard.logIn(credential, deadlineMs);
    return outcome.outcome === 'done'
      ? { token: outcome.value, credential }
      : { stop: stopAfter(outcome, credential) };
  } catch (refusal) {
    if (!(refusal instanceof LockoutGuardError)) throw refusal;
    return { stop: stopOf(refusal, credential.versionId) };
  }
}

async function anotherVersion(parts: LogIn, versionId: string, deadlineMs: number): Promise<boolean> {
  for (const pauseMs of LOOK_AGAIN_MS) {
    if (parts.clock.nowMs() + pauseMs >= deadlineMs) return false;
    if (pauseMs > 0) await parts.clock.sleep(pauseMs);
    const current = await currentVersion(parts);
    if (current !== undefined && current !== versionId) return true;
  }
  return false;
}

export type SecretReader = { store: Pick<SecretStore, 'describe' | 'read'>; secretId: string; clock: Clock };

/** Returns the version that AWSCURRENT is on, as Secrets Manager's eventually consistent reads show it. */
export async function currentVersion({ store, secretId }: SecretReader): Promise<string | undefined> {
  const { stages } = await store.describe(secretId);
  return [...stages].find(([, labels]) => labels.includes('AWSCURRENT'))?.[0];
}

/**
 * Reads the credential in AWSCURRENT at this moment, never from a cache.
 * @throws SessionSetupError when no value can be seen; SecretShapeError, CredentialNotInitializedError, AwsCallError
 */
export async function readCurrent(reader: SecretReader, deadlineMs: number): Promise<StoredCredential> {
  const { store, secretId, clock } = reader;
  const found = await untilVisible(clock, deadlineMs, async () => {
    const { arn, stages } = await store.describe(secretId);
    const versionId = [...stages].find(([, labels]) => labels.includes('AWSCURRENT'))?.[0];
    const version = versionId === undefined ? undefined : await store.read(secretId, versionId);
    return version && { secretArn: arn, version };
  });
  if (!found) {
    throw new SessionSetupError(
      `The secret ${secretId} has no value with the label AWSCURRENT: store {"username": "…", "password": "…"} in it.`,
    );
  }
  const { secretArn, version } = found;
  const { versionId, createdAt: storedAt } = version;
  return { secretArn, versionId, storedAt, ...readCredential(secretArn, version.value) };
}
