import { committedVersion } from '../ledger/journal.ts';
import { CredentialNotInitializedError } from '../secret/credential.ts';
import { AWSCURRENT, AWSPENDING, type SecretDescription } from '../secret/secrets-manager.ts';
import {
  describeSecret,
  type ReadableVersion,
  readCurrent,
  readVersionOnce,
  type StoredVersion,
} from '../secret/stored-version.ts';
import { takePendingOff } from '../secret/swap.ts';
import { untilVisible } from '../secret/until-visible.ts';
import type { Invocation, StepInvocation } from './context.ts';
import { RotationNotEnabledError, StaleRotationError } from './errors.ts';

/** Describes the secret and takes its ARN over: an event may carry the name, but ledger and journal use the ARN. */
export async function describeInto(invocation: Invocation): Promise<SecretDescription> {
  const secret = await describeSecret(invocation);
  invocation.secretArn = secret.arn;
  return secret;
}

/**
 * Checks an event against the secret: rotation is on, and whether Secrets Manager has staged the token.
 * @throws RotationNotEnabledError, SecretStoreError
 */
export async function checkStaged(
  step: StepInvocation,
): Promise<{ secret: SecretDescription; staged: boolean }> {
  let secret: SecretDescription | undefined;
  const staged = await untilVisible(step.clock, step.deadlineMs, async () => {
    secret = await describeInto(step);
    if (!secret.rotationEnabled) {
      throw new RotationNotEnabledError(
        `Rotation is off for the secret ${secret.arn}: turn it on with \`aws secretsmanager rotate-secret\` and this ` +
          'function’s ARN, or do not invoke the function by hand.',
      );
    }
    const labels = secret.stages.get(step.token) ?? [];
    return labels.includes(AWSPENDING) || labels.includes(AWSCURRENT) || undefined;
  });
  return { secret: secret ?? (await describeInto(step)), staged: staged ?? false };
}

/**
 * Reads AWSCURRENT; returns undefined for a secret without credentials, which is not a failure between deployment and
 * first use.
 */
export async function readIfInitialized(
  invocation: Invocation,
  secret: Pick<SecretDescription, 'stages'>,
): Promise<StoredVersion | undefined> {
  const { ledger, log, secretArn } = invocation;
  const empty = (failure: unknown) => {
    if (!(failure instanceof CredentialNotInitializedError)) throw failure;
    log('The secret holds no credentials yet: nothing to do', { secretArn });
    return undefined;
  };
  const current = await readCurrent(invocation, secret).catch(empty);
  if (!(current?.problem instanceof CredentialNotInitializedError)) return current;
  // A placeholder over a credential that was rotated before is a mistake, and is put right.
  return (await ledger.usernameOf(secretArn)) === undefined ? empty(current.problem) : current;
}

/**
 * The version that the rotation has ended with, while AWSCURRENT is on it: its token's, or the one that an operator's
 * edit made necessary; the ledger records which. `schedule test`: Secrets Manager tests a schedule with a version that
 * has no value, or AWSCURRENT's (docs/aws.md).
 * @throws StaleRotationError for a late step; CredentialNotInitializedError, SecretShapeError, SecretStoreError
 */
export async function versionOfRotation(
  step: StepInvocation,
  described: SecretDescription,
): Promise<ReadableVersion | 'schedule test'> {
  let secret: SecretDescription | undefined = described;
  const found = await untilVisible(step.clock, step.deadlineMs, async () => {
    const { stages } = secret ?? (await describeSecret(step));
    secret = undefined;
    if (stages.get(step.token)?.includes(AWSCURRENT)) return readVersionOnce(step, step.token);
    const current = await readIfInitialized(step, { stages });
    if (!current) return 'schedule test';
    if (!current.credential) throw current.problem;
    const { state } = await step.ledger.read(current.credential.username, step.deadlineMs);
    const { journal } = state;
    // Secrets Manager shows a version as AWSCURRENT some seconds after the ledger recorded it.
    if (journal.state === 'committed' && journal.token === step.token) {
      return current.versionId === committedVersion(journal) ? current : undefined;
    }
    // The step is repeated: its answer was lost, or Secrets Manager tries the rotation again.
    if (journal.state === 'idle' && journal.lastToken === step.token) {
      if (journal.lastVersion === current.versionId) return current;
    }
    const own = await readVersionOnce(step, step.token);
    return !own || own.value === current.value ? 'schedule test' : 'stale';
  });
  if (found === undefined || found === 'stale') return failStale(step);
  if (found !== 'schedule test' && !found.credential) throw found.problem;
  return found;
}

/** A step of an earlier rotation moves and tests nothing, and leaves no label behind. @throws StaleRotationError */
export async function failStale(step: StepInvocation): Promise<never> {
  const { secretArn, token } = step;
  const { stages } = await describeSecret(step);
  const labels = stages.get(token) ?? [];
  if (labels.includes(AWSPENDING) && !labels.includes(AWSCURRENT)) await takePendingOff(step, token);
  throw new StaleRotationError(
    `Version ${token} of ${secretArn} is not AWSCURRENT: the step belongs to a rotation that a later change has overtaken. ` +
      'No password was presented and none was changed. If apps are refused, store a working password as a new version; ' +
      'then rotate.',
  );
}
