import { ExchangeInProgressError, ReplacedPasswordError } from '../ledger/errors.ts';
import { committedVersion, finish } from '../ledger/journal.ts';
import { isNoticeDue } from '../ledger/notice.ts';
import { overdueDays } from '../ledger/pause.ts';
import { credentialKey } from '../ledger/state.ts';
import type { DataKey } from '../sealing/data-key.ts';
import { CredentialNotInitializedError, checkFits } from '../secret/credential.ts';
import {
  AWSCURRENT,
  AWSPENDING,
  type SecretDescription,
  untilVisible,
  versionLabelled,
} from '../secret/secrets-manager.ts';
import {
  describeSecret,
  type ReadableVersion,
  readCurrent,
  readVersionOnce,
  type StoredVersion,
} from '../secret/stored-version.ts';
import { takePendingOff } from '../secret/swap.ts';
import { rotationOff } from '../situations/seen.ts';
import { toDo } from '../situations/steps.ts';
import { changePassword, withDataKey } from './change-password.ts';
import {
  type Invocation,
  type RecoverEvent,
  type RotationEvent,
  readEvent,
  type Services,
  type StepInvocation,
} from './context.ts';
import { RotationError } from './errors.ts';
import { checkHold, liftHolds, placeHold } from './holds.ts';
import { logInAndOut } from './log-in.ts';
import { checkPaused, movePause } from './pauses.ts';
import { recoverPending } from './recovery.ts';
import {
  noteUnfinished,
  proveTroubleOver,
  recordFailure,
  recordTrouble,
  takeTroubleOver,
} from './standing-trouble.ts';

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
  services.log('Invoked', { step: event.step, secretId: event.secretId });
  const invocation: Invocation = {
    ...services,
    secretArn: event.secretId,
    token: undefined,
    rotationToken: undefined,
    startedAtMs,
    deadlineMs: startedAtMs + remainingMs - CLOSING_MS,
  };
  // A read is no step: its failure is no trouble of the rotation.
  if (event.step === 'read') return (await import('./secret-read.ts')).announceRead(invocation, event.read);
  try {
    await run(invocation, event);
  } catch (failure) {
    if (failure instanceof Error) {
      await placeHold(invocation, failure);
      await recordFailure(invocation, failure);
    }
    throw failure;
  }
  return undefined;
}

async function run(invocation: Invocation, event: RotationEvent | RecoverEvent): Promise<void> {
  if (event.step === 'recover') return recover(invocation);
  const { token, rotationToken } = event;
  const step = Object.assign(invocation, { token, rotationToken });
  switch (event.step) {
    case 'createSecret':
      return createSecret(step);
    case 'setSecret':
      return setSecret(step);
    case 'testSecret':
      return testSecret(step);
    case 'finishSecret':
      return finishSecret(step);
  }
}

/** How often other invocations may overtake the step before it leaves the exchange to a retry. */
const MAX_OVERTAKEN = 3;

/**
 * Has ThingSpace make a new password and makes it current, once per token. An exchange that an earlier invocation began
 * is finished or settled first, also when Secrets Manager has moved on to another token. If another invocation
 * exchanges meanwhile, the step begins again and ends with that result.
 * @throws TokenNotStagedError
 */
async function createSecret(step: StepInvocation, overtaken = 0): Promise<void> {
  const { secret, staged } = await checkStaged(step);
  const byAnother = await withDataKey(step, (key) => recoverAndExchange(step, { secret, staged, key }));
  if (!byAnother) return;
  if (overtaken >= MAX_OVERTAKEN) throw byAnother;
  step.log('Another invocation exchanges the password', { failure: byAnother.name });
  await createSecret(step, overtaken + 1);
}

/**
 * The key is made beside the reads of recovery, and awaited before ThingSpace is asked for anything.
 * @returns why the exchange is left to another invocation, if it is
 */
async function recoverAndExchange(
  step: StepInvocation,
  { secret, staged, key }: { secret: SecretDescription; staged: boolean; key: Promise<DataKey> },
): Promise<Error | undefined> {
  const recovered = await recoverPending(step, secret);
  if (recovered.found === 'stored') {
    await liftHolds(step);
    return undefined;
  }
  if (!staged) throw notStagedError(step);
  const { username, current, isNew, former } = recovered;
  checkFits(step.secretArn, current.value);
  if (isNew) await takeOverUsername(step, username, former);
  await checkHold(step, username);
  return changePassword(step, current, key).then(
    () => undefined,
    (failure: unknown) => {
      if (failure instanceof ReplacedPasswordError || failure instanceof ExchangeInProgressError)
        return failure;
      throw failure;
    },
  );
}

