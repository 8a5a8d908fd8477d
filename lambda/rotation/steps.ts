import { committedVersion, finish } from '../ledger/journal.ts';
import { credentialKey } from '../ledger/state.ts';
import { CredentialNotInitializedError, checkFits, readCredential } from '../secret/credential.ts';
import type { SecretDescription, SecretVersion } from '../secret/secrets-manager.ts';
import { changePassword } from './change-password.ts';
import { type Invocation, type Services, type StepInvocation, untilVisible } from './context.ts';
import { StaleRotationError, TokenNotStagedError } from './errors.ts';
import { type RecoverEvent, type RotationEvent, readEvent } from './event.ts';
import { logInOrThrow, logOut, prove } from './log-in.ts';
import { recoverPending } from './recovery.ts';
import {
  AWSCURRENT,
  AWSPENDING,
  checkStaged,
  describe,
  type Holder,
  holderOf,
  readHolder,
  readVersionOnce,
  takePendingOff,
} from './secret.ts';
import { note, noteFailure, noteOver } from './standing-trouble.ts';

/** Kept at the end of an invocation to say what became of it. */
const CLOSING_MS = 1_000;
const DAY_MS = 24 * 60 * 60_000;

/**
 * One invocation: checks the event, then does its step.
 * @param remainingMs how long the invocation may live
 * @throws a named error for everything that did not end well
 */
export async function perform(services: Services, input: unknown, remainingMs: number): Promise<void> {
  const startedAtMs = services.clock.nowMs();
  const event = readEvent(input);
  services.log('Invoked', { step: event.step, secretId: event.secretId });
  const invocation: Invocation = {
    secretArn: event.secretId,
    token: undefined,
    rotationToken: undefined,
    startedAtMs,
    deadlineMs: startedAtMs + remainingMs - CLOSING_MS,
  };
  try {
    await run(services, invocation, event);
  } catch (failure) {
    if (failure instanceof Error) await noteFailure(services, invocation, failure);
    throw failure;
  }
}

async function run(
  services: Services,
  invocation: Invocation,
  event: RotationEvent | RecoverEvent,
): Promise<void> {
  if (event.step === 'recover') return recover(services, invocation);
  invocation.token = event.token;
  invocation.rotationToken = event.rotationToken;
  const step = invocation as StepInvocation;
  switch (event.step) {
    case 'createSecret':
      return createSecret(services, step, event);
    case 'setSecret':
      return setSecret(services, step);
    case 'testSecret':
      return testSecret(services, step);
    case 'finishSecret':
      return finishSecret(services, step);
  }
}

/**
 * Has ThingSpace make a new password and makes it current, once per token: what an earlier invocation has
 * begun is finished or settled first, also when Secrets Manager has moved on to another token.
 * @throws TokenNotStagedError
 */
async function createSecret(services: Services, step: StepInvocation, event: RotationEvent): Promise<void> {
  const { secret, staged } = await checkStaged(services, event, step.deadlineMs);
  step.secretArn = secret.arn;
  const recovered = await recoverPending(services, step, secret);
  if (recovered.found === 'stored') return;
  if (!staged) throw notStaged(step);
  const { current } = recovered;
  checkFits(step.secretArn, current.value);
  if (recovered.isNew) await takeOver(services, step, current.username, recovered.former);
  await changePassword(services, step, current);
}

/** Nothing is left to set: ThingSpace has set the new password when it made it, and createSecret has stored it. */
async function setSecret({ log }: Services, { secretArn, token }: StepInvocation): Promise<void> {
  log('Nothing to set', { secretArn, token });
}

/**
 * Logs in with the new password, once, and out again. Quiet when Secrets Manager only tests a schedule.
 * @throws StaleRotationError, PasswordRefusedError, LockoutGuardError and what a log-in throws
 */
async function testSecret(services: Services, step: StepInvocation): Promise<void> {
  const version = await versionOfRotation(services, step, await describeInto(services, step));
  if (version === 'schedule test') {
    services.log('No new password to test: the secret’s shape is right', { secretArn: step.secretArn });
    return;
  }
  const credential = readCredential(step.secretArn, version.value);
  step.username = credential.username;
  const session = await logInOrThrow(services, step, { versionId: version.versionId, ...credential }, 'test');
  await logOut(services, step, session);
  services.log('The new password works', { username: credential.username, token: step.token });
}

/**
 * Takes AWSPENDING off, ends the journal, and says once that the password was rotated.
 * @throws StaleRotationError, SecretStoreError, LedgerUnavailableError
 */
