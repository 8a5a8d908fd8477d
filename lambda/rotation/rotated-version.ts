import { committedVersion } from '../ledger/journal.ts';
import { CredentialNotInitializedError } from '../secret/credential.ts';
import type { SecretDescription, SecretVersion } from '../secret/secrets-manager.ts';
import { type Invocation, type Services, type StepInvocation, untilVisible } from './context.ts';
import { StaleRotationError } from './errors.ts';
import {
  AWSCURRENT,
  AWSPENDING,
  describe,
  type Holder,
  readHolder,
  readVersionOnce,
  takePendingOff,
} from './secret.ts';

/** The event may name the secret; what is stored names its ARN. */
export async function describeInto(services: Services, invocation: Invocation): Promise<SecretDescription> {
  const secret = await describe(services, invocation.secretArn);
  invocation.secretArn = secret.arn;
  return secret;
}

/** A secret that a person has yet to fill is no failure: it is so between deployment and first use. */
export async function readIfInitialized(
  services: Services,
  invocation: Invocation,
  secret: SecretDescription,
): Promise<Holder | undefined> {
  const empty = (failure: unknown) => {
    if (!(failure instanceof CredentialNotInitializedError)) throw failure;
    services.log('The secret holds no credentials yet: nothing to do', { secretArn: invocation.secretArn });
    return undefined;
  };
  const holder = await readHolder(services, invocation, secret).catch(empty);
  if (!(holder?.problem instanceof CredentialNotInitializedError)) return holder;
  // A placeholder over a credential that was rotated before is a mistake, and is put right.
  return (await services.ledger.usernameOf(invocation.secretArn)) === undefined
    ? empty(holder.problem)
    : holder;
}

/**
 * The version that the rotation has ended with, while AWSCURRENT is on it: its token's, or the one that a
 * person's edit made necessary; the ledger knows. `schedule test`: Secrets Manager tests a schedule with a
 * version that has no value, or AWSCURRENT's (docs/aws.md).
 * @throws StaleRotationError: a late step tests nothing that apps do not read
 */
export async function versionOfRotation(
  services: Services,
  step: StepInvocation,
  described: SecretDescription,
): Promise<SecretVersion | 'schedule test'> {
  let secret: SecretDescription | undefined = described;
  const found = await untilVisible(services.clock, step.deadlineMs, async () => {
    const { stages } = secret ?? (await describe(services, step.secretArn));
    secret = undefined;
    if (stages.get(step.token)?.includes(AWSCURRENT)) return readVersionOnce(services, step, step.token);
    const holder = await readIfInitialized(services, step, { ...described, stages });
    if (!holder) return 'schedule test';
    if (!holder.credential) throw holder.problem;
    const { state } = await services.ledger.read(holder.credential.username, step.deadlineMs);
    const { journal } = state;
    // What the ledger says was made current is seen so within some seconds.
    if (journal.state === 'committed' && journal.token === step.token) {
      return holder.versionId === committedVersion(journal) ? holder : undefined;
    }
    const own = await readVersionOnce(services, step, step.token);
    return !own || own.value === holder.value ? 'schedule test' : 'stale';
  });
  if (found === undefined || found === 'stale') throw await stale(services, step);
  return found;
}

/** A step of an earlier rotation moves and tests nothing, and leaves no label behind. */
export async function stale(
  services: Services,
  { secretArn, token }: StepInvocation,
): Promise<StaleRotationError> {
  const { stages } = await describe(services, secretArn);
  const labels = stages.get(token) ?? [];
  if (labels.includes(AWSPENDING) && !labels.includes(AWSCURRENT))
    await takePendingOff(services, secretArn, token);
  return new StaleRotationError(
    `Version ${token} of ${secretArn} is not AWSCURRENT: the step belongs to a rotation that a later change has overtaken. ` +
      'No password was presented and none was changed. If apps are refused, store a working password as a new version; ' +
      'then rotate.',
  );
}
