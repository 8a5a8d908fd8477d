import { ExchangeInProgressError } from '../ledger/errors.ts';
import { committed } from '../ledger/journal.ts';
import { leaseLives, sharedUsername } from '../ledger/reserve.ts';
import type { CredentialState } from '../ledger/state.ts';
import { LEASE_MS } from '../ledger/times.ts';
import { readEnvelope } from '../sealing/envelope.ts';
import type { SecretDescription } from '../secret/secrets-manager.ts';
import { logIn } from './log-in.ts';
import { findSealed, resolve, waitAWhile } from './resolve.ts';
import { openPassword, rollForward } from './roll-forward.ts';
import type { Errand, Rotation } from './rotation.ts';
import { type Current, describe, glanceAtVersion, readCurrent } from './secret.ts';

/** Where earlier invocations have left the credential. */
export type Rest =
  /** The errand's version holds the new password. */
  | { rest: 'stored'; current: Current }
  /** Nothing is pending: an exchange may begin. */
  | { rest: 'clear'; current: Current };

type Seen = { state: CredentialState; now: number; secret: SecretDescription; current: Current };

/**
 * Finishes or settles what earlier invocations have left, however they ended. Starts no exchange.
 * @throws whatever of it cannot be settled within this invocation, as a named error
 */
export async function bringToRest(rotation: Rotation, errand: Errand): Promise<Rest> {
  for (;;) {
    const rest = await oneStep(rotation, errand, await look(rotation, errand));
    if (rest !== 'look again') return rest;
  }
}

/** The journal first, then Secrets Manager: what the journal says was stored is then seen stored. */
async function look(rotation: Rotation, errand: Errand): Promise<Seen> {
  const { ledger } = rotation;
  for (;;) {
    const { username } = await readCurrent(rotation, errand);
    const { state, now } = await ledger.read(username, errand.deadlineMs);
    if (state.outbox.length > 0) await ledger.announce(username, errand.deadlineMs);
    const secret = await describe(rotation, errand.secretArn);
    const current = await readCurrent(rotation, errand, secret);
    if (current.username === username) return { state, now, secret, current };
  }
}

async function oneStep(rotation: Rotation, errand: Errand, seen: Seen): Promise<Rest | 'look again'> {
  const { state, now, secret, current } = seen;
  const { journal } = state;
  const { token } = errand;
  if (state.secretArn !== undefined && state.secretArn !== errand.secretArn) throw sharedUsername(state);

  // First of all what is sealed: its turn ends when AWSCURRENT holds it.
  if (journal.state === 'received') {
    await rollForward(rotation, errand, journal, secret, current);
    return 'look again';
  }
  if (token !== undefined && (await isStored(rotation, errand, token, seen))) {
    return { rest: 'stored', current };
  }

  switch (journal.state) {
    case 'idle':
      if (token !== undefined && journal.lastToken === token) return { rest: 'stored', current };
      return (await adoptOrphan(rotation, errand, seen)) ? 'look again' : { rest: 'clear', current };
    case 'committed':
      return { rest: journal.token === token ? 'stored' : 'clear', current };
    case 'exchanging':
      if (!leaseLives(journal.startedAt, now)) {
        await resolve(rotation, errand, journal, current, seen);
      } else if (!(await findSealed(rotation, errand, journal, current.username))) {
        await waitAWhile(rotation, errand, LEASE_MS, inProgress(current.username, journal.startedAt));
      }
      return 'look again';
    case 'unknown':
      await resolve(rotation, errand, journal, current, seen);
      return 'look again';
    case 'lost':
      // The ledger refuses the version that was lost; that another one logs in ends the loss.
      await logIn(rotation, errand, current, 'probe');
      return 'look again';
  }
}

/** Whether the errand's version has a value; the journal is brought up to it. */
async function isStored(rotation: Rotation, errand: Errand, token: string, { state, secret, current }: Seen) {
  if (!secret.stages.has(token) || !(await glanceAtVersion(rotation, errand, token))) return false;
  const { journal } = state;
  if (journal.state !== 'idle' && journal.state !== 'committed' && journal.token === token) {
    await rotation.ledger.change(current.username, errand.deadlineMs, (fresh, now) =>
      committed(fresh, journal.attempt, token, now),
    );
  }
  return true;
}

/**
 * An envelope that came too late for its journal, while the version that it replaced is still current:
 * then it holds the live password after all.
 */
async function adoptOrphan(rotation: Rotation, errand: Errand, { state, current }: Seen): Promise<boolean> {
  for (const [attempt, envelope] of Object.entries(state.orphans)) {
    const { header } = readEnvelope(envelope);
    if (header.oldVersion !== current.versionId || header.secretArn !== errand.secretArn) continue;
    if ((await openPassword(rotation, envelope)) === undefined) continue;
    await rotation.ledger.change(current.username, errand.deadlineMs, (fresh, now) => {
      if (fresh.journal.state !== 'idle' || fresh.orphans[attempt] === undefined) return;
      const { token, oldVersion, oldHash, secretArn } = header;
      const exchange = { token, attempt, secretArn, oldVersion, oldHash, startedAt: now };
      fresh.journal = { state: 'received', ...exchange, receivedAt: now, envelope };
      delete fresh.orphans[attempt];
    });
    return true;
  }
  return false;
}

function inProgress(username: string, startedAt: number): ExchangeInProgressError {
  return new ExchangeInProgressError(
    `Another invocation is asking ThingSpace for a new password of ${username}, or died while it did; its lease ends at ` +
      `${new Date(startedAt + LEASE_MS).toISOString()}. A retry goes on from there.`,
    startedAt + LEASE_MS,
  );
}
