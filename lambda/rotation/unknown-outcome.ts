import type { RefusedPasswordError } from '../ledger/errors.ts';
import { hashPassword } from '../ledger/fingerprint.ts';
import { recordCommitted, recordLost, recordUnchanged, recordUnknown } from '../ledger/journal.ts';
import { credentialLost } from '../ledger/reserve.ts';
import type { CredentialState, Journal } from '../ledger/state.ts';
import { SETTLING_MS } from '../ledger/times.ts';
import { readCredential } from '../secret/credential.ts';
import type { Invocation, Services } from './context.ts';
import { OutcomeUnknownError, openingCommand } from './errors.ts';
import { type Presented, type Proof, prove } from './log-in.ts';
import { makeCurrent } from './make-current.ts';
import { findInLog } from './sealed-answer.ts';
import { type Holder, readVersion, readVersionOnce } from './secret.ts';

export type Unsettled = Extract<Journal, { state: 'exchanging' | 'unknown' }>;

/** What was seen of the credential: the ledger's item, DynamoDB's time, and what AWSCURRENT is on. */
type Seen = { username: string; state: CredentialState; now: number; holder: Holder; holderDead: boolean };

const POLL_MS = 5_000;
/** What an invocation keeps for itself when it waits: enough to say what it waited for. */
const MARGIN_MS = 3_000;

/**
 * Settles an exchange whose outcome nobody knows: look first (the log, then the token's version), then wait
 * until ThingSpace can no longer execute it, then log in once with the old password. Comes back when the
 * journal may have changed.
 * @throws OutcomeUnknownError when it must wait longer than this invocation may live, or nothing is proven
 * @throws CredentialLostError when the old password is refused for certain: it was changed, and the new one is lost
 */
export async function settleUnknownOutcome(
  services: Services,
  invocation: Invocation,
  journal: Unsettled,
  seen: Seen,
): Promise<void> {
  const { ledger } = services;
  const { attempt, startedAt } = journal;
  const { username, now } = seen;
  const inLog = await findInLog(services, invocation, journal, username);
  if (inLog.found === 'readable') return;
  if (await storedUnderToken(services, invocation, journal, seen)) return;
  if (journal.state === 'exchanging') {
    // The invocation that sent it ended before it could record the outcome.
    return ledger.change(username, invocation.deadlineMs, (state, at) =>
      recordUnknown(state, attempt, username, undefined, at),
    );
  }
  const settlesAt = startedAt + SETTLING_MS;
  if (now < settlesAt) {
    return pollUntil(services, invocation, settlesAt - now, stillUnknown(username, settlesAt));
  }
  if (await changedByPerson(seen, journal)) {
    const proof = await proveHolder(services, invocation, seen.holder);
    if (proof?.works) return recordNothingChanged(services, invocation, attempt, username);
    if (proof && !proof.certain) throw unproven(username, proof);
  }
  // An answer that KMS does not open now is no loss, and neither is one that could not be looked for.
  if (inLog.found === 'locked') throw inLog.error;
  const unsearched = inLog.found === 'not searched' ? inLog.error : undefined;
  await proveOld(services, invocation, journal, seen, unsearched);
}

/** Waits for a change that time or another invocation brings; at the deadline it fails with `otherwise`. */
export async function pollUntil(
  { clock }: Services,
  { deadlineMs }: Invocation,
  maxMs: number,
  otherwise: Error,
): Promise<void> {
  const leftMs = deadlineMs - MARGIN_MS - clock.nowMs();
  if (leftMs <= 0) throw otherwise;
  await clock.sleep(Math.min(leftMs, maxMs, POLL_MS));
}

/**
 * The token's version may hold the new password although neither journal nor log tell so. A value that is not
 * AWSCURRENT may be anybody's: it is asked once.
 */
async function storedUnderToken(
  services: Services,
  invocation: Invocation,
  journal: Unsettled,
  { username, holder }: Seen,
): Promise<boolean> {
  const { token, attempt, oldVersion, oldHash } = journal;
  const version = await readVersionOnce(services, invocation, token);
  if (!version) return false;
  const { password } = readCredential(invocation.secretArn, version.value);
  if ((await hashPassword(username, password)) === oldHash) return false;
  if (holder.versionId !== token) {
    const proof = await prove(services, invocation, { versionId: token, username, password });
    if (!proof.works) return false;
  }
  const brought = { username, password, attempt, oldVersion, oldHash, target: token, askedAtMs: undefined };
  const { versionId, overtaken } = await makeCurrent(services, invocation, brought, holder);
  await services.ledger.change(username, invocation.deadlineMs, (state, now) =>
    recordCommitted(state, attempt, versionId, now, { overtaken, username }),
  );
  return true;
}

