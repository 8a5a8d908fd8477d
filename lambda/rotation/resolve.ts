import { RefusedPasswordError } from '../ledger/errors.ts';
import { hashPassword } from '../ledger/fingerprint.ts';
import { lost, nothingChanged, outcomeUnknown, received } from '../ledger/journal.ts';
import { credentialLost } from '../ledger/reserve.ts';
import type { CredentialState, Journal } from '../ledger/state.ts';
import { SETTLING_MS } from '../ledger/times.ts';
import { readCredential } from '../secret/credential.ts';
import { OutcomeUnknownError, PasswordRefusedError } from './errors.ts';
import { logIn } from './log-in.ts';
import { openPassword } from './roll-forward.ts';
import type { Errand, Rotation } from './rotation.ts';
import { type Current, readVersion } from './secret.ts';

export type Unsettled = Extract<Journal, { state: 'exchanging' | 'unknown' }>;

const POLL_MS = 5_000;
/** What an invocation keeps for itself when it waits: enough to say what it waited for. */
const MARGIN_MS = 3_000;

/**
 * Settles an exchange whose outcome nobody knows: look first, then wait until the platform can no longer
 * execute it, then log in once with the old password. Comes back when the journal has changed.
 * @throws OutcomeUnknownError when it must wait longer than this invocation may live
 * @throws CredentialLostError when the old password is refused: it was changed, and the new one is lost
 */
export async function resolve(
  rotation: Rotation,
  errand: Errand,
  journal: Unsettled,
  current: Current,
  seen: { state: CredentialState; now: number },
): Promise<void> {
  const { attempt, startedAt } = journal;
  if (await findSealed(rotation, errand, journal, current.username)) return;
  if (journal.state === 'exchanging') {
    // Its owner died before it could say so.
    return rotation.ledger.change(current.username, errand.deadlineMs, (state, now) =>
      outcomeUnknown(state, attempt, current.username, undefined, now),
    );
  }
  const settlesAt = startedAt + SETTLING_MS;
  if (seen.now < settlesAt) {
    return waitAWhile(rotation, errand, settlesAt - seen.now, stillUnknown(current.username, settlesAt));
  }
  await probe(rotation, errand, journal, current, seen.state);
}

/** Looks for the answer in the log of the invocation that had it; returns whether it was found. */
export async function findSealed(
  rotation: Rotation,
  errand: Errand,
  { attempt, startedAt }: Unsettled,
  username: string,
): Promise<boolean> {
  const { sealedLog, ledger, tell } = rotation;
  const envelope = await sealedLog.find(attempt, startedAt - 60_000).catch((failure: Error) => {
    tell('The function cannot search its own log for a sealed answer', { failure: failure.message });
    return undefined;
  });
  if (envelope === undefined) return false;
  const readable = (await openPassword(rotation, envelope)) !== undefined;
  return ledger.change(username, errand.deadlineMs, (state, now) => {
    if (readable) received(state, attempt, envelope, now);
    else outcomeUnknown(state, attempt, username, envelope, now);
    return readable;
  });
}

/** Waits for a change that time or another invocation brings; at the deadline it fails with `otherwise`. */
export async function waitAWhile(
  { clock }: Rotation,
  { deadlineMs }: Errand,
  mostMs: number,
  otherwise: Error,
): Promise<void> {
  const leftMs = deadlineMs - MARGIN_MS - clock.nowMs();
  if (leftMs <= 0) throw otherwise;
  await clock.sleep(Math.min(leftMs, mostMs, POLL_MS));
}

async function probe(
  rotation: Rotation,
  errand: Errand,
  journal: Unsettled,
  current: Current,
  state: CredentialState,
): Promise<void> {
  const { ledger } = rotation;
  const { username } = current;
  const { attempt, oldVersion, oldHash } = journal;
  const changedByPerson = (await hashPassword(username, current.password)) !== oldHash;
  if (changedByPerson && (await works(rotation, errand, current))) {
    await ledger.change(username, errand.deadlineMs, (now) => nothingChanged(now, attempt));
    return;
  }
  // Somebody with the old password was refused since: that is the answer, and it cost enough.
  const refusedAt = state.refused[`${oldVersion}:${oldHash}`]?.at ?? 0;
  const old = changedByPerson ? await oldCredential(rotation, errand, journal, username) : current;
  if (refusedAt < journal.startedAt && old && (await works(rotation, errand, old))) {
    await ledger.change(username, errand.deadlineMs, (now) => nothingChanged(now, attempt));
    return;
  }
  await ledger.change(username, errand.deadlineMs, (now, at) => lost(now, attempt, username, at));
  rotation.measure.count('PasswordLost', state.credential);
  throw credentialLost(username);
}

async function works(
  rotation: Rotation,
  errand: Errand,
  credential: Pick<Current, 'versionId' | 'username' | 'password'>,
): Promise<boolean> {
  try {
    await logIn(rotation, errand, credential, 'probe');
    return true;
  } catch (failure) {
    if (failure instanceof PasswordRefusedError || failure instanceof RefusedPasswordError) return false;
    throw failure;
  }
}

/** The password that the exchange was to replace, from its own version; undefined if that is gone. */
async function oldCredential(rotation: Rotation, errand: Errand, journal: Unsettled, username: string) {
  const version = await readVersion(rotation, errand, journal.oldVersion);
  if (!version) return undefined;
  const { password } = readCredential(errand.secretArn, version.value);
  return { versionId: journal.oldVersion, username, password };
}

function stillUnknown(username: string, settlesAt: number): OutcomeUnknownError {
  return new OutcomeUnknownError(
    `Nobody knows yet whether ThingSpace has changed the password of ${username}: its answer did not arrive. It may ` +
      `still act until ${new Date(settlesAt).toISOString()}; a retry or the recover event after that logs in once ` +
      'with the old password and settles it. Nothing is asked for again before.',
  );
}
