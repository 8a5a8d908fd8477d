import { ExchangeInProgressError } from '../ledger/errors.ts';
import { committedVersion, recordCommitted } from '../ledger/journal.ts';
import { credentialLost, leaseLives, sharedUsername } from '../ledger/reserve.ts';
import { type CredentialState, credentialKey, type Journal } from '../ledger/state.ts';
import { LEASE_MS } from '../ledger/times.ts';
import type { SecretDescription } from '../secret/secrets-manager.ts';
import type { Invocation, Services } from './context.ts';
import { UsernameChangedError } from './errors.ts';
import { prove } from './log-in.ts';
import { isKnownDead, putBack, refuseDead } from './put-back.ts';
import { rollForward } from './roll-forward.ts';
import { findInLog } from './sealed-answer.ts';
import { type Current, describe, type Holder, readHolder } from './secret.ts';
import { pollUntil, settleUnknownOutcome, type Unsettled } from './unknown-outcome.ts';

/**
 * Finishes or settles what earlier invocations have left, however they ended: observe (all reads), classify
 * (pure), act; then observe again until nothing is open. Starts no exchange.
 */

/** Where the credential stands when nothing is open. */
export type Recovered =
  /** The rotation of this invocation has its new password, and AWSCURRENT is on it. */
  | { found: 'stored' }
  /**
   * Nothing is pending: an exchange may begin with what AWSCURRENT holds. `isNew`: the username was never
   * rotated; `former` is the one that the secret was rotated for before.
   */
  | { found: 'clear'; current: Current; isNew: boolean; former: string | undefined };

/** What one look saw of the credential. */
export type Seen = {
  username: string;
  state: CredentialState;
  /** DynamoDB's time, in milliseconds since 1970. */
  now: number;
  holder: Holder;
  /** What AWSCURRENT holds is known not to work. */
  holderDead: boolean;
  /** The username of the secret's last rotation, and its journal, where it was another one. */
  former: { username: string; journal: Journal } | undefined;
};

/** What is to be done about it. One case per row; `classify` says when. */
export type Classified =
  | { do: 'stop'; error: Error }
  | { do: 'roll forward'; journal: Extract<Journal, { state: 'received' }> }
  | { do: 'wait for its owner'; journal: Extract<Journal, { state: 'exchanging' }> }
  | { do: 'settle'; journal: Unsettled }
  | { do: 'ask the stored one' }
  | { do: 'put back' }
  | { do: 'nothing'; recovered: 'stored' | 'clear' };

/** @throws whatever cannot be settled within this invocation, as a named error */
export async function recoverPending(
  services: Services,
  invocation: Invocation,
  described?: SecretDescription,
): Promise<Recovered> {
  let secret = described;
  for (;;) {
    const seen = await observe(services, invocation, secret);
    secret = undefined;
    const recovered = await act(services, invocation, seen, classify(seen, invocation));
    if (recovered) return recovered;
  }
}

async function observe(
  services: Services,
  invocation: Invocation,
  described: SecretDescription | undefined,
): Promise<Seen> {
  const { ledger } = services;
  const secret = described ?? (await describe(services, invocation.secretArn));
  const holder = await readHolder(services, invocation, secret);
  const username = holder.credential?.username ?? (await ledger.usernameOf(invocation.secretArn));
  if (username === undefined) throw holder.problem ?? new Error('a version without credential and problem');
  invocation.username = username;
  const { state, now } = await ledger.read(username, invocation.deadlineMs);
  if (state.outbox.length > 0) await ledger.publishOutbox(username, invocation.deadlineMs);
  const holderDead = await isKnownDead(username, state, holder);
  const former = state.secretArn === undefined ? await formerOf(services, invocation, username) : undefined;
  return { username, state, now, holder, holderDead, former };
}

/** Only a username that was never rotated can be new to its secret: all others are spared the read. */
async function formerOf({ ledger }: Services, { secretArn, deadlineMs }: Invocation, username: string) {
  const former = await ledger.usernameOf(secretArn);
  if (former === undefined || credentialKey(former) === credentialKey(username)) return undefined;
  const { state } = await ledger.read(former, deadlineMs);
  return { username: former, journal: state.journal };
}

