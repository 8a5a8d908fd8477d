import { ExchangeInProgressError, ReplacedPasswordError } from '../ledger/errors.ts';
import { committedVersion, finish } from '../ledger/journal.ts';
import { credentialKey } from '../ledger/state.ts';
import { bytesTooMany, noRoomError } from '../secret/credential.ts';
import { AWSCURRENT, AWSPENDING, type SecretDescription } from '../secret/secrets-manager.ts';
import {
  describeSecret,
  type ReadableVersion,
  readVersionOnce,
  untilVisible,
  versionLabelled,
} from '../secret/stored-version.ts';
import { takePendingOff } from '../secret/swap.ts';
import { rotationOff } from '../situations/seen.ts';
import { toDo } from '../situations/steps.ts';
import { changePassword } from './change-password.ts';
import { type Invocation, readEvent, type Services, type StepInvocation } from './context.ts';
import { readIfInitialized, recover } from './daily-check.ts';
import { RotationError } from './errors.ts';
import { checkHold, liftHolds, placeHold } from './holds.ts';
import { logInAndOut } from './log-in.ts';
import { movePause } from './pauses.ts';
import { recoverPending } from './recovery.ts';
import { recordFailure, recordTrouble } from './standing-trouble.ts';

/** Kept at the end of an invocation to record and log its failure. */
const CLOSING_MS = 1_000;

/**
 * One invocation: checks the event, then does its step.
 * @param remainingMs how long the invocation may live
 * @throws a named error for every failure
 */
export async function perform(services: Services, input: unknown, remainingMs: number): Promise<void> {
  const startedAtMs = services.clock.nowMs();
  const event = readEvent(input);
  const { step: name, secretId: secretArn, token, rotationToken } = event;
  services.log('Invoked', { step: name, secretId: secretArn });
  const deadlineMs = startedAtMs + remainingMs - CLOSING_MS;
  const invocation: Invocation = { ...services, secretArn, token, rotationToken, startedAtMs, deadlineMs };
  // A read is no step: its failure is no trouble of the rotation.
  if (event.step === 'read') return (await import('./secret-read.ts')).announceRead(invocation, event.read);
  // ThingSpace has set the new password when it made it, and createSecret has stored it.
  if (name === 'setSecret') return services.log('Nothing to set', { secretArn, token });
  try {
    const secret = await describeSecret(invocation);
    // An event may carry the name; ledger and journal use the ARN.
    invocation.secretArn = secret.arn;
    if (token === undefined) return await recover(invocation, secret);
    const step = Object.assign(invocation, { token });
    if (name === 'createSecret') await createSecret(step, secret);
    if (name === 'testSecret') await testSecret(step, secret);
    if (name === 'finishSecret') await finishSecret(step, secret);
  } catch (failure) {
    if (failure instanceof Error) {
      await placeHold(invocation, failure);
      await recordFailure(invocation, failure);
    }
    throw failure;
  }
  return undefined;
}

/** How often other invocations may overtake the step before it leaves the exchange to a retry. */
const MAX_OVERTAKEN = 3;

/**
 * Has ThingSpace make a new password and makes it current, once per token. An exchange that an earlier invocation began
 * is finished or resolved first, also when Secrets Manager has moved on to another token. If another invocation
 * exchanges meanwhile, the step begins again and ends with that result.
 * @throws TokenNotStagedError
 */
async function createSecret(
  step: StepInvocation,
  described: SecretDescription,
  overtaken = 0,
): Promise<void> {
  const { secretArn, token, sealer, holdsOn, log } = step;
  const { secret, staged } = await checkStaged(step, described);
  // KMS makes the key beside recovery's reads. Its failure is thrown where the key is awaited, and nowhere else: a
  // rotation that needs no key ends well without one.
  const key = sealer.newKey({ secretArn, token });
  const made = key.catch(() => undefined);
  try {
    const recovered = await recoverPending(step, secret);
    if (recovered.found === 'stored') return await liftHolds(step);
    if (!staged) throw notStagedError(step);
    const { username, current, isNew, former } = recovered;
    if (bytesTooMany(current.value) > 0) throw noRoomError(secretArn, current.value);
    if (isNew) await takeOverUsername(step, username, former);
    if (holdsOn) await checkHold(step, username);
    try {
      return await changePassword(step, current, key);
    } catch (failure) {
      const byAnother =
        failure instanceof ReplacedPasswordError || failure instanceof ExchangeInProgressError;
      if (!byAnother || overtaken >= MAX_OVERTAKEN) throw failure;
      log('Another invocation exchanges the password', { failure: failure.name });
    }
  } finally {
    // The invocation ends after KMS has answered: a frozen call would bring the key later, and nothing would wipe it.
    (await made)?.plaintext.fill(0);
  }
  return createSecret(step, await describeSecret(step), overtaken + 1);
}

