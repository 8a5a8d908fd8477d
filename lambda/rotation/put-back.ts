import { randomUUID } from 'node:crypto';
import { PresentableError } from '../errors.ts';
import { beginPutBack, endPutBack, forgetPutBack, type PutBack } from '../ledger/put-back.ts';
import { readEnvelope } from '../sealing/seal-answer.ts';
import { withEditsOf } from '../secret/edited-value.ts';
import { RECOVERED } from '../secret/secrets-manager.ts';
import { readVersion, type StoredVersion } from '../secret/stored-version.ts';
import { storePending, swapCurrent, versionIdFor } from '../secret/swap.ts';
import { currentDead } from '../situations/password.ts';
import { toDo, without } from '../situations/steps.ts';
import type { BegunPutBack, Invocation, Observation } from './context.ts';
import { RotationError } from './errors.ts';
import { keyToPresentWith, prove } from './log-in.ts';
import { openPassword } from './sealed-answer.ts';
import { recordTrouble } from './standing-trouble.ts';

/** A password that may be the one that works. */
type Candidate = {
  password: string;
  /** The version that holds it; for a sealed password, the attempt that brought it. */
  versionId: string;
  /** The whole value of its version; undefined for a sealed password. */
  value: string | undefined;
};

/**
 * Replaces a dead password in AWSCURRENT: an operator stored a wrong one, saved a stale editor, or moved the label
 * back. The function presents the version that last worked, then each sealed password that replaced this very version,
 * in one log-in each. The first one that works is made current again, with the members that the operator edited.
 * @returns whether AWSCURRENT may have changed
 * @throws LockoutGuardError and what a log-in throws; SecretTooLargeError, SecretStoreError
 */
export async function putBack(invocation: Invocation, seen: Observation): Promise<boolean> {
  const { username, current } = seen;
  const key = await keyToPresentWith(invocation, current, seen.state.lastGood?.versionId);
  for await (const candidate of candidatesFor(invocation, seen)) {
    const { versionId, password } = candidate;
    const proof = await prove(invocation, versionId, { username, password, ...key });
    if (!proof.works) continue;
    const to = await storedAs(invocation, username, candidate, current);
    const putBack = { versionId: to, replacedVersionId: current.versionId };
    await begin(invocation, username, putBack);
    if (await swapCurrent(invocation, current.versionId, to)) {
      await endBegunPutBack(invocation, username, { ...putBack, tookEffect: true });
    }
    return true;
  }
  return false;
}

/**
 * Fails because the password is dead and no other one can be put back. A password without a recorded refusal of this
 * version is presented first: if it works, the function returns.
 * @throws StoredPasswordRefusedError; its cause is the problem where no credential can be read
 */
export async function failWithDead(
  invocation: Invocation,
  { username, state, current }: Observation,
): Promise<void> {
  const { versionId, credential, problem } = current;
  if (problem) {
    throw new RotationError(
      'StoredPasswordRefusedError',
      `${problem.message} (Version ${versionId} is AWSCURRENT; no password of ${username} is known that could be put back.)`,
      { cause: problem },
    );
  }
  const asked = Object.keys(state.refused).some((id) => id.startsWith(`${versionId}:`));
  if (!asked) {
    // The version is dead by its password's hash alone. Support may have reset the username to that very password.
    const proof = await prove(invocation, versionId, credential);
    if (proof.works) return;
  }
  throw new RotationError(
    'StoredPasswordRefusedError',
    `The secret ${invocation.secretArn} holds a password of ${username} that does not work (version ${versionId}), and no other ` +
      `one that we know could be proven to work. ${toDo(without(currentDead.todo, 'recover'), { secretArn: invocation.secretArn, username })}`,
  );
}

async function* candidatesFor(
  invocation: Invocation,
  { username, state, current, currentIsDead }: Observation,
): AsyncGenerator<Candidate> {
  const lastGood = state.lastGood?.versionId;
  if (currentIsDead && lastGood !== undefined && lastGood !== current.versionId) {
    const version = await readVersion(invocation, lastGood);
    const password = version?.credential?.password;
    if (password !== undefined && password !== current.credential?.password) {
      yield { password, versionId: lastGood, value: version?.value };
    }
  }
  if (state.orphanItems.length === 0) return;
  for (const [attempt, envelope] of Object.entries(await invocation.ledger.readSetAside(username))) {
    const password = await passwordThatReplaced(invocation, username, envelope, current.versionId);
    if (password !== undefined) yield { password, versionId: attempt, value: undefined };
  }
}

/**
 * Returns the version to swap in: the candidate's own when no member differs or none can be kept, otherwise a fresh
 * one.
 */
async function storedAs(
  invocation: Invocation,
  username: string,
  { password, versionId, value }: Candidate,
  current: StoredVersion,
): Promise<string> {
  const merged = withEditsOf(current, { username, password });
  if (value !== undefined && (merged === undefined || merged === value)) return versionId;
  if (merged === undefined) throw current.problem;
  const fresh = versionIdFor(versionId, current.versionId);
  if (await storePending(invocation, fresh, merged, RECOVERED)) return fresh;
  const other = randomUUID();
  await storePending(invocation, other, merged, RECOVERED);
  return other;
}

/** Records the put-back before the swap, so that the next invocation announces it when this process dies. */
const begin = (
  { ledger, deadlineMs }: Invocation,
  username: string,
  putBack: Omit<PutBack, 'at'>,
): Promise<void> => ledger.change(username, deadlineMs, (state, now) => beginPutBack(state, putBack, now));

/**
 * Returns the password in an envelope that was set aside, if it replaced the version. An envelope that does not open
 * (another key, another format) is skipped, and stays kept.
 */
async function passwordThatReplaced(
  invocation: Invocation,
  username: string,
  envelope: string,
  versionId: string,
): Promise<string | undefined> {
  try {
    if (readEnvelope(envelope).header.oldVersion !== versionId) return undefined;
    return await openPassword(invocation, username, envelope);
  } catch (failure) {
    if (!(failure instanceof PresentableError)) throw failure;
    invocation.log('A sealed answer that was set aside does not open or holds no password; it stays kept', {
      failure: failure.message,
    });
    // An answer that opens and holds no password, such as a refusal, is no trouble.
    if (failure.name === 'UnreadableAnswerError') return undefined;
    await recordTrouble(invocation, () => ({ kind: 'unreadable-envelope', errorName: failure.name }));
    return undefined;
  }
}

/** Records and announces a put-back that took effect, once; forgets one that did not. */
export async function endBegunPutBack(
  { ledger, log, secretArn, deadlineMs }: Invocation,
  username: string,
  { tookEffect, ...putBack }: Omit<BegunPutBack, 'at'>,
): Promise<void> {
  const { versionId, replacedVersionId } = putBack;
  if (tookEffect)
    log('The live password is current again', { username, versionId, replaced: replacedVersionId });
  await ledger.change(username, deadlineMs, (state, now) => {
    if (tookEffect) endPutBack(state, putBack, { username, secretArn }, now);
    else forgetPutBack(state, putBack);
  });
}
