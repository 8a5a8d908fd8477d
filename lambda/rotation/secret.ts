import { AwsCallError } from '../aws-call.ts';
import { type Credential, CredentialNotInitializedError, readCredential } from '../secret/credential.ts';
import type { SecretDescription, SecretVersion } from '../secret/secrets-manager.ts';
import { RotationNotEnabledError, SecretStoreError, TokenNotStagedError } from './errors.ts';
import type { RotationEvent } from './event.ts';
import { type Errand, patiently, type Rotation } from './rotation.ts';

/** The version that apps read, with the credential in it. */
export type Current = SecretVersion & Credential;

export const AWSCURRENT = 'AWSCURRENT';
export const AWSPENDING = 'AWSPENDING';

/** @throws SecretStoreError when Secrets Manager does not answer or refuses */
export async function describe({ store }: Rotation, secretId: string): Promise<SecretDescription> {
  return reading(secretId, () => store.describe(secretId));
}

/** One version's value; undefined while it has none (or none is visible, for some seconds). */
export async function readVersion(
  { store, clock }: Rotation,
  errand: Errand,
  versionId: string,
): Promise<SecretVersion | undefined> {
  return patiently(clock, errand.deadlineMs, () =>
    reading(errand.secretArn, () => store.read(errand.secretArn, versionId)),
  );
}

/** The same without patience: for a version that most often has no value. */
export async function glanceAtVersion(
  { store }: Rotation,
  errand: Errand,
  versionId: string,
): Promise<SecretVersion | undefined> {
  return reading(errand.secretArn, () => store.read(errand.secretArn, versionId));
}

/**
 * What AWSCURRENT holds, read by version id: a read by label may be answered from before a change.
 * @throws SecretStoreError, SecretShapeError, CredentialNotInitializedError
 */
export async function readCurrent(
  rotation: Rotation,
  errand: Errand,
  secret?: SecretDescription,
): Promise<Current> {
  const { stages } = secret ?? (await describe(rotation, errand.secretArn));
  const versionId = holderOf(stages, AWSCURRENT);
  const version = versionId === undefined ? undefined : await readVersion(rotation, errand, versionId);
  if (version === undefined) {
    throw new CredentialNotInitializedError(
      `The secret ${errand.secretArn} has no current value: store the ThingSpace username and its current password ` +
        'in it, then rotate.',
    );
  }
  return { ...version, ...readCredential(errand.secretArn, version.value) };
}

/** The version that a staging label is on. */
export function holderOf(stages: SecretDescription['stages'], stage: string): string | undefined {
  for (const [versionId, labels] of stages) if (labels.includes(stage)) return versionId;
  return undefined;
}

/**
 * Checks an event against the secret: rotation is on and Secrets Manager has staged the token.
 * @throws RotationNotEnabledError, TokenNotStagedError, SecretStoreError
 */
export async function checkStaged(
  rotation: Rotation,
  { secretId, token }: RotationEvent,
  deadlineMs: number,
): Promise<SecretDescription> {
  const staged = await patiently(rotation.clock, deadlineMs, async () => {
    const secret = await describe(rotation, secretId);
    if (!secret.rotationEnabled) {
      throw new RotationNotEnabledError(
        `Rotation is off for the secret ${secret.arn}: turn it on with \`aws secretsmanager rotate-secret\` and this ` +
          'function’s ARN, or do not invoke the function by hand.',
      );
    }
    const labels = secret.stages.get(token) ?? [];
    return labels.includes(AWSPENDING) || labels.includes(AWSCURRENT) ? secret : undefined;
  });
  if (staged) return staged;
  throw new TokenNotStagedError(
    `Secrets Manager has staged no version ${token} of the secret ${secretId}: the event is from a rotation that is ` +
      'over or was made by hand. Start a new rotation.',
  );
}

async function reading<T>(secretId: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof AwsCallError)) throw cause;
    throw new SecretStoreError(
      `The secret ${secretId} cannot be read (${cause.errorName}). Nothing was changed; check the function’s ` +
        'permissions and Secrets Manager’s health. A retry goes on from here.',
      { cause },
    );
  }
}