/**
 * Logs in with the new password, once, and out again. Sends nothing when Secrets Manager only tests a schedule.
 * @throws StaleRotationError, PasswordRefusedError, LockoutGuardError and what a log-in throws
 */
async function testSecret(step: StepInvocation, secret: SecretDescription): Promise<void> {
  const { log, token } = step;
  const version = await versionOfRotation(step, secret);
  if (version === 'schedule test') {
    log('No new password to test: the secret’s shape is right', { secretArn: step.secretArn });
    return;
  }
  const { versionId, credential } = version;
  step.username = credential.username;
  await logInAndOut(step, versionId, credential, 'test');
  log('The new password works', { username: credential.username, token });
}

/**
 * Takes AWSPENDING off, ends the journal, and announces once that the password was rotated.
 * @throws StaleRotationError, SecretStoreError, LedgerUnavailableError
 */
async function finishSecret(step: StepInvocation, secret: SecretDescription): Promise<void> {
  const { ledger, metrics, log, token, deadlineMs } = step;
  const version = await versionOfRotation(step, secret);
  if (version === 'schedule test') return failStale(step);
  const { username } = version.credential;
  step.username = username;
  const pending = versionLabelled(secret.stages, AWSPENDING);
  if (pending === token || pending === version.versionId) await takePendingOff(step, pending);
  const ended = await ledger.change(
    username,
    deadlineMs,
    (state, now) => finish(state, token, username, now),
    { flushAudit: true },
  );
  if (!ended) return;
  metrics.count('RotationSucceeded', credentialKey(username));
  log('The password was rotated', { username, secretArn: step.secretArn, token });
}

/**
 * Checks an event against the secret: rotation is on, and whether Secrets Manager has staged the token.
 * @throws RotationNotEnabledError, SecretStoreError
 */
async function checkStaged(
  step: StepInvocation,
  described: SecretDescription,
): Promise<{ secret: SecretDescription; staged: boolean }> {
  let secret = described;
  let isFresh = true;
  const staged = await untilVisible(step.clock, step.deadlineMs, async () => {
    if (!isFresh) secret = await describeSecret(step);
    isFresh = false;
    if (!secret.rotationEnabled) {
      throw new RotationError(
        'RotationNotEnabledError',
        `Rotation is off for the secret ${secret.arn}, so the function does nothing for it. ${toDo(rotationOff.todo, { secretArn: secret.arn })}`,
      );
    }
    const labels = secret.stages.get(step.token) ?? [];
    return labels.includes(AWSPENDING) || labels.includes(AWSCURRENT) || undefined;
  });
  return { secret, staged: staged ?? false };
}

/** Records the username before its first exchange, for invocations that cannot read the secret's value. */
async function takeOverUsername(
  step: StepInvocation,
  username: string,
  former: string | undefined,
): Promise<void> {
  const { ledger, log, secretArn, deadlineMs } = step;
  if (former === undefined) return ledger.rememberUsernameOf(secretArn, username);
  log('The secret names another username than at its last rotation', { secretArn, username, former });
  await recordTrouble(step, () => ({ kind: 'username-changed' }));
  await movePause(step, { former, username });
  await ledger.change(former, deadlineMs, (state) => {
    if (state.secretArn === secretArn) delete state.secretArn;
  });
  // This write is the last: a retry must still find the former username.
  await ledger.rememberUsernameOf(secretArn, username);
}

/**
 * The version that the rotation has ended with, while AWSCURRENT is on it: its token's, or the one that an operator's
 * edit made necessary; the ledger records which. `schedule test`: Secrets Manager tests a schedule with a version that
 * has no value, or AWSCURRENT's (docs/aws.md).
 * @throws StaleRotationError for a late step; CredentialNotInitializedError, SecretShapeError, SecretStoreError
 */
async function versionOfRotation(
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
async function failStale(step: StepInvocation): Promise<never> {
  const { secretArn, token } = step;
  const { stages } = await describeSecret(step);
  const labels = stages.get(token) ?? [];
  if (labels.includes(AWSPENDING) && !labels.includes(AWSCURRENT)) await takePendingOff(step, token);
  throw new RotationError(
    'StaleRotationError',
    `Version ${token} of ${secretArn} is not AWSCURRENT: the step belongs to a rotation that a later change has overtaken. ` +
      'No password was presented and none was changed.',
  );
}

function notStagedError({ secretArn, token }: StepInvocation): RotationError {
  return new RotationError(
    'TokenNotStagedError',
    `Secrets Manager has staged no version ${token} of the secret ${secretArn}: the event is from a rotation that is ` +
      'over or was made by hand.',
  );
}
