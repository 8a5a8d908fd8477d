import { hashPassword } from '../ledger/fingerprint.ts';
import { recordCommitted, recordReceived, recordUnchanged, recordUnknown } from '../ledger/journal.ts';
import type { Reservation } from '../ledger/ledger.ts';
import type { Settlement } from '../ledger/settle.ts';
import { credentialKey } from '../ledger/state.ts';
import { SETTLING_MINUTES } from '../ledger/times.ts';
import type { DataKey } from '../sealing/data-key.ts';
import { envelopeForItem, seal } from '../sealing/seal-answer.ts';
import { unusableBecause } from '../secret/credential.ts';
import type { ReadableVersion } from '../secret/stored-version.ts';
import { noBearer } from '../situations/faults.ts';
import { unknownUnread } from '../situations/password.ts';
import { toDo } from '../situations/steps.ts';
import type { OpenSession, RawAnswer } from '../thingspace/api.ts';
import { inBrackets } from '../thingspace/call-errors.ts';
import { isBearerRefusal, meaningOf } from '../thingspace/codes.ts';
import { ProxyError } from '../thingspace/proxy-error.ts';
import { BearerError } from '../thingspace/rest/bearer-error.ts';
import type { Invocation, StepInvocation } from './context.ts';
import { RotationError } from './errors.ts';
import { logInToExchange, logOut } from './log-in.ts';
import { type Committed, makeCurrent, type NewPassword } from './make-current.ts';
import { unusablePasswordError } from './sealed-answer.ts';

/**
 * The healthy line of a rotation, in order. The numbers in the lines below are rows of the death table in
 * `lambda/README.md`, which a run prints: what a process that dies there leaves, and what a retry makes of it. The
 * functions are in the order of their calls; the texts of the errors come last.
 * A throw is not a death: it also logs out, wipes the data key, and records the failure. The next invocation
 * continues from the item after both (`recovery.ts`).
 */

/** The time of an invocation that is kept for sealing and storing the answer. */
const STORING_MS = 8_000;
const MIN_WAIT_MS = 5_000;

/** An exchange whose answer is awaited. */
type Exchange = {
  /** The version whose password is to be replaced. */
  current: ReadableVersion;
  reservation: Reservation;
  /** Seals the answer. */
  key: DataKey;
  /** By the process's clock. */
  askedAtMs: number;
};

/**
 * Asks ThingSpace for a new password, once, and makes it current. The old password may be dead from the request on, so
 * the answer is sealed before it is read.
 * @param sealing the key that seals the answer; nothing is sent to ThingSpace before KMS has made it
 * @throws a named error that says whether the password was changed; the journal says the same
 */
export async function changePassword(
  invocation: StepInvocation,
  current: ReadableVersion,
  sealing: Promise<DataKey>,
): Promise<void> {
  const { ledger, clock, token, deadlineMs } = invocation;
  if (timeForExchangeMs(invocation) === undefined) throw notEnoughTimeError(invocation);
  const key = await sealing;
  // Death point 1
  const { session: sessionToken, reserved } = await logInToExchange(invocation, current);
  const session = { ...current.credential, token: sessionToken };
  let loggedOut: Promise<void> | undefined;
  try {
    // Death point 2
    const reservation = await reserved;
    // Death point 3
    const exchange = { current, reservation, key, askedAtMs: clock.nowMs() };
    const answer = await sendGetNewPassword(invocation, exchange, session);
    const { received, committed } = await sealAndStore(invocation, exchange, answer);
    const { username, password, attempt } = received;
    const { versionId, overtaken } = committed;
    // AWSCURRENT is right: only from here on may anything else take a processor or a connection.
    const journaled = ledger.change(username, deadlineMs, (state, now) => {
      recordCommitted(state, attempt, versionId, now, { overtaken, username, token });
    });
    loggedOut = logOut(invocation, session);
    // testSecret needs it, most often in this process.
    void hashPassword(username, password);
    // Death points 8 and 9
    await journaled;
  } finally {
    await (loggedOut ?? logOut(invocation, session));
  }
}

/**
 * Returns how long to wait for the answer; undefined when less than half of the invocation, or less than 13 s, is left.
 * Aborting GetNewPassword can lose the password, so the next retry asks instead.
 */
function timeForExchangeMs({ clock, startedAtMs, deadlineMs }: StepInvocation): number | undefined {
  const leftMs = deadlineMs - clock.nowMs();
  const minLeftMs = Math.max(STORING_MS + MIN_WAIT_MS, (deadlineMs - startedAtMs) / 2);
  return leftMs >= minLeftMs ? leftMs - STORING_MS : undefined;
}

