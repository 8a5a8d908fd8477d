import { fingerprint } from '../ledger/fingerprint.ts';
import { committed, nothingChanged, outcomeUnknown, received } from '../ledger/journal.ts';
import type { Reservation } from '../ledger/ledger.ts';
import type { Settlement } from '../ledger/settle.ts';
import { credentialKey } from '../ledger/state.ts';
import type { DataKey } from '../sealing/data-key.ts';
import { seal } from '../sealing/envelope.ts';
import type { RawAnswer } from '../thingspace/api.ts';
import { meaningOf } from '../thingspace/codes.ts';
import {
  ExchangeRefusedError,
  NotEnoughTimeError,
  OutcomeUnknownError,
  openingCommand,
  ThingSpaceUnreachableError,
  UnreadableAnswerError,
} from './errors.ts';
import { ACTOR, logIn } from './log-in.ts';
import type { Errand, Rotation } from './rotation.ts';
import type { Current } from './secret.ts';
import { storePassword } from './store-password.ts';

/** Kept for sealing and storing after the answer has come. */
const STORING_MS = 8_000;
const LEAST_WAIT_MS = 5_000;

type Exchange = Errand & { token: string };

/**
 * Asks ThingSpace for a new password, once, and makes it current. From the request on the old password
 * may be dead: what arrives is sealed before anybody reads it.
 * @throws a named error that says whether the password was changed; the journal says the same
 */
export async function exchange(rotation: Rotation, errand: Exchange, current: Current): Promise<void> {
  mustHaveTime(rotation, errand);
  const { secretArn, token, deadlineMs } = errand;
  const key = await rotation.sealer.newKey({ secretArn, token });
  try {
    const session = await logIn(rotation, errand, current, 'log-in');
    const reservation = await begin(rotation, errand, current);
    const timeoutMs = Math.max(1, deadlineMs - STORING_MS - rotation.clock.nowMs());
    const answer = await rotation.api.getNewPassword(session, current.password, { timeoutMs });
    if (answer.outcome === 'never-sent') throw await notSent(rotation, errand, reservation, answer.cause);
    if (answer.outcome === 'unknown') throw await noAnswer(rotation, errand, reservation, answer.cause);
    await keep(rotation, errand, current, reservation, answer, key);
  } finally {
    key.plaintext.fill(0);
  }
}

/** Hanging up early can only lose the password: who waited for something else first leaves it to the retry. */
function mustHaveTime({ clock }: Rotation, { startedAtMs, deadlineMs }: Errand): void {
  const leftMs = deadlineMs - clock.nowMs();
  const leastMs = Math.max(STORING_MS + LEAST_WAIT_MS, (deadlineMs - startedAtMs) / 2);
  if (leftMs >= leastMs) return;
  throw new NotEnoughTimeError(
    `Only ${Math.floor(leftMs / 1000)} s of this invocation are left, too little to ask for a new password and store it ` +
      'for sure. Nothing was sent; a retry begins with its full time. (If this is a first try: raise the ' +
      'function’s timeout.)',
  );
}

/** Reserves and writes `exchanging` into the journal, in one write: the record comes before the effect. */
async function begin({ ledger }: Rotation, errand: Exchange, current: Current): Promise<Reservation> {
  const { username, versionId, password } = current;
  return ledger.reserve(
    {
      username,
      secretArn: errand.secretArn,
      versionId,
      fingerprint: await fingerprint(username, versionId, password),
      actor: ACTOR,
      purpose: 'exchange',
      share: 'rotation',
      exchange: { token: errand.token },
    },
    errand.deadlineMs,
  );
}

