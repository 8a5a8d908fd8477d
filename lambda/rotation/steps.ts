import { ExchangeInProgressError, ReplacedPasswordError } from '../ledger/errors.ts';
import { finish } from '../ledger/journal.ts';
import { credentialKey } from '../ledger/state.ts';
import type { DataKey } from '../sealing/data-key.ts';
import { checkFits } from '../secret/credential.ts';
import { AWSPENDING, type SecretDescription, versionLabelled } from '../secret/secrets-manager.ts';
import { takePendingOff } from '../secret/swap.ts';
import { changePassword } from './change-password.ts';
import type { Invocation, Services, StepInvocation } from './context.ts';
import { withDataKey } from './data-key.ts';
import { TokenNotStagedError } from './errors.ts';
import { type RecoverEvent, type RotationEvent, readEvent } from './event.ts';
import { checkHold, liftHolds, placeHold } from './holds.ts';
import { logInAndOut } from './log-in.ts';
import { recover } from './recover-event.ts';
import { recoverPending } from './recovery.ts';
import { checkStaged, describeInto, failStale, versionOfRotation } from './rotated-version.ts';
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
  services.log('Invoked', { step: event.step, secretId: event.secretId });
  const invocation: Invocation = {
    ...services,
    secretArn: event.secretId,
    token: undefined,
    rotationToken: undefined,
    startedAtMs,
    deadlineMs: startedAtMs + remainingMs - CLOSING_MS,
  };
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
  if (!staged) throw notStaged(step);
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

function notStaged({ secretArn, token }: StepInvocation): TokenNotStagedError {
  return new TokenNotStagedError(
    `Secrets Manager has staged no version ${token} of the secret ${secretArn}: the event is from a rotation that is ` +
      'over or was made by hand. Start a new rotation.',
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
  await ledger.change(former, deadlineMs, (state) => {
    if (state.secretArn === secretArn) delete state.secretArn;
  });
  // This write is the last: a retry must still find the former username.
  await ledger.rememberUsernameOf(secretArn, username);
}