/** Sends GetNewPassword and returns the bytes of its answer, unread. */
async function sendGetNewPassword(
  invocation: StepInvocation,
  { reservation, current }: Exchange,
  { token, apiKey, apiSecret }: OpenSession,
): Promise<RawAnswer> {
  const { api } = invocation;
  const timeoutMs = timeForExchangeMs(invocation);
  if (timeoutMs === undefined) {
    await endUnchanged(invocation, reservation, { outcome: 'uncounted' });
    throw notEnoughTimeError(invocation);
  }
  const answer = await api.getNewPassword({ token, apiKey, apiSecret }, current.credential.password, {
    timeoutMs,
    mayLeave: reservation.mayLeave,
  });
  if (answer.outcome === 'answered') return answer;
  if (answer.outcome === 'never-sent') {
    await endUnchanged(invocation, reservation, { outcome: 'uncounted' });
    throw notSentError(answer.cause);
  }
  await endUnknown(invocation, reservation, undefined);
  throw new RotationError(
    'OutcomeUnknownError',
    `ThingSpace was asked for a new password of ${reservation.username} and its answer did not arrive` +
      `${inBrackets(answer.cause)}: it is not known whether the password was changed. The request is not repeated. ` +
      `In ${SETTLING_MINUTES} minutes a retry or the recover event logs in once with the old password and settles it.`,
    { cause: answer.cause },
  );
}

/**
 * Seals the answer, then reads it and makes its password current. Returns the version that AWSCURRENT is on by then.
 */
async function sealAndStore(
  invocation: StepInvocation,
  { current, reservation, key, askedAtMs }: Exchange,
  answer: RawAnswer,
): Promise<{ received: NewPassword; committed: Committed }> {
  const { api, ledger, clock, metrics, log, secretArn, token, deadlineMs } = invocation;
  const { attempt, username, fingerprint: old } = reservation;
  // Death point 4
  const receivedAtMs = clock.nowMs();
  const about = { secretArn, token, attempt, oldVersion: current.versionId, oldHash: old.hash };
  const envelopes = seal(answer, key, about);
  try {
    invocation.sealedLog.write(attempt, envelopes);
  } catch (failure) {
    // It stops nothing: the answer still goes into the journal and into the secret.
    log('The sealed answer could not be written to the log', { failure: (failure as Error).name });
  }
  // Death point 5
  const read = api.readNewPassword(answer);
  const password = read.outcome === 'done' ? read.value : undefined;
  const envelope = envelopeForItem(envelopes, answer, password, key, about);
  if (read.outcome === 'refused') return endRefused(invocation, reservation, read.code, envelope);
  if (read.outcome === 'unknown') return endUnreadable(invocation, reservation, envelope, read.cause);

  const why = unusableBecause(read.value);
  if (why !== undefined) return endUnusable(invocation, reservation, envelope, why);

  const received: NewPassword = { ...about, username, password: read.value, askedAtMs };
  let journaled: Promise<void> | undefined;
  // Death points 5, 6 and 7
  const swapping = makeCurrent(invocation, received, current, async () => journaled);
  // `makeCurrent` has sent the password to Secrets Manager before it first returns; only then is DynamoDB asked.
  journaled = ledger.settle(reservation, { outcome: 'exchanged' }, deadlineMs, (state, now) =>
    recordReceived(state, attempt, envelope, now),
  );
  const [swapped, written] = await Promise.allSettled([swapping, journaled]);
  if (swapped.status === 'rejected') throw swapped.reason;
  if (written.status === 'rejected') throw written.reason;
  const committed = swapped.value;
  // Death point 8
  const { versionId, overtaken } = committed;
  const staleMs = Math.round(clock.nowMs() - receivedAtMs);
  metrics.gauge('StaleWindowMs', credentialKey(username), staleMs, 'Milliseconds');
  const said = overtaken ? 'A newer stored password works and stays' : 'The new password is current';
  log(said, { username, token, versionId, staleMs });
  return { received, committed };
}

// An exchange ends in the ledger and the journal by one write: `exchanged` when it brought a password, `endUnchanged`
// when it certainly changed nothing, `endUnknown` otherwise.

function endUnchanged(
  { ledger, deadlineMs }: Invocation,
  reservation: Reservation,
  settlement: Settlement,
): Promise<void> {
  return ledger.settle(reservation, settlement, deadlineMs, (state) =>
    recordUnchanged(state, reservation.attempt),
  );
}

