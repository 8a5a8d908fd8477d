import { AwsCallError } from '../aws-call.ts';
import type { Clock } from '../clock.ts';
import { PresentableError } from '../errors.ts';
import { type Credential, CredentialNotInitializedError, readCredential } from './credential.ts';
import {
  AWSCURRENT,
  type SecretDescription,
  type SecretStore,
  type SecretVersion,
} from './secrets-manager.ts';

/** Secrets Manager could not be read or written. */
export class SecretStoreError extends PresentableError {
  override readonly name = 'SecretStoreError';
}

/** The secret, and the time until which Secrets Manager is asked again (by `clock`). */
export type SecretAccess = { store: SecretStore; clock: Clock; secretArn: string; deadlineMs: number };

/** A version as it is stored: its credential, or the problem with its value. */
export type StoredVersion = ReadableVersion | UnreadableVersion;
export type ReadableVersion = SecretVersion & {
  value: string;
  credential: Credential;
  problem: undefined;
};
type UnreadableVersion = SecretVersion & { credential: undefined; problem: PresentableError };

/** Returns the version that a staging label is on. */
export function versionLabelled(stages: SecretDescription['stages'], label: string): string | undefined {
  for (const [versionId, labels] of stages) if (labels.includes(label)) return versionId;
  return undefined;
}

/** The pauses between reads of a missing version or label: reads are eventually consistent. */
const PAUSES_MS = [100, 200, 400, 800, 1_600, 2_000];

/** Asks again, for some seconds, until there is an answer. */
export async function untilVisible<T>(
  clock: Clock,
  deadlineMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const pauseMs of PAUSES_MS) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (clock.nowMs() + pauseMs >= deadlineMs) return undefined;
    await clock.sleep(pauseMs);
  }
  return ask();
}

/** @throws SecretStoreError when Secrets Manager does not answer or refuses */
export function describeSecret({ store, secretArn }: SecretAccess): Promise<SecretDescription> {
  return store.describe(secretArn).catch((cause) => failUnread(secretArn, cause));
}

/**
 * Reads one version once; undefined while it has no value. It is for a version that most often has none.
 * @throws SecretStoreError
 */
export async function readVersionOnce(
  { store, secretArn }: SecretAccess,
  versionId: string,
): Promise<StoredVersion | undefined> {
  const version = await store.read(secretArn, versionId).catch((cause) => failUnread(secretArn, cause));
  return version && asStored(secretArn, version);
}

/**
 * Reads one version, for some seconds again and again; undefined when no value is visible by then. @throws as
 * `readVersionOnce`
 */
export function readVersion(access: SecretAccess, versionId: string): Promise<StoredVersion | undefined> {
  return untilVisible(access.clock, access.deadlineMs, () => readVersionOnce(access, versionId));
}

/**
 * Reads the version that AWSCURRENT is on, by its id: a read by label may show the state before a change.
 * @throws as `readVersionOnce`; CredentialNotInitializedError when no version has the label
 */
export async function readCurrent(
  access: SecretAccess,
  { stages }: Pick<SecretDescription, 'stages'>,
): Promise<StoredVersion> {
  const versionId = versionLabelled(stages, AWSCURRENT);
  const version =
    versionId === undefined
      ? undefined
      : await untilVisible(access.clock, access.deadlineMs, () => readVersionOnce(access, versionId));
  if (version) return version;
  throw new CredentialNotInitializedError(
    `The secret ${access.secretArn} has no current value: store the ThingSpace username and its current ` +
      'password in it, then rotate.',
  );
}

export function asStored(secretArn: string, version: SecretVersion): StoredVersion {
  const { value = '' } = version;
  try {
    return { ...version, value, credential: readCredential(secretArn, version.value), problem: undefined };
  } catch (problem) {
    if (!(problem instanceof PresentableError)) throw problem;
    return { ...version, credential: undefined, problem };
  }
}

/** @throws SecretStoreError for a failure of the call; any other failure as it is */
function failUnread(secretArn: string, cause: unknown): never {
  if (!(cause instanceof AwsCallError)) throw cause;
  throw new SecretStoreError(
    `The secret ${secretArn} cannot be read (${cause.errorName}). Nothing was changed; check the function’s ` +
      'permissions and Secrets Manager’s health. A retry continues from here.',
    { cause },
  );
}