async function changedByPerson(
  { username, holder, holderDead }: Seen,
  { oldVersion, oldHash }: Unsettled,
): Promise<boolean> {
  if (holder.versionId === oldVersion || !holder.credential || holderDead) return false;
  return (await hashPassword(username, holder.credential.password)) !== oldHash;
}

async function proveHolder(
  services: Services,
  invocation: Invocation,
  { versionId, credential }: Holder,
): Promise<Proof | undefined> {
  return credential && prove(services, invocation, { versionId, ...credential });
}

/** One log-in with the password that the exchange was to replace. */
async function proveOld(
  services: Services,
  invocation: Invocation,
  journal: Unsettled,
  { username, state }: Seen,
  unsearched: Error | undefined,
): Promise<void> {
  const { ledger, metrics } = services;
  const { attempt, oldVersion, oldHash, startedAt } = journal;
  const refusedSince = state.refused[`${oldVersion}:${oldHash}`];
  const known = refusedSince && !refusedSince.releasable && refusedSince.at >= startedAt;
  if (!known) {
    const old = await oldCredential(services, invocation, oldVersion, username);
    if (!old) throw oldIsGone(username, oldVersion);
    const proof = await prove(services, invocation, old);
    if (proof.works) return recordNothingChanged(services, invocation, attempt, username);
    if (!proof.certain) throw unproven(username, proof);
  }
  if (unsearched) throw notSearched(username, unsearched);
  const lost = await ledger.change(username, invocation.deadlineMs, (fresh, at) =>
    recordLost(fresh, attempt, username, at),
  );
  // Another invocation has found the answer meanwhile.
  if (!lost) return;
  metrics.count('PasswordLost', state.credential);
  throw credentialLost(username);
}

async function oldCredential(
  services: Services,
  invocation: Invocation,
  versionId: string,
  username: string,
): Promise<Presented | undefined> {
  const version = await readVersion(services, invocation, versionId);
  if (!version) return undefined;
  const { password } = readCredential(invocation.secretArn, version.value);
  return { versionId, username, password };
}

function recordNothingChanged(
  { ledger }: Services,
  { deadlineMs }: Invocation,
  attempt: string,
  username: string,
): Promise<void> {
  return ledger.change(username, deadlineMs, (state) => recordUnchanged(state, attempt));
}

function stillUnknown(username: string, settlesAt: number): OutcomeUnknownError {
  return new OutcomeUnknownError(
    `Nobody knows yet whether ThingSpace has changed the password of ${username}: its answer did not arrive. It may ` +
      `still act until ${new Date(settlesAt).toISOString()}; a retry or the recover event after that logs in once ` +
      'with the old password and settles it. Nothing is asked for again before.',
  );
}

/** A refusal whose code is not certainly about the credentials proves no loss. */
function unproven(username: string, { error }: Extract<Proof, { works: false }>): OutcomeUnknownError {
  const retryAt = (error as Partial<RefusedPasswordError>).retryAt;
  const when = retryAt === undefined ? 'half an hour later' : `after ${new Date(retryAt).toISOString()}`;
  return new OutcomeUnknownError(
    `Nobody knows whether ThingSpace has changed the password of ${username}: a log-in was refused, but with a code that ` +
      `does not say that the password was at fault. It is asked once more, ${when}, by a retry or the recover event. ` +
      'If the guard is closed then, a person settles it by one log-in: `npm run cli -- trial --secret <its ARN>`. If that ' +
      'settles nothing either: have M2M Support reset the password and store it as a new version of the secret.',
    { cause: error },
  );
}

function notSearched(username: string, cause: Error): OutcomeUnknownError {
  return new OutcomeUnknownError(
    `ThingSpace has changed the password of ${username} (the old one is refused), and the function could not search its own ` +
      'log for the answer, where the new one may be sealed. Let the function logs:FilterLogEvents on its log group; a ' +
      'retry or the recover event then searches it. Or have M2M Support reset the password and store that as a new ' +
      'version of the secret.',
    { cause },
  );
}

function oldIsGone(username: string, versionId: string): OutcomeUnknownError {
  return new OutcomeUnknownError(
    `Nobody knows whether ThingSpace has changed the password of ${username}, and version ${versionId} of the secret, which ` +
      'held the old one, is gone: it cannot be asked. If an answer is sealed, ' +
      `\`${openingCommand(username)}\` shows it; otherwise have M2M Support reset the password. Store what is right as a ` +
      'new version of the secret.',
  );
}