async function finishSecret(services: Services, step: StepInvocation): Promise<void> {
  const { ledger, metrics, log } = services;
  const { token, deadlineMs } = step;
  const secret = await describeInto(services, step);
  const version = await versionOfRotation(services, step, secret);
  if (version === 'schedule test') throw await stale(services, step);
  const { username } = readCredential(step.secretArn, version.value);
  step.username = username;
  const pending = holderOf(secret.stages, AWSPENDING);
  if (pending === token || pending === version.versionId) {
    await takePendingOff(services, step.secretArn, pending);
  }
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
 * Finishes or settles what is pending, and never begins an exchange. Measures the password's age, so that
 * a rotation that never ran is missed.
 */
async function recover(services: Services, invocation: Invocation): Promise<void> {
  const { ledger, metrics } = services;
  const { deadlineMs } = invocation;
  const secret = await describeInto(services, invocation);
  const holder = await readIfInitialized(services, invocation, secret);
  if (!holder) return;
  const username = holder.credential?.username;
  if (username !== undefined) {
    const { state, now } = await ledger.read(username, deadlineMs);
    metrics.gauge('PasswordAgeDays', state.credential, (now - holder.createdAt) / DAY_MS, 'None');
  }
  await recoverPending(services, invocation, secret);
  await releasePending(services, invocation);
  await endTrouble(services, invocation);
}

/** A trouble is over when what AWSCURRENT holds has logged in since; where nobody has, one log-in asks it. */
async function endTrouble(services: Services, invocation: Invocation): Promise<void> {
  const { ledger, metrics } = services;
  const username = invocation.username as string;
  const { state } = await ledger.read(username, invocation.deadlineMs);
  if (state.trouble) {
    const { versionId, credential } = await readHolder(
      services,
      invocation,
      await describe(services, invocation.secretArn),
    );
    if (credential && state.lastGood?.versionId !== versionId) {
      const proof = await prove(services, invocation, { versionId, ...credential });
      if (!proof.works) throw proof.error;
    }
  }
  if (state.trouble) await noteOver(services, invocation, username);
  await noteOver(services, invocation, invocation.secretArn);
  metrics.gauge('TroubleStands', state.credential, 0, 'None');
}

/** A secret that a person has yet to fill is no failure: it is so between deployment and first use. */
async function readIfInitialized(
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

/** With AWSPENDING on a version that has a value and is not current, RotateSecret would be refused. */
async function releasePending(services: Services, invocation: Invocation): Promise<void> {
  const { stages } = await describe(services, invocation.secretArn);
  const pending = holderOf(stages, AWSPENDING);
  if (pending === undefined || pending === holderOf(stages, AWSCURRENT)) return;
  if (await readVersionOnce(services, invocation, pending)) {
    await takePendingOff(services, invocation.secretArn, pending);
  }
}

/** The event may name the secret; what is stored names its ARN. */
async function describeInto(services: Services, invocation: Invocation): Promise<SecretDescription> {
  const secret = await describe(services, invocation.secretArn);
  invocation.secretArn = secret.arn;
  return secret;
}

/**
 * The version that the rotation has ended with, while AWSCURRENT is on it: its token's, or the one that a
 * person's edit made necessary; the ledger knows. `schedule test`: Secrets Manager tests a schedule with a
 * version that has no value, or AWSCURRENT's (docs/aws.md).
 * @throws StaleRotationError: a late step tests nothing that apps do not read
 */
async function versionOfRotation(
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
async function stale(services: Services, { secretArn, token }: StepInvocation): Promise<StaleRotationError> {
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

function notStaged({ secretArn, token }: StepInvocation): TokenNotStagedError {
  return new TokenNotStagedError(
    `Secrets Manager has staged no version ${token} of the secret ${secretArn}: the event is from a rotation that is ` +
      'over or was made by hand. Start a new rotation.',
  );
}

/** The secret's next exchange is the first for this username: who reads a secret that is no JSON must know it. */
async function takeOver(
  services: Services,
  step: StepInvocation,
  username: string,
  former: string | undefined,
): Promise<void> {
  const { ledger, log } = services;
  const { secretArn, deadlineMs } = step;
  await ledger.rememberUsernameOf(secretArn, username);
  if (former === undefined) return;
  log('The secret names another username than at its last rotation', { secretArn, username, former });
  await note(services, step, () => ({ kind: 'username-changed' }));
  await ledger.change(former, deadlineMs, (state) => {
    if (state.secretArn === secretArn) delete state.secretArn;
  });
}