/** Sets nothing: ThingSpace has set the new password when it made it, and createSecret has stored it. */
async function setSecret({ log, secretArn, token }: StepInvocation): Promise<void> {
  log('Nothing to set', { secretArn, token });
}

/**
 * Logs in with the new password, once, and out again. Sends nothing when Secrets Manager only tests a schedule.
 * @throws StaleRotationError, PasswordRefusedError, LockoutGuardError and what a log-in throws
 */
async function testSecret(step: StepInvocation): Promise<void> {
  const { log, token } = step;
  const version = await versionOfRotation(step, await describeInto(step));
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
async function finishSecret(step: StepInvocation): Promise<void> {
  const { ledger, metrics, log, token, deadlineMs } = step;
  const secret = await describeInto(step);
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

function notStagedError({ secretArn, token }: StepInvocation): RotationError {
  return new RotationError(
    'TokenNotStagedError',
    `Secrets Manager has staged no version ${token} of the secret ${secretArn}: the event is from a rotation that is ` +
      'over or was made by hand.',
  );
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

const DAY_MS = 24 * 60 * 60_000;

/**
 * Finishes or settles a pending exchange, and never begins one. Measures the password's age, so that an alarm notices a
 * rotation that never ran. Announces a trouble that keeps the credential from being rotated, and the trouble's end.
 */
async function recover(invocation: Invocation): Promise<void> {
  const { ledger, metrics, deadlineMs } = invocation;
  const secret = await describeInto(invocation);
  const current = await readIfInitialized(invocation, secret);
  if (!current) return;
  let noticeDue = false;
  if (current.credential) {
    const { state, now } = await ledger.read(current.credential.username, deadlineMs);
    const dueAt = secret.rotationEnabled ? (secret.nextRotationAt ?? 0) : 0;
    noticeDue = isNoticeDue(state, { dueAt, days: invocation.noticeDays }, now);
    const days = (now - current.createdAt) / DAY_MS;
    metrics.gauge('PasswordAgeDays', state.credential, days, 'None', (overdue) =>
      overdueDays(state, overdue, now, invocation.closing),
    );
  }
  const recovered = await recoverPending(invocation, secret);
  const { username } = recovered;
  if (recovered.found === 'clear' && recovered.former !== undefined) {
    await movePause(invocation, { former: recovered.former, username });
  }
  await liftHolds(invocation);
  const unfinished = await unfinishedVersion(invocation);
  await takeTroubleOver(invocation, username);
  await proveTroubleOver(invocation, username);
  const { rotationEnabled } = secret;
  const isExplained = await checkPaused(invocation, username, { unfinished, rotationEnabled });
  await noteUnfinished(invocation, username, { unfinished, isExplained });
  const { nextRotationAt } = secret;
  if (!noticeDue || nextRotationAt === undefined) return;
  const { announceNext } = await import('./notice.ts');
  await announceNext(invocation, username, { ...secret, nextRotationAt });
}

/**
 * Takes AWSPENDING off a version that has a value and is not current: with it, Secrets Manager would refuse
 * RotateSecret.
 * @returns the version of a rotation that has begun and brought no password yet
 */
async function unfinishedVersion(invocation: Invocation): Promise<string | undefined> {
  const { stages, rotationEnabled } = await describeSecret(invocation);
  const pending = versionLabelled(stages, AWSPENDING);
  if (pending === undefined || pending === versionLabelled(stages, AWSCURRENT)) return undefined;
  if (!(await readVersionOnce(invocation, pending))) return rotationEnabled ? pending : undefined;
  await takePendingOff(invocation, pending);
  return undefined;
}

/** Describes the secret and takes its ARN over: an event may carry the name, but ledger and journal use the ARN. */
async function describeInto(invocation: Invocation): Promise<SecretDescription> {
  const secret = await describeSecret(invocation);
  invocation.secretArn = secret.arn;
  return secret;
}

/**
 * Checks an event against the secret: rotation is on, and whether Secrets Manager has staged the token.
 * @throws RotationNotEnabledError, SecretStoreError
 */
async function checkStaged(step: StepInvocation): Promise<{ secret: SecretDescription; staged: boolean }> {
  let secret: SecretDescription | undefined;
  const staged = await untilVisible(step.clock, step.deadlineMs, async () => {
    secret = await describeInto(step);
    if (!secret.rotationEnabled) {
      throw new RotationError(
        'RotationNotEnabledError',
        `Rotation is off for the secret ${secret.arn}, so the function does nothing for it. ${toDo(rotationOff.todo, { secretArn: secret.arn })}`,
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
async function readIfInitialized(
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
