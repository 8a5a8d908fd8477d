import { ExchangeInProgressError, RefusedPasswordError } from '../ledger/errors.ts';
import { hashPassword, isKnownDead } from '../ledger/fingerprint.ts';
import { committedVersion } from '../ledger/journal.ts';
import type { PutBack } from '../ledger/put-back.ts';
import { sharedUsernameError } from '../ledger/reserve.ts';
import { type CredentialState, credentialKey, type Journal } from '../ledger/state.ts';
import { expiredLogIns } from '../ledger/sweep.ts';
import { LEASE_MS, leaseLives } from '../ledger/times.ts';
import { AWSPREVIOUS, type SecretDescription } from '../secret/secrets-manager.ts';
import {
  describeSecret,
  type ReadableVersion,
  readCurrent,
  readVersion,
  type StoredVersion,
  versionLabelled,
} from '../secret/stored-version.ts';
import { usernameChanged } from '../situations/rotation.ts';
import { toDo } from '../situations/steps.ts';
import type { BegunPutBack, Invocation, Observation } from './context.ts';
import { RotationError } from './errors.ts';
import { prove } from './log-in.ts';
import { endCommitted, rollForward } from './make-current.ts';
import { endBegunPutBack, failWithDead, putBack } from './put-back.ts';
import { findInLog } from './sealed-answer.ts';
import {
  type Lost,
  lookForLost,
  resolveUnknownOutcome,
  type Unresolved,
  waitOrFail,
} from './unknown-outcome.ts';

/**
 * Finishes or resolves the exchanges that earlier invocations have left, however they ended: observe (all reads),
 * classify (pure), act; then observe again until nothing is open. Starts no exchange.
 */

/** Where the credential stands when nothing is open. */
type Recovered = { username: string } & (
  | /** The rotation of this invocation has its new password, and AWSCURRENT is on it. */
  { found: 'stored' }
  /**
   * No exchange is pending: one may begin with the password in AWSCURRENT. `isNew`: the username was never rotated;
   * `former` is the one that the secret was rotated for before.
   */
  | { found: 'clear'; current: ReadableVersion; isNew: boolean; former: string | undefined }
);

/** The action that recovery takes on an observation, before it observes again. `classify` says when. */
type Action =
  | { do: 'stop'; error: Error }
  | { do: 'roll forward'; journal: Extract<Journal, { state: 'received' }> }
  | { do: 'wait for its owner'; journal: Extract<Journal, { state: 'exchanging' }> }
  | { do: 'resolve'; journal: Unresolved }
  | { do: 'prove the stored one' }
  /** `otherwise` follows when the log does not hold it. */
  | { do: 'look for the lost one'; journal: Lost; otherwise: 'stop' | 'prove the stored one' }
  | { do: 'fail with the dead one' }
  | { do: 'end the put-back'; begun: BegunPutBack };
type Nothing = { do: 'nothing'; recovered: 'stored' | 'clear' };
/** `otherwise` follows when no password can be put back. */
type Classified = Action | Nothing | { do: 'put back'; otherwise: Action | Nothing };

/** @throws a named error for an exchange that cannot be resolved within this invocation */
export async function recoverPending(
  invocation: Invocation,
  described: SecretDescription,
): Promise<Recovered> {
  let secret: SecretDescription | undefined = described;
  for (;;) {
    const seen = await observe(invocation, secret);
    secret = undefined;
    let next = classify(seen, invocation);
    if (next.do === 'put back') {
      if (await putBack(invocation, seen)) continue;
      next = next.otherwise;
    }
    if (next.do !== 'nothing') {
      await act(invocation, seen, next);
      continue;
    }
    const { username, state, current, former } = seen;
    if (next.recovered === 'stored') return { found: 'stored', username };
    if (!current.credential) throw current.problem;
    const isNew = state.secretArn === undefined;
    return { found: 'clear', username, current, isNew, former: former?.username };
  }
}

/**
 * Makes all reads that recovery decides by, and publishes the alarms that an earlier invocation left. An exchange that
 * ends between the reads makes AWSCURRENT look dead: then the secret is read once more, after the ledger.
 */
