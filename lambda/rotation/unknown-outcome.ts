import type { RefusedPasswordError } from '../ledger/errors.ts';
import { hashPassword } from '../ledger/fingerprint.ts';
import { recordLost, recordUnchanged, recordUnknown } from '../ledger/journal.ts';
import { credentialLostError } from '../ledger/reserve.ts';
import { isCertain, type Journal } from '../ledger/state.ts';
import { SETTLING_MS } from '../ledger/times.ts';
import { LogSearchUnfinishedError } from '../sealing/log-search.ts';
import { apiKeyAmong, type Credential } from '../secret/credential.ts';
import { readVersion, readVersionOnce, type StoredVersion } from '../secret/stored-version.ts';
import { unknown, unknownUnread } from '../situations/password.ts';
import { toDo, without } from '../situations/steps.ts';
import type { Invocation, Observation } from './context.ts';
import { RotationError } from './errors.ts';
import { type Proof, prove } from './log-in.ts';
import { endCommitted, makeCurrent } from './make-current.ts';
import { findInLog } from './sealed-answer.ts';

export type Unresolved = Extract<Journal, { state: 'exchanging' | 'unknown' }>;
export type Lost = Extract<Journal, { state: 'lost' }>;

const POLL_MS = 5_000;
/** The time that a waiting invocation keeps for its end: enough to throw and to log the reason. */
const MARGIN_MS = 3_000;

/**
 * Resolves an exchange of unknown outcome. It searches the log and the token's version, waits until ThingSpace can no
 * longer execute the request, and logs in once with the old password. Returns when the journal may have changed.
 * @throws OutcomeUnknownError when it must wait longer than this invocation may live, or nothing is proven
 * @throws CredentialLostError when the old password is refused for certain: it was changed, and the new one is lost
 */
export async function resolveUnknownOutcome(
  invocation: Invocation,
  journal: Unresolved,
  seen: Observation,
): Promise<void> {
  const { ledger, deadlineMs } = invocation;
  const { attempt, startedAt } = journal;
  const { username, now, current } = seen;
  const inLog = await findInLog(invocation, journal, username);
  if (inLog.found === 'readable') return;
  if (await storedUnderToken(invocation, journal, seen)) return;
  if (journal.state === 'exchanging') {
    // The invocation that sent it ended before it could record the outcome.
    return ledger.change(username, deadlineMs, (state, at) =>
      recordUnknown(state, attempt, username, undefined, at),
    );
  }
  const settlesAt = startedAt + SETTLING_MS;
  if (now < settlesAt)
    return waitOrFail(invocation, settlesAt - now, stillUnknownError(invocation, seen, settlesAt));

  const theirs = await storedByPerson(seen, journal);
  if (theirs) {
    const proof = await prove(invocation, current.versionId, theirs);
    if (proof.works) return endWithoutNewPassword(invocation, attempt, username);
    if (!proof.certain) throw unprovenError(invocation, username, proof);
  }
  // An answer that KMS does not open now is not lost, and neither is one that could not be looked for.
  if (inLog.found === 'locked') throw inLog.error;
  // A log that was not searched may hold the answer: then a refusal proves no loss.
  const mayProveLoss = inLog.found !== 'not searched';
  if (await oldStillWorks(invocation, journal, seen, mayProveLoss)) {
    return endWithoutNewPassword(invocation, attempt, username);
  }
  if (inLog.found === 'not searched') throw notSearchedError(invocation, username, inLog.error);
  await failAsLost(invocation, attempt, seen);
}

/** Sleeps for some seconds, so that time or another invocation may change the state; throws `atDeadline` at the deadline. */
export async function waitOrFail(
  { clock, deadlineMs }: Invocation,
  maxMs: number,
  atDeadline: Error,
): Promise<void> {
  const leftMs = deadlineMs - MARGIN_MS - clock.nowMs();
  if (leftMs <= 0) throw atDeadline;
  await clock.sleep(Math.min(leftMs, maxMs, POLL_MS));
}

