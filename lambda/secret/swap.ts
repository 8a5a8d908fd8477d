import { createHash } from 'node:crypto';
import { AwsCallError } from '../aws-call.ts';
import { checkStorable } from './credential.ts';
import { AWSCURRENT, AWSPENDING, type RECOVERED } from './secrets-manager.ts';
import { describeSecret, type SecretAccess, SecretStoreError, versionLabelled } from './stored-version.ts';

/**
 * The writes of the function: a value is stored as a version labelled AWSPENDING, and AWSCURRENT is moved to it by
 * compare-and-swap. No other code of the function makes a version current.
 */

const MAX_PAUSE_MS = 5_000;

/**
 * Stores a value as the version `versionId`, labelled AWSPENDING (or `label`). Repeats the identical bytes until the
 * deadline: the same value under the same id is ignored by Secrets Manager.
 * @returns false when the version holds another value already
 * @throws SecretTooLargeError before anything is written; SecretStoreError
 */
export async function storePending(
  access: SecretAccess & { rotationToken: string | undefined },
  versionId: string,
  value: string,
  label: typeof AWSPENDING | typeof RECOVERED = AWSPENDING,
): Promise<boolean> {
  const { store, secretArn, rotationToken } = access;
  checkStorable(secretArn, value);
  const write = { secretId: secretArn, token: versionId, rotationToken, value, stages: [label] };
  return repeat(
    access,
    () => store.put(write),
    async (errorName) => (errorName === 'ResourceExistsException' ? 'refused' : 'unclear'),
  );
}

/** Secrets Manager's errors when the label is not on the version that it is to be taken from. */
const REFUSALS = ['InvalidParameterException', 'InvalidRequestException', 'ResourceNotFoundException'];

/**
 * Moves AWSCURRENT from one version to another. Secrets Manager refuses when the label is not on `from`
 * (docs/aws.md).
 * @returns whether AWSCURRENT is on `to` now; false when it was moved elsewhere meanwhile
 * @throws SecretStoreError
 */
export function swapCurrent(access: SecretAccess, from: string, to: string): Promise<boolean> {
  const { store, secretArn } = access;
  return repeat(
    access,
    () => store.moveStage(secretArn, AWSCURRENT, { to, from }),
    async (errorName) => {
      if (!REFUSALS.includes(errorName)) return 'unclear';
      const current = versionLabelled((await describeSecret(access)).stages, AWSCURRENT);
      if (current === to) return 'done';
      // While the label is still seen where it no longer is, the read is from before the change.
      return current === from ? 'unclear' : 'refused';
    },
  );
}

/** Repeats a write until it is done or refused; throws when its result is still unclear at the deadline. */
async function repeat(
  { clock, secretArn, deadlineMs }: SecretAccess,
  write: () => Promise<void>,
  meaningOf: (errorName: string) => Promise<'done' | 'refused' | 'unclear'>,
): Promise<boolean> {
  for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      await write();
      return true;
    } catch (cause) {
      const meaning = await meaningOf(nameOf(cause));
      if (meaning !== 'unclear') return meaning === 'done';
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
export async function takePendingOff(access: SecretAccess, versionId: string): Promise<void> {
  const { store, secretArn } = access;
  try {
    await store.moveStage(secretArn, AWSPENDING, { from: versionId });
  } catch (cause) {
    // The answer of an earlier try may have been lost, or the label has moved: then it is off already.
    const { stages } = await describeSecret(access);
    if (!stages.get(versionId)?.includes(AWSPENDING)) return;
    throw new SecretStoreError(
      `AWSPENDING could not be taken off version ${versionId} of ${secretArn} (${nameOf(cause)}). No password is affected; ` +
        'a retry cleans up.',
      { cause },
    );
  }
}

/**
 * Returns an id for a version that the function adds. The same history gives the same id, so that a repetition stores
 * the same bytes under the same version.
 */
export function versionIdFor(...history: readonly (string | number)[]): string {
  return createHash('sha256').update(history.join(' ')).digest('hex').slice(0, 32);
}

function notStored(secretArn: string, cause: unknown): SecretStoreError {
  return new SecretStoreError(
    `The new password could not be stored in ${secretArn} and made current (${nameOf(cause)}). It is not lost: it is ` +
      'sealed, and the next retry, or the recover event, continues. Check the function’s permissions and Secrets ' +
      'Manager’s health.',
    { cause },
  );
}

const nameOf = (failure: unknown): string =>
  failure instanceof AwsCallError ? failure.errorName : 'an unknown error';