/** Seals first; then reads, and stores what was read. */
async function keep(
  rotation: Rotation,
  errand: Exchange,
  current: Current,
  reservation: Reservation,
  answer: RawAnswer,
  key: DataKey,
): Promise<void> {
  const receivedAtMs = rotation.clock.nowMs();
  const { attempt, username, fingerprint: old } = reservation;
  const { secretArn, token, deadlineMs } = errand;
  const envelope = seal(answer.body, key, {
    secretArn,
    token,
    attempt,
    oldVersion: current.versionId,
    oldHash: old.hash,
  });
  writeSealed(rotation, attempt, envelope);

  const read = rotation.api.readNewPassword(answer.body);
  if (read.outcome === 'refused') throw await refused(rotation, errand, reservation, read.code, envelope);
  if (read.outcome === 'unknown') throw await unreadable(rotation, errand, reservation, envelope, read.cause);

  const [stored, journaled] = await Promise.allSettled([
    storePassword(rotation, errand, token, current, read.value),
    rotation.ledger.settleAnd(reservation, { outcome: 'exchanged' }, deadlineMs, (state, now) =>
      received(state, attempt, envelope, now),
    ),
  ]);
  if (stored.status === 'rejected') throw stored.reason;
  const staleMs = rotation.clock.nowMs() - receivedAtMs;
  rotation.measure.gauge('StaleWindowMs', credentialKey(username), staleMs, 'Milliseconds');
  if (journaled.status === 'rejected') throw journaled.reason;
  rotation.tell('The new password is current', { username, token, staleMs: Math.round(staleMs) });
  await rotation.ledger.change(username, deadlineMs, (state, now) => committed(state, attempt, token, now));
}

/** A log that cannot be written leaves the two other places; it must not keep the password from them. */
function writeSealed({ sealedLog, tell }: Rotation, attempt: string, envelope: string): void {
  try {
    sealedLog.write(attempt, envelope);
  } catch (failure) {
    tell('The sealed answer could not be written to the log', { failure: (failure as Error).name });
  }
}

async function notSent(rotation: Rotation, errand: Errand, reservation: Reservation, cause: Error) {
  await endUnchanged(rotation, errand, reservation, { outcome: 'uncounted' });
  return new ThingSpaceUnreachableError(
    'ThingSpace cannot be reached to ask for a new password; nothing was sent and the old password stays good. ' +
      'A retry goes on from here.',
    { cause },
  );
}

async function noAnswer(rotation: Rotation, errand: Errand, reservation: Reservation, cause: Error) {
  await endUnknown(rotation, errand, reservation, undefined);
  return new OutcomeUnknownError(
    `ThingSpace was asked for a new password of ${reservation.username} and its answer did not arrive: nobody knows ` +
      'whether the password was changed. Nothing is asked for again; in 20 minutes a retry or the recover event ' +
      'logs in once with the old password and settles it.',
    { cause },
  );
}

async function refused(
  rotation: Rotation,
  errand: Errand,
  reservation: Reservation,
  code: string,
  envelope: string,
) {
  const { exchangeChangedNothing, exchangeCounts, certainlyCredentials, words } = meaningOf(code);
  if (!exchangeChangedNothing) {
    await endUnknown(rotation, errand, reservation, envelope);
    return new OutcomeUnknownError(
      `ThingSpace answered the request for a new password of ${reservation.username} with ${code} (${words}), which does ` +
        'not prove that nothing was changed. In 20 minutes a retry or the recover event logs in once with the old ' +
        'password and settles it.',
    );
  }
  await endUnchanged(
    rotation,
    errand,
    reservation,
    exchangeCounts ? { outcome: 'failure', code, certainlyCredentials } : { outcome: 'uncounted' },
  );
  return new ExchangeRefusedError(
    `ThingSpace refused to make a new password of ${reservation.username} (${code}: ${words}). Nothing was changed; the ` +
      'old password stays good.',
  );
}

async function unreadable(
  rotation: Rotation,
  errand: Errand,
  reservation: Reservation,
  envelope: string,
  cause: Error,
) {
  await endUnknown(rotation, errand, reservation, envelope);
  return new UnreadableAnswerError(
    `ThingSpace’s answer to the request for a new password of ${reservation.username} could not be read. It is sealed, not ` +
      `lost: look into it with \`${openingCommand(reservation.username)}\`; if it holds a password, store that as a new ` +
      'version of the secret. By itself, a retry in 20 minutes finds out whether the old password still works.',
    { cause },
  );
}

function endUnchanged(
  { ledger }: Rotation,
  { deadlineMs }: Errand,
  reservation: Reservation,
  settlement: Settlement,
): Promise<void> {
  return ledger.settleAnd(reservation, settlement, deadlineMs, (state) =>
    nothingChanged(state, reservation.attempt),
  );
}

function endUnknown(
  { ledger }: Rotation,
  { deadlineMs }: Errand,
  reservation: Reservation,
  envelope: string | undefined,
): Promise<void> {
  const { attempt, username } = reservation;
  return ledger.settleAnd(reservation, { outcome: 'unknown' }, deadlineMs, (state, now) =>
    outcomeUnknown(state, attempt, username, envelope, now),
  );
}