/**
 * Looks for the new password in the token's version: it may be there although neither journal nor log shows it. A value
 * that is not AWSCURRENT may be from anyone, so one log-in proves it.
 */
async function storedUnderToken(
  invocation: Invocation,
  { token, attempt, oldVersion, oldHash }: Unresolved,
  { username, current }: Observation,
): Promise<boolean> {
  const version = await readVersionOnce(invocation, token);
  // A value without a credential is not what was received: ours holds the members of the version that it replaces.
  if (!version?.credential) return false;
  const { password } = version.credential;
  if ((await hashPassword(username, password)) === oldHash) return false;
  if (current.versionId !== token) {
    const key = apiKeyAmong(current.value, version.value);
    const proof = await prove(invocation, token, { username, password, ...key });
    if (!proof.works) return false;
  }
  const ours = { username, password, attempt, oldVersion, oldHash, token, askedAtMs: undefined };
  await endCommitted(invocation, ours, await makeCurrent(invocation, ours, current));
  return true;
}

/** Returns an operator's credential, stored since the exchange began: not the old password, and not a dead one. */
async function storedByPerson(
  { username, current, currentIsDead }: Observation,
  { oldVersion, oldHash }: Unresolved,
): Promise<Credential | undefined> {
  const { versionId, credential } = current;
  if (versionId === oldVersion || !credential || currentIsDead) return undefined;
  return (await hashPassword(username, credential.password)) === oldHash ? undefined : credential;
}

/**
 * Presents the password that the exchange was to replace in one log-in, unless it was refused for certain since.
 * @returns false when it is refused for certain: ThingSpace has changed the password
 * @throws OutcomeUnknownError when the refusal proves nothing, or the old password is gone
 */
async function oldStillWorks(
  invocation: Invocation,
  journal: Unresolved,
  seen: Observation,
  mayProveLoss: boolean,
): Promise<boolean> {
  const { attempt, oldVersion, oldHash, startedAt } = journal;
  const { username, state } = seen;
  const refused = state.refused[`${oldVersion}:${oldHash}`];
  if (refused && isCertain(refused) && refused.at >= startedAt) return false;
  const version = (await storedAnew(seen, journal)) ?? (await readVersion(invocation, oldVersion));
  if (!version) throw oldIsGoneError(invocation, username, oldVersion);
  if (!version.credential) throw version.problem;
  const { password } = version.credential;
  const key = apiKeyAmong(seen.current.value, version.value);
  const proof = await prove(invocation, version.versionId, { username, password, ...key }, (fresh, at) => {
    // The refusal and what it proves are one write and one message.
    if (mayProveLoss) recordLost(fresh, attempt, username, at);
  });
  if (!proof.works && !proof.certain) throw unprovenError(invocation, username, proof);
  return proof.works;
}

/** Returns an operator's version with the old password: it may be presented when the old version is barred. */
async function storedAnew(
  { username, current, currentIsDead }: Observation,
  { oldHash }: Unresolved,
): Promise<StoredVersion | undefined> {
  if (!current.credential || currentIsDead) return undefined;
  const { password } = current.credential;
  return (await hashPassword(username, password)) === oldHash ? current : undefined;
}

/** @throws CredentialLostError; returns when another invocation has found the answer meanwhile */
async function failAsLost(
  invocation: Invocation,
  attempt: string,
  { username, state }: Observation,
): Promise<void> {
  const { ledger, metrics, deadlineMs } = invocation;
  const lost = await ledger.change(username, deadlineMs, (fresh, at) =>
    recordLost(fresh, attempt, username, at) && fresh.journal.state === 'lost' ? fresh.journal : undefined,
  );
  if (!lost) return;
  metrics.count('PasswordLost', state.credential);
  throw credentialLostError(username, lost);
}

/** Ends an exchange without a new password: the old password works, or one that an operator has stored since. */
function endWithoutNewPassword(
  { ledger, deadlineMs }: Invocation,
  attempt: string,
  username: string,
): Promise<void> {
  return ledger.change(username, deadlineMs, (state) => recordUnchanged(state, attempt));
}