function endUnknown(
  { ledger, deadlineMs }: Invocation,
  reservation: Reservation,
  envelope: string | undefined,
): Promise<void> {
  const { attempt, username } = reservation;
  return ledger.settle(reservation, { outcome: 'unknown' }, deadlineMs, (state, now) =>
    recordUnknown(state, attempt, username, envelope, now),
  );
}

const REPEATED =
  ': over REST a gateway may have sent the request twice, and this may be the answer to the second';

/**
 * Records a fault that ThingSpace answered with, and throws.
 * @throws ExchangeRefusedError, NoBearerError, OutcomeUnknownError
 */
async function endRefused(
  invocation: Invocation,
  reservation: Reservation,
  code: string,
  envelope: string,
): Promise<never> {
  const { exchangeChangedNothing, exchangeCounts, certainlyCredentials, words } = meaningOf(
    code,
    invocation.api.transport,
  );
  const { username } = reservation;
  if (exchangeChangedNothing !== 'proven') {
    await endUnknown(invocation, reservation, envelope);
    throw new RotationError(
      'OutcomeUnknownError',
      `ThingSpace answered the request for a new password of ${username} with ${code} (${words}), which does ` +
        `not prove that nothing was changed${exchangeChangedNothing === 'probable' ? REPEATED : ''}. In ${SETTLING_MINUTES} minutes a retry or the recover event logs in once with the old ` +
        'password and settles it.',
    );
  }
  const counted: Settlement = exchangeCounts
    ? { outcome: 'failure', code, certainlyCredentials }
    : { outcome: 'uncounted' };
  await endUnchanged(invocation, reservation, counted);
  if (isBearerRefusal(code)) {
    throw new RotationError(
      'NoBearerError',
      `The gateway refused the bearer of the application for the request for a new password of ${username} (${code}), ` +
        'before ThingSpace saw it. Nothing was changed; the old password stays good. A retry asks for another bearer. ' +
        toDo(noBearer.todo, { secretArn: invocation.secretArn }),
    );
  }
  throw new RotationError(
    'ExchangeRefusedError',
    `The password change of ${username} was refused (${code}: ${words}). Nothing was changed; the ` +
      'old password stays good. A retry continues from here.',
  );
}

/** Records a password that cannot be used, which stays sealed, and throws. @throws UnusablePasswordError */
async function endUnusable(
  invocation: Invocation,
  reservation: Reservation,
  envelope: string,
  why: string,
): Promise<never> {
  const { ledger, deadlineMs } = invocation;
  const { attempt, username } = reservation;
  await ledger.settle(reservation, { outcome: 'exchanged' }, deadlineMs, (state, now) =>
    recordReceived(state, attempt, envelope, now),
  );
  throw unusablePasswordError(invocation, username, why);
}

/**
 * Records an answer in which neither a password nor a fault could be read, and throws. @throws UnreadableAnswerError
 */
async function endUnreadable(
  invocation: Invocation,
  reservation: Reservation,
  envelope: string,
  cause: Error,
): Promise<never> {
  const { username } = reservation;
  await endUnknown(invocation, reservation, envelope);
  throw new RotationError(
    'UnreadableAnswerError',
    `ThingSpace’s answer to the request for a new password of ${username} could not be read` +
      `${inBrackets(cause)}. It is sealed, not lost. A retry in ${SETTLING_MINUTES} minutes finds out whether the old ` +
      `password still works. ${toDo(unknownUnread.todo, { secretArn: invocation.secretArn, username })}`,
    { cause },
  );
}

function notEnoughTimeError({ clock, deadlineMs }: StepInvocation): RotationError {
  const leftMs = deadlineMs - clock.nowMs();
  return new RotationError(
    'NotEnoughTimeError',
    `Only ${Math.max(0, Math.floor(leftMs / 1000))} s of this invocation are left, too little to ask for a new password and ` +
      'store it for sure. None was asked for; a retry begins with its full time. (If this is a first try: raise the ' +
      'function’s timeout.)',
  );
}

/** The cause is not quoted: the next log-in meets it, too, and names it. */
function notSentError(cause: Error): RotationError {
  if (cause instanceof BearerError) {
    return new RotationError(
      'NoBearerError',
      'There was no bearer in time to ask for a new password with: the request was not sent, and the old password stays good. A ' +
        'retry fetches a bearer before it logs in.',
      { cause },
    );
  }
  const [name, what] =
    cause instanceof ProxyError
      ? (['NoTunnelError', 'The proxy gave no tunnel to ThingSpace'] as const)
      : (['ThingSpaceUnreachableError', 'ThingSpace cannot be reached'] as const);
  return new RotationError(
    name,
    `${what} to ask for a new password: the request was not sent, and the old password stays good. ` +
      'A retry continues from here.',
    { cause },
  );
}