async function observe(
  invocation: Invocation,
  described: SecretDescription | undefined,
  isSecond = false,
): Promise<Observation> {
  const { ledger, secretArn, deadlineMs } = invocation;
  const secret = described ?? (await describeSecret(invocation));
  const current = await readCurrent(invocation, secret);
  const username = current.credential?.username ?? (await ledger.usernameOf(secretArn));
  if (username === undefined) throw current.problem;
  invocation.username = username;
  // Both run beside the read: a log-in needs the hash, and the check below needs the table's age.
  if (current.credential) void hashPassword(username, current.credential.password);
  void ledger.tableCreatedAt?.();
  let item = await ledger.read(username, deadlineMs);
  const isQuiet = Object.keys(item.state.inFlight).length === 0;
  if (!isQuiet && expiredLogIns(item.state, item.now).length > 0)
    item = await sweepAndRead(invocation, username);
  if (ledger.tableCreatedAt) item = await closeIfOlderThanTable(invocation, username, current, item);
  const { state, now } = item;
  if (state.outbox.length > 0) await ledger.publishOutbox(username, deadlineMs);
  const currentIsDead = await isKnownDead(username, state, current);
  const former = state.secretArn === undefined ? await formerOf(invocation, username) : undefined;
  const seen = { username, state, now, current, currentIsDead, former };
  const putBack = state.puttingBack && (await outcomeOfPutBack(invocation, seen, state.puttingBack, secret));
  if (currentIsDead && !isSecond) return observe(invocation, undefined, true);
  return { ...seen, putBack };
}

/** Decides what recovery does; pure. The token is that of the rotation, if the invocation belongs to one. */
export function classify(
  seen: Observation,
  { secretArn, token }: Pick<Invocation, 'secretArn' | 'token'>,
): Classified {
  const { state, now, current, currentIsDead, former, putBack } = seen;
  const { journal } = state;
  if (state.secretArn !== undefined && state.secretArn !== secretArn)
    return { do: 'stop', error: sharedUsernameError(state, secretArn) };
  if (former && isOpen(former.journal))
    return { do: 'stop', error: usernameChangedError(secretArn, seen.username, former) };

  let otherwise: Action | Nothing;
  switch (journal.state) {
    case 'received':
      return { do: 'roll forward', journal };
    case 'exchanging':
      if (leaseLives(journal.startedAt, now)) return { do: 'wait for its owner', journal };
      return { do: 'resolve', journal };
    case 'unknown':
      return { do: 'resolve', journal };
    case 'lost': {
      // The ledger bars the version that was lost; a log-in with another one ends the loss.
      const another = current.versionId !== journal.oldVersion && current.credential;
      return { do: 'look for the lost one', journal, otherwise: another ? 'prove the stored one' : 'stop' };
    }
    case 'committed': {
      const version = committedVersion(journal);
      const isOurs = token !== undefined && (journal.token === token || version === token);
      if (!isOurs) otherwise = { do: 'nothing', recovered: 'clear' };
      else if (current.versionId !== version) otherwise = { do: 'prove the stored one' };
      else otherwise = { do: 'nothing', recovered: 'stored' };
      break;
    }
    case 'idle':
      // A late step of a rotation that is over begins nothing.
      if (token !== undefined && journal.lastToken === token) return { do: 'nothing', recovered: 'stored' };
      otherwise = { do: 'nothing', recovered: 'clear' };
  }
  // No exchange is open: a put-back that an earlier invocation has begun is ended first, then a dead password replaced.
  if (putBack) return { do: 'end the put-back', begun: putBack };
  if (currentIsDead) return { do: 'put back', otherwise: { do: 'fail with the dead one' } };
  // An envelope was set aside: its password may have replaced the one in AWSCURRENT.
  return state.orphanItems.length > 0 ? { do: 'put back', otherwise } : otherwise;
}

async function act(invocation: Invocation, seen: Observation, action: Action): Promise<void> {
  const { username } = seen;
  switch (action.do) {
    case 'stop':
      throw action.error;
    case 'roll forward':
      return rollForward(invocation, action.journal, seen);
    case 'wait for its owner': {
      const { startedAt } = action.journal;
      const inLog = await findInLog(invocation, action.journal, username);
      if (inLog.found === 'readable') return;
      return waitOrFail(invocation, LEASE_MS, inProgressError(username, startedAt));
    }
    case 'resolve':
      return resolveUnknownOutcome(invocation, action.journal, seen);
    case 'look for the lost one': {
      const found = await lookForLost(invocation, action.journal, seen);
      if (found === 'in the log') return;
      if (action.otherwise === 'stop') throw found.error;
      return proveStored(invocation, seen, found.error);
    }
    case 'prove the stored one':
      return proveStored(invocation, seen);
    case 'fail with the dead one':
      return failWithDead(invocation, seen);
    case 'end the put-back':
      return endBegunPutBack(invocation, username, action.begun);
  }
}

/**
 * Tries the version that the operator stored. If it logs in, it ends a loss, or becomes the result of the rotation.
 * @param barred the error to stop with where the ledger does not let a lost credential's other version be asked
 */
