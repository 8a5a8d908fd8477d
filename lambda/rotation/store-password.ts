import { AwsCallError } from '../aws-call.ts';
import { withPassword } from '../secret/credential.ts';
import { SecretStoreError } from './errors.ts';
import type { Errand, Rotation } from './rotation.ts';
import { AWSCURRENT, AWSPENDING, type Current } from './secret.ts';

const LONGEST_PAUSE_MS = 5_000;

/**
 * Stores a new password as the version `token` and makes it current, in one call: every second in which
 * AWSCURRENT names the old password can only burn log-ins. Repeats the identical bytes until the deadline.
 * @throws SecretStoreError
 */
export async function storePassword(
  { store, clock }: Rotation,
  { secretArn, rotationToken, deadlineMs }: Errand,
  token: string,
  current: Current,
  password: string,
): Promise<void> {
  const value = withPassword(secretArn, current.value, password);
  const write = { secretId: secretArn, token, rotationToken, value, stages: [AWSCURRENT, AWSPENDING] };
  for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await store.put(write);
    } catch (cause) {
      if (isTaken(cause)) return makeCurrent({ store }, secretArn, token, current.versionId, value, cause);
      if (clock.nowMs() + pauseMs >= deadlineMs) {
        throw new SecretStoreError(
          `The new password could not be stored in ${secretArn} (${nameOf(cause)}). It is not lost: it is sealed, and ` +
            'the next retry, or the recover event, stores it. Check the function’s permissions and Secrets ' +
            'Manager’s health.',
          { cause },
        );
      }
    }
    await clock.sleep(pauseMs);
  }
}

/**
 * The version has a value already (a put is ignored then, or refused): if it is ours, only the label is
 * missing. A value that is not ours is never overwritten.
 */
export async function makeCurrent(
  { store }: Pick<Rotation, 'store'>,
  secretArn: string,
  token: string,
  from: string,
  value: string,
  cause?: unknown,
): Promise<void> {
  const stored = await store.read(secretArn, token);
  if (stored?.value !== value) {
    throw new SecretStoreError(
      `Version ${token} of ${secretArn} holds another value than the new password. The new password is sealed and not ` +
        'lost: start a new rotation, which stores it under a new version.',
      { cause },
    );
  }
  const { stages } = await store.describe(secretArn);
  if (!stages.get(token)?.includes(AWSCURRENT)) {
    await store.moveStage(secretArn, AWSCURRENT, { to: token, from });
  }
}

const isTaken = (failure: unknown): boolean =>
  failure instanceof AwsCallError && failure.errorName === 'ResourceExistsException';

const nameOf = (failure: unknown): string =>
  failure instanceof AwsCallError ? failure.errorName : 'an unknown error';
