import { ExchangeInProgressError, RefusedPasswordError } from '../ledger/errors.ts';
import { committedVersion } from '../ledger/journal.ts';
import { sharedUsernameError } from '../ledger/reserve.ts';
import type { Journal } from '../ledger/state.ts';
import { LEASE_MS, leaseLives } from '../ledger/times.ts';
import type { SecretDescription } from '../secret/secrets-manager.ts';
import type { ReadableVersion } from '../secret/stored-version.ts';
import { usernameChanged } from '../situations/rotation.ts';
import { toDo } from '../situations/steps.ts';
import type { Invocation } from './context.ts';
import { RotationError } from './errors.ts';
import { prove } from './log-in.ts';
import { endCommitted, rollForward } from './make-current.ts';
import { type BegunPutBack, type Observation, observe } from './observe.ts';
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
 * Finishes or settles the exchanges that earlier invocations have left, however they ended: observe (all reads),
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

/** The action that recovery takes on an observation. One case per row; `classify` says when. */
type Classified =
  | { do: 'stop'; error: Error }
  | { do: 'roll forward'; journal: Extract<Journal, { state: 'received' }> }
  | { do: 'wait for its owner'; journal: Extract<Journal, { state: 'exchanging' }> }
  | { do: 'resolve'; journal: Unresolved }
  | { do: 'prove the stored one' }
  /** `otherwise` follows when the log does not hold it. */
  | { do: 'look for the lost one'; journal: Lost; otherwise: 'stop' | 'prove the stored one' }
  /** `otherwise` follows when no password can be put back. */
  | { do: 'put back'; otherwise: Classified }
  | { do: 'fail with the dead one' }
  | { do: 'end the put-back'; begun: BegunPutBack }
  | { do: 'nothing'; recovered: 'stored' | 'clear' };

/** @throws whatever cannot be settled within this invocation, as a named error */
export async function recoverPending(
  invocation: Invocation,
  described?: SecretDescription,
): Promise<Recovered> {
  let secret = described;
  for (;;) {
    const seen = await observe(invocation, secret);
    secret = undefined;
    const recovered = await act(invocation, seen, classify(seen, invocation));
    if (recovered) return recovered;
  }
}

/** Decides what recovery does; pure. The token is that of the rotation, if the invocation belongs to one. */
export function classify(
  seen: Observation,
  { secretArn, token }: Pick<Invocation, 'secretArn' | 'token'>,
): Classified {
  const { state, now, current, former } = seen;
  const { journal } = state;
  if (state.secretArn !== undefined && state.secretArn !== secretArn)
    return { do: 'stop', error: sharedUsernameError(state, secretArn) };
  if (former && isOpen(former.journal))
    return { do: 'stop', error: usernameChangedError(secretArn, seen.username, former) };

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
      const isOurs = token !== undefined && (journal.token === token || committedVersion(journal) === token);
      if (!isOurs) return putBackOr(seen, { do: 'nothing', recovered: 'clear' });
      if (current.versionId !== committedVersion(journal))
        return putBackOr(seen, { do: 'prove the stored one' });
      return putBackOr(seen, { do: 'nothing', recovered: 'stored' });
    }
    case 'idle':
      // A late step of a rotation that is over begins nothing.
      if (token !== undefined && journal.lastToken === token) return { do: 'nothing', recovered: 'stored' };
      return putBackOr(seen, { do: 'nothing', recovered: 'clear' });
  }
}

/**
 * Puts other actions before one: a put-back that an earlier invocation has begun is settled, and `put back` follows
 * when AWSCURRENT is dead, or a late answer may have replaced its password.
 */
function putBackOr({ state, currentIsDead, putBack }: Observation, otherwise: Classified): Classified {
  if (putBack) return { do: 'end the put-back', begun: putBack };
  if (currentIsDead) return { do: 'put back', otherwise: { do: 'fail with the dead one' } };
  return state.orphanItems.length > 0 ? { do: 'put back', otherwise } : otherwise;
}

/** Returns undefined when recovery must observe again. */
async function act(
  invocation: Invocation,
  seen: Observation,
  decision: Classified,
): Promise<Recovered | undefined> {
  const { username } = seen;
  switch (decision.do) {
    case 'stop':
      throw decision.error;
    case 'roll forward':
      await rollForward(invocation, decision.journal, seen);
      return undefined;
    case 'wait for its owner': {
      const { startedAt } = decision.journal;
      const inLog = await findInLog(invocation, decision.journal, username);
      if (inLog.found === 'readable') return undefined;
      await waitOrFail(invocation, LEASE_MS, inProgressError(username, startedAt));
      return undefined;
    }
    case 'resolve':
      await resolveUnknownOutcome(invocation, decision.journal, seen);
      return undefined;
    case 'look for the lost one': {
      const found = await lookForLost(invocation, decision.journal, seen);
      if (found === 'in the log') return undefined;
      if (decision.otherwise === 'stop') throw found.error;
      await proveStored(invocation, seen, found.error);
      return undefined;
    }
    case 'prove the stored one':
      await proveStored(invocation, seen);
      return undefined;
    case 'put back':
      return (await putBack(invocation, seen)) ? undefined : act(invocation, seen, decision.otherwise);
    case 'fail with the dead one':
      await failWithDead(invocation, seen);
      return undefined;
    case 'end the put-back':
      await endBegunPutBack(invocation, username, decision.begun);
      return undefined;
    case 'nothing': {
      if (decision.recovered === 'stored') return { found: 'stored', username };
      const { current, state, former } = seen;
      if (!current.credential) throw current.problem;
      const isNew = state.secretArn === undefined;
      return { found: 'clear', username, current, isNew, former: former?.username };
    }
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