async function proveStored(
  invocation: Invocation,
  { username, state, current }: Observation,
  barred?: Error,
): Promise<void> {
  if (!current.credential) throw current.problem;
  const { versionId, credential } = current;
  const proof = await prove(invocation, versionId, credential);
  const { journal } = state;
  // An older version that is dead, too, does not end the loss: the invocation stops with the error of the loss.
  if (barred && !proof.works && proof.certain && proof.error instanceof RefusedPasswordError) throw barred;
  if (!proof.works && (journal.state === 'lost' || !proof.certain)) throw proof.error;
  if (!proof.works || journal.state !== 'committed') return;
  await endCommitted(invocation, { username, attempt: journal.attempt }, { versionId, overtaken: true });
}

type ItemAt = { state: CredentialState; now: number };

/** Counts the log-ins whose processes died: in a quiet service no other log-in does so for months. */
async function sweepAndRead({ ledger, deadlineMs }: Invocation, username: string): Promise<ItemAt> {
  await ledger.sweepLogIns(username, deadlineMs);
  return ledger.read(username, deadlineMs);
}

/**
 * Closes the guard of an item that is older than its table, which was made again or restored: the log-ins after it are not
 * known. In a quiet service no other log-in does so for months.
 */
async function closeIfOlderThanTable(
  { ledger, secretArn, deadlineMs }: Invocation,
  username: string,
  { versionId, createdAt: storedAt }: StoredVersion,
  item: ItemAt,
): Promise<ItemAt> {
  const stored = { username, secretArn, versionId, storedAt };
  const closed = await ledger.closeIfOfOtherTable(item.state, stored, deadlineMs);
  return closed ? ledger.read(username, deadlineMs) : item;
}

/**
 * Returns the secret's former username. Only a username that was never rotated can be new to its secret, so no other
 * one needs the read.
 */
async function formerOf(invocation: Invocation, username: string): Promise<Observation['former']> {
  const { ledger, secretArn, deadlineMs } = invocation;
  const former = await ledger.usernameOf(secretArn);
  if (former === undefined || credentialKey(former) === credentialKey(username)) return undefined;
  let { state, now } = await ledger.read(former, deadlineMs);
  if (expiredLogIns(state, now).length > 0) ({ state, now } = await sweepAndRead(invocation, former));
  return { username: former, journal: state.journal };
}

/**
 * Finds out the outcome of a put-back that an invocation has begun and not ended. It took effect when AWSCURRENT is on
 * its version, or was taken from there by an edit that left the password. Otherwise its owner may still be at work,
 * or the read is older than the swap, until the lease ends.
 * @returns undefined when nothing is to be done about it now
 * @throws SecretStoreError
 */
async function outcomeOfPutBack(
  invocation: Invocation,
  { state, now, current, currentIsDead }: Omit<Observation, 'putBack'>,
  puttingBack: PutBack,
  { stages }: SecretDescription,
): Promise<BegunPutBack | undefined> {
  const isRefused = Object.keys(state.refused).some((id) => id.startsWith(`${current.versionId}:`));
  const tookEffect =
    !currentIsDead && !isRefused && (await holdsPutBack(invocation, puttingBack, stages, current));
  if (!tookEffect && now < puttingBack.at + LEASE_MS) return undefined;
  return { ...puttingBack, tookEffect };
}

async function holdsPutBack(
  invocation: Invocation,
  { versionId }: PutBack,
  stages: SecretDescription['stages'],
  current: StoredVersion,
): Promise<boolean> {
  if (current.versionId === versionId) return true;
  if (versionLabelled(stages, AWSPREVIOUS) !== versionId) return false;
  const before = await readVersion(invocation, versionId);
  return before?.credential !== undefined && before.credential.password === current.credential?.password;
}

const isOpen = ({ state }: Journal): boolean => state !== 'idle' && state !== 'committed';

function usernameChangedError(
  secretArn: string,
  username: string,
  former: { username: string; journal: Journal },
) {
  return new RotationError(
    'UsernameChangedError',
    `The secret ${secretArn} names the username ${username} now, but the exchange of ${former.username}’s password is not ` +
      `settled (${former.journal.state}). Nothing is begun, and what is sealed stays kept. ` +
      toDo(usernameChanged.todo, { secretArn }),
  );
}

function inProgressError(username: string, startedAt: number): ExchangeInProgressError {
  return new ExchangeInProgressError(
    `Another invocation is asking ThingSpace for a new password of ${username}, or died while it did; its lease ends at ` +
      `${new Date(startedAt + LEASE_MS).toISOString()}. A retry continues from there.`,
    startedAt + LEASE_MS,
  );
}