function stillUnknownError(
  { secretArn }: Invocation,
  { username, state: { journal } }: Pick<Observation, 'username' | 'state'>,
  settlesAt: number,
): RotationError {
  const answerIsKept = 'envelope' in journal && journal.envelope !== undefined;
  const until = new Date(settlesAt).toISOString();
  const open = toDo(unknownUnread.todo, { secretArn, username });
  const why = answerIsKept
    ? `an answer arrived in which no password could be read. It is sealed. A retry or the recover event after ${until}`
    : `its answer did not arrive. ThingSpace may still execute the request until ${until}. After that, a retry or the recover event`;
  return new RotationError(
    'OutcomeUnknownError',
    `It is not known yet whether ThingSpace has changed the password of ${username}: ${why} logs in once with the old ` +
      `password and settles it. The request is not repeated before.${answerIsKept ? ` ${open}` : ''}`,
  );
}

/** A refusal whose code is not certainly about the credentials proves no loss. */
function unprovenError(
  { secretArn }: Invocation,
  username: string,
  { error }: Extract<Proof, { works: false }>,
): RotationError {
  const retryAt = (error as Partial<RefusedPasswordError>).retryAt;
  const when = retryAt === undefined ? 'half an hour later' : `after ${new Date(retryAt).toISOString()}`;
  return new RotationError(
    'OutcomeUnknownError',
    `It is not known whether ThingSpace has changed the password of ${username}: a log-in was refused, but with a code that ` +
      `does not say that the password was at fault. A retry or the recover event presents it once more, ${when}. ` +
      toDo(without(unknown.todo, 'open', 'wait'), { secretArn, username }),
    { cause: error },
  );
}

function notSearchedError({ secretArn }: Invocation, username: string, cause: Error): RotationError {
  const missing = cause instanceof LogSearchUnfinishedError ? cause.missing : [];
  const why =
    missing.length > 0
      ? `the function’s own log holds a part of it alone (missing: ${missing.join(', ')}). The other lines are not searchable yet, ` +
        'or were never written. A retry or the recover event searches again.'
      : 'the function could not search its own log for it. Let the function logs:FilterLogEvents on its log group; a retry or ' +
        'the recover event then searches it.';
  return new RotationError(
    'OutcomeUnknownError',
    `ThingSpace has changed the password of ${username} (the old one is refused). The new one may be sealed in the answer, and ` +
      `${why} ${toDo(without(unknown.todo, 'open', 'wait'), { secretArn, username })}`,
    { cause },
  );
}

function oldIsGoneError({ secretArn }: Invocation, username: string, versionId: string): RotationError {
  return new RotationError(
    'OutcomeUnknownError',
    `It is not known whether ThingSpace has changed the password of ${username}, and version ${versionId} of the secret, which ` +
      'held the old one, is gone: no log-in can prove it. ' +
      toDo(without(unknown.todo, 'wait', 'recover'), { secretArn, username }),
  );
}

/**
 * Searches the log again for the answer of a lost exchange. A line may become searchable hours after it was written,
 * and an earlier search may have failed. Half of the time that is left is kept for a password that an operator has
 * stored.
 * @returns the error to stop with, where the log does not hold the answer
 */
export async function lookForLost(
  invocation: Invocation,
  journal: Lost,
  { username, current }: Observation,
): Promise<'in the log' | { error: Error }> {
  const { clock, deadlineMs } = invocation;
  const nowMs = clock.nowMs();
  const inLog = await findInLog(invocation, journal, username, nowMs + (deadlineMs - nowMs) / 2);
  switch (inLog.found) {
    case 'readable':
      return 'in the log';
    case 'locked':
      return { error: inLog.error };
    case 'not searched':
      return {
        error: credentialLostError(username, journal, {
          notSearched: inLog.error,
          unreadable: current.problem,
        }),
      };
    default:
      return { error: credentialLostError(username, journal, { unreadable: current.problem }) };
  }
}
