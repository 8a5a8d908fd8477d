import { AwsCallError } from '../aws-call.ts';
import type { Clock } from '../clock.ts';
import { PresentableError } from '../errors.ts';
import {
  type Credential,
  CredentialNotInitializedError,
  editableText,
  readCredential,
  withCredential,
  withPassword,
} from './credential.ts';
import {
  AWSCURRENT,
  type SecretDescription,
  type SecretStore,
  type SecretVersion,
  untilVisible,
  versionLabelled,
} from './secrets-manager.ts';
import { mayMean } from './username.ts';

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

/** @throws SecretStoreError when Secrets Manager does not answer or refuses */
export function describeSecret({ store, secretArn }: SecretAccess): Promise<SecretDescription> {
  return reading(secretArn, () => store.describe(secretArn));
}

/**
 * Reads one version once; undefined while it has no value. It is for a version that most often has none.
 * @throws SecretStoreError
 */
export async function readVersionOnce(
  { store, secretArn }: SecretAccess,
  versionId: string,
): Promise<StoredVersion | undefined> {
  const version = await reading(secretArn, () => store.read(secretArn, versionId));
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
  const version = versionId === undefined ? undefined : await readVersion(access, versionId);
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

/**
 * Returns the value of a version with another password and every other member as an operator has edited it. If only its
 * username or password cannot be used, both are replaced. Undefined when no members can be kept: not JSON, binary, the
 * placeholder, or a value that was meant for another username.
 */
export function withEditsOf(
  secretArn: string,
  version: StoredVersion,
  credential: Credential,
): string | undefined {
  if (version.credential) return withPassword(secretArn, version.value, credential.password);
  if (version.problem instanceof CredentialNotInitializedError) return undefined;
  const text = editableText(version.value);
  if (text === undefined || !mayMean(JSON.parse(text).username, credential.username)) return undefined;
  return withCredential(text, credential);
}

async function reading<T>(secretArn: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof AwsCallError)) throw cause;
    throw new SecretStoreError(
      `The secret ${secretArn} cannot be read (${cause.errorName}). Nothing was changed; check the function’s ` +
        'permissions and Secrets Manager’s health. A retry continues from here.',
      { cause },
    );
  }
}