/** Pure. The token is that of the rotation, if the invocation belongs to one. */
export function classify(
  seen: Seen,
  { secretArn, token }: Pick<Invocation, 'secretArn' | 'token'>,
): Classified {
  const { state, now, holder, former } = seen;
  const { journal } = state;
  if (state.secretArn !== undefined && state.secretArn !== secretArn)
    return { do: 'stop', error: sharedUsername(state) };
  if (former && isOpen(former.journal))
    return { do: 'stop', error: usernameChanged(secretArn, seen.username, former) };

  switch (journal.state) {
    case 'received':
      return { do: 'roll forward', journal };
    case 'exchanging':
      return {
        do: leaseLives(journal.startedAt, now) ? 'wait for its owner' : 'settle',
        journal,
      } as Classified;
    case 'unknown':
      return { do: 'settle', journal };
    case 'lost':
      // The ledger bars the version that was lost; that another one logs in ends the loss.
      if (holder.versionId === journal.oldVersion || !holder.credential) {
        return { do: 'stop', error: credentialLost(seen.username) };
      }
      return { do: 'ask the stored one' };
    case 'committed': {
      const isOurs = token !== undefined && (journal.token === token || committedVersion(journal) === token);
      if (seen.holderDead || state.orphanItems.length > 0) return { do: 'put back' };
      if (!isOurs) return { do: 'nothing', recovered: 'clear' };
      if (holder.versionId === committedVersion(journal)) return { do: 'nothing', recovered: 'stored' };
      return { do: 'ask the stored one' };
    }
    case 'idle':
      // A late step of a rotation that is over begins nothing.
      if (token !== undefined && journal.lastToken === token) return { do: 'nothing', recovered: 'stored' };
      if (seen.holderDead || state.orphanItems.length > 0) return { do: 'put back' };
      return { do: 'nothing', recovered: 'clear' };
  }
}

/** Undefined when there is to be another look. */
async function act(
  services: Services,
  invocation: Invocation,
  seen: Seen,
  found: Classified,
): Promise<Recovered | undefined> {
  const { username, holder, state } = seen;
  switch (found.do) {
    case 'stop':
      throw found.error;
    case 'roll forward':
      return void (await rollForward(services, invocation, found.journal, username, holder));
    case 'wait for its owner': {
      const { found: inLog } = await findInLog(services, invocation, found.journal, username);
      if (inLog === 'nothing' || inLog === 'locked') {
        await pollUntil(services, invocation, LEASE_MS, inProgress(username, found.journal.startedAt));
      }
      return undefined;
    }
    case 'settle':
      return void (await settleUnknownOutcome(services, invocation, found.journal, seen));
    case 'ask the stored one':
      return void (await askStored(services, invocation, seen));
    case 'put back':
      if (await putBack(services, invocation, seen)) return undefined;
      if (seen.holderDead) return void (await refuseDead(services, invocation, seen));
      return nothingOpen(services, invocation, { ...seen, state: { ...state, orphanItems: [] } });
    case 'nothing':
      return found.recovered === 'stored' ? { found: 'stored' } : clear(seen);
  }
}

/** The set-aside answers have been asked; what is left is judged as if there were none. */
function nothingOpen(services: Services, invocation: Invocation, seen: Seen): Promise<Recovered | undefined> {
  return act(services, invocation, seen, classify(seen, invocation));
}

function clear({ holder, state, former }: Seen): Recovered {
  if (!holder.credential) throw holder.problem ?? new Error('a version without credential and problem');
  const current = { ...holder, ...holder.credential };
  return { found: 'clear', current, isNew: state.secretArn === undefined, former: former?.username };
}

/** A person has stored another version. That it logs in ends a loss, or ends the rotation with it. */
async function askStored(services: Services, invocation: Invocation, { username, state, holder }: Seen) {
  if (!holder.credential) throw holder.problem ?? new Error('a version without credential and problem');
  const { versionId, credential } = holder;
  const proof = await prove(services, invocation, { versionId, ...credential });
  const { journal } = state;
  if (!proof.works && (journal.state === 'lost' || !proof.certain)) throw proof.error;
  if (!proof.works || journal.state !== 'committed') return;
  await services.ledger.change(username, invocation.deadlineMs, (fresh, now) =>
    recordCommitted(fresh, journal.attempt, versionId, now, { overtaken: true, username }),
  );
}

const isOpen = ({ state }: Journal): boolean => state !== 'idle' && state !== 'committed';

function usernameChanged(
  secretArn: string,
  username: string,
  former: { username: string; journal: Journal },
) {
  return new UsernameChangedError(
    `The secret ${secretArn} names the username ${username} now, but the exchange of ${former.username}’s password is not ` +
      `settled (${former.journal.state}). Nothing is begun and nothing is lost. Put the username back by storing a new ` +
      'version of the secret; or, if the change is meant, let the secret take the new username over: ' +
      '`npm run cli -- adopt --secret <its ARN>`.',
  );
}

function inProgress(username: string, startedAt: number): ExchangeInProgressError {
  return new ExchangeInProgressError(
    `Another invocation is asking ThingSpace for a new password of ${username}, or died while it did; its lease ends at ` +
      `${new Date(startedAt + LEASE_MS).toISOString()}. A retry goes on from there.`,
    startedAt + LEASE_MS,
  );
}
