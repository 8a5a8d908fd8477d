import { AwsCallError } from '../aws-call.ts';
import { PresentableError } from '../errors.ts';
import { type Credential, CredentialNotInitializedError, readCredential } from '../secret/credential.ts';
import type { SecretDescription, SecretVersion } from '../secret/secrets-manager.ts';
import { type Invocation, type Services, untilVisible } from './context.ts';
import { RotationNotEnabledError, SecretStoreError } from './errors.ts';
import type { RotationEvent } from './event.ts';

export const AWSCURRENT = 'AWSCURRENT';
export const AWSPENDING = 'AWSPENDING';

/** The version that apps read, with the credential in it. */
export type Current = SecretVersion & Credential;
/** The version that apps read, also when no credential can be read from it. */
export type Holder = SecretVersion & {
  credential: Credential | undefined;
  problem: PresentableError | undefined;
};

/** @throws SecretStoreError when Secrets Manager does not answer or refuses */
export function describe({ store }: Services, secretId: string): Promise<SecretDescription> {
  return reading(secretId, () => store.describe(secretId));
}

/** One version's value; undefined while it has none. Not asked again: for a version that most often has none. */
export function readVersionOnce(
  { store }: Services,
  { secretArn }: Invocation,
  versionId: string,
): Promise<SecretVersion | undefined> {
  return reading(secretArn, () => store.read(secretArn, versionId));
}

/** One version's value; undefined when it has none, or none is visible for some seconds. */
export function readVersion(
  services: Services,
  invocation: Invocation,
  versionId: string,
): Promise<SecretVersion | undefined> {
  return untilVisible(services.clock, invocation.deadlineMs, () =>
    readVersionOnce(services, invocation, versionId),
  );
}

/**
 * What AWSCURRENT is on, read by version id: a read by label may be answered from before a change.
 * @throws SecretStoreError; CredentialNotInitializedError when no version has the label
 */
export async function readHolder(
  services: Services,
  invocation: Invocation,
  secret: SecretDescription,
): Promise<Holder> {
  const versionId = holderOf(secret.stages, AWSCURRENT);
  const version = versionId === undefined ? undefined : await readVersion(services, invocation, versionId);
  if (version === undefined) {
    throw new CredentialNotInitializedError(
      `The secret ${invocation.secretArn} has no current value: store the ThingSpace username and its current ` +
        'password in it, then rotate.',
    );
  }
  try {
    return {
      ...version,
      credential: readCredential(invocation.secretArn, version.value),
      problem: undefined,
    };
  } catch (problem) {
    if (!(problem instanceof PresentableError)) throw problem;
    return { ...version, credential: undefined, problem };
  }
}

/** The version that a staging label is on. */
export function holderOf(stages: SecretDescription['stages'], stage: string): string | undefined {
  for (const [versionId, labels] of stages) if (labels.includes(stage)) return versionId;
  return undefined;
}

/**
 * Checks an event against the secret: rotation is on, and whether Secrets Manager has staged the token.
 * @throws RotationNotEnabledError, SecretStoreError
 */
export async function checkStaged(
  services: Services,
  { secretId, token }: RotationEvent,
  deadlineMs: number,
): Promise<{ secret: SecretDescription; staged: boolean }> {
  let secret: SecretDescription | undefined;
  const staged = await untilVisible(services.clock, deadlineMs, async () => {
    secret = await describe(services, secretId);
    if (!secret.rotationEnabled) {
      throw new RotationNotEnabledError(
        `Rotation is off for the secret ${secret.arn}: turn it on with \`aws secretsmanager rotate-secret\` and this ` +
          'function’s ARN, or do not invoke the function by hand.',
      );
    }
    const labels = secret.stages.get(token) ?? [];
    return labels.includes(AWSPENDING) || labels.includes(AWSCURRENT) || undefined;
  });
  return { secret: secret ?? (await describe(services, secretId)), staged: staged ?? false };
}

const MAX_PAUSE_MS = 5_000;

/**
 * Stores a value as the version `versionId`, labelled AWSPENDING. Repeats the identical bytes until the
 * deadline: the same value under the same id is ignored by Secrets Manager.
 * @returns false when the version holds another value already
 * @throws SecretStoreError
 */
export async function storePending(
  { store, clock }: Services,
  { secretArn, rotationToken, deadlineMs }: Invocation,
  versionId: string,
  value: string,
): Promise<boolean> {
  const write = { secretId: secretArn, token: versionId, rotationToken, value, stages: [AWSPENDING] };
  for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      await store.put(write);
      return true;
    } catch (cause) {
      if (nameOf(cause) === 'ResourceExistsException') return false;
      if (clock.nowMs() + pauseMs >= deadlineMs) throw notStored(secretArn, cause);
    }
    await clock.sleep(pauseMs);
  }
}

/** What Secrets Manager answers when the label is not on the version that it is to be taken from. */
const REFUSALS = ['InvalidParameterException', 'InvalidRequestException', 'ResourceNotFoundException'];

/**
 * Moves AWSCURRENT by compare-and-swap: Secrets Manager refuses when the label is not on `from`
 * (docs/aws.md). The only code that makes a version current.
 * @returns whether AWSCURRENT is on `to` now; false when it was moved elsewhere meanwhile
 * @throws SecretStoreError
 */
export async function swapCurrent(
  services: Services,
  { secretArn, deadlineMs }: Invocation,
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  const { store, clock } = services;
  for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      await store.moveStage(secretArn, AWSCURRENT, { to, from });
      return true;
    } catch (cause) {
      if (REFUSALS.includes(nameOf(cause))) {
        const { stages } = await describe(services, secretArn);
        const holder = holderOf(stages, AWSCURRENT);
        if (holder === to) return true;
        // While the label is still seen where it no longer is, the read is from before the change.
        if (holder !== from) return false;
      }
      if (clock.nowMs() + pauseMs >= deadlineMs) throw notStored(secretArn, cause);
    }
    await clock.sleep(pauseMs);
  }
}

/**
 * Takes AWSPENDING off a version. With the label on a version that has a value and is not current, the next
 * RotateSecret would be refused (docs/aws.md).
 * @throws SecretStoreError
 */
export async function takePendingOff(
  services: Services,
  secretArn: string,
  versionId: string,
): Promise<void> {
  try {
    await services.store.moveStage(secretArn, AWSPENDING, { from: versionId });
  } catch (cause) {
    // The answer of an earlier try may have been lost, or the label has moved on: then it is off already.
    const { stages } = await describe(services, secretArn);
    if (!stages.get(versionId)?.includes(AWSPENDING)) return;
    throw new SecretStoreError(
      `AWSPENDING could not be taken off version ${versionId} of ${secretArn} (${nameOf(cause)}). No password is affected; ` +
        'a retry cleans up.',
      { cause },
    );
  }
}

function notStored(secretArn: string, cause: unknown): SecretStoreError {
  return new SecretStoreError(
    `The new password could not be stored in ${secretArn} and made current (${nameOf(cause)}). It is not lost: it is ` +
      'sealed, and the next retry, or the recover event, goes on. Check the function’s permissions and Secrets ' +
      'Manager’s health.',
    { cause },
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

const nameOf = (failure: unknown): string =>
  failure instanceof AwsCallError ? failure.errorName : 'an unknown error';
