import type { AlarmEvent, FailedLogIn } from '../alarms/event.ts';
import { queueAlarm, takeBack } from './outbox.ts';
import type { CredentialState, ExchangeJournal } from './state.ts';
import { LEASE_MS, SETTLING_MS } from './times.ts';
import { announcedNow, endByRotation } from './trouble.ts';

/**
 * Every change of the journal: a write-ahead log of one exchange (GetNewPassword). Each change is a pure function
 * of the item. A change that takes an attempt does nothing when the journal is about another exchange. A change from
 * a state without a row in this table does nothing, too (test/ledger/journal.test.ts reads the table).
 *
 *   from                                by                to          when
 *   idle, committed                     begin             exchanging  before the request leaves
 *   exchanging, unknown, lost           recordReceived    received    a sealed answer holds the new password
 *   exchanging                          recordUnknown     unknown     no usable answer, or its owner died
 *   unknown                             recordLost        lost        the old password is refused for certain
 *   exchanging, unknown                 recordUnchanged   idle        nothing was sent, a proven refusal, or the old or a newer stored password works
 *   exchanging, received, unknown, lost recordCommitted   committed   AWSCURRENT is on a version that works
 *   lost                                endLoss           idle        another password logged in since
 *   committed                           finish            idle        the rotation is over
 *   unknown, lost                       attachEnvelope    (the same)  an answer that cannot be read was found late
 *   committed                           recordRolledForward (the same)  a sealed password is current, and that is announced
 *   received                            recordSuperseded  (the same)  the stored and the sealed password are refused
 *   idle, committed                     recordPutBack     (the same)  a password that works is current again
 *   received, committed, unknown, lost  adopt             (the same)  another secret rotates the username
 *
 * An envelope that leaves the journal before its exchange is `committed` is set aside. A committed one is dropped: Secrets
 * Manager holds its password.
 */

/** Returns the exchange of that attempt, if the journal is about it. */
export function exchangeOf(state: CredentialState, attempt: string): ExchangeJournal | undefined {
  const { journal } = state;
  return journal.state !== 'idle' && journal.attempt === attempt ? journal : undefined;
}

type Begin = Pick<ExchangeJournal, 'token' | 'attempt' | 'secretArn' | 'oldVersion' | 'oldHash'>;

/** Writes the record before the effect. The caller has checked that no other exchange is open (`reserve`). */
export function begin(state: CredentialState, exchange: Begin, now: number): void {
  const { journal } = state;
  if ('envelope' in journal) setEnvelopeAside(state);
  delete state.owed;
  state.secretArn = exchange.secretArn;
  // The journal keeps the last finished rotation, so that a late step of that rotation begins no exchange.
  let before: ExchangeJournal['before'];
  if (journal.state === 'committed') {
    before = { lastToken: journal.token, lastVersion: committedVersion(journal) };
  } else if (journal.state !== 'idle') {
    before = journal.before;
  } else if (journal.lastToken !== undefined) {
    const { lastToken, lastVersion } = journal;
    before = { lastToken, ...(lastVersion !== undefined && { lastVersion }) };
  }
  state.journal = { state: 'exchanging', ...exchange, startedAt: now, ...(before && { before }) };
}

/** Records that a sealed answer holds the new password: the old one is dead. */
export function recordReceived(state: CredentialState, attempt: string, envelope: string, now: number): void {
  const exchange = exchangeOf(state, attempt);
  if (!exchange) {
    state.setAside[attempt] = envelope;
    return;
  }
  if (exchange.state === 'received' || exchange.state === 'committed') return;
  if (state.inFlight[attempt]) endAttempt(state, attempt, now);
  if ('envelope' in exchange && exchange.envelope !== envelope) setEnvelopeAside(state);
  state.journal = { ...factsOf(exchange), state: 'received', receivedAt: now, envelope };
  barOldPassword(state, exchange, now);
}

/** Records that it is not known whether the password was changed; `envelope` is an answer that could not be read. */
export function recordUnknown(
  state: CredentialState,
  attempt: string,
  username: string,
  envelope: string | undefined,
  now: number,
): void {
  const exchange = exchangeOf(state, attempt);
  if (exchange?.state !== 'exchanging') {
    if (envelope !== undefined) attachEnvelope(state, attempt, envelope);
    return;
  }
  state.journal = { ...factsOf(exchange), state: 'unknown', ...(envelope === undefined ? {} : { envelope }) };
  announcedNow(state, 'unknown', now);
  queueAlarm(state, {
    event: 'password-unknown',
    id: `${attempt}:password-unknown`,
    ...aboutOf(state, exchange, username, now),
    settlesAt: exchange.startedAt + SETTLING_MS,
    sealedAnswer: envelope !== undefined,
  });
}

/** Keeps an unreadable answer that was found late: with its exchange while that is not resolved, otherwise set aside. */
export function attachEnvelope(state: CredentialState, attempt: string, envelope: string): void {
  const exchange = exchangeOf(state, attempt);
  const mayHold = exchange?.state === 'unknown' || exchange?.state === 'lost';
  if (mayHold && exchange.envelope === undefined) exchange.envelope = envelope;
  else if (!mayHold || exchange.envelope !== envelope) state.setAside[attempt] = envelope;
}

/**
 * Records that the old password was refused for certain and no new one has been found. When the same write counts the
 * refusal, the message about the loss reports it as well.
 * @returns whether the journal says so now; false when another invocation has resolved the exchange meanwhile
 */
export function recordLost(state: CredentialState, attempt: string, username: string, now: number): boolean {
  const exchange = exchangeOf(state, attempt);
  if (exchange?.state === 'lost') return true;
  if (exchange?.state !== 'unknown') return false;
  const { envelope } = exchange;
  state.journal = {
    ...factsOf(exchange),
    state: 'lost',
    since: now,
    ...(envelope === undefined ? {} : { envelope }),
  };
  announcedNow(state, 'lost', now);
  queueAlarm(state, {
    event: 'password-lost',
    id: `${attempt}:password-lost`,
    ...aboutOf(state, exchange, username, now),
    sealedAnswer: envelope !== undefined,
    ...refusalOf(state, exchange),
  });
  return true;
}

/** Returns the refusal of the probe that proved the loss, and withdraws its alarm, if that is not published yet. */
function refusalOf(state: CredentialState, { oldVersion }: ExchangeJournal) {
  const probe = takeBack(
    state,
    (alarm): alarm is FailedLogIn =>
      alarm.event === 'failed-log-in' &&
      alarm.purpose === 'probe' &&
      alarm.certainty === 'refused' &&
      alarm.versionId === oldVersion,
  );
  if (!probe) return {};
  const { exposure, possible, limit, budget, code, versionId } = probe;
  const facts = { ...(possible === undefined ? {} : { possible }), ...(code === undefined ? {} : { code }) };
  return { refused: { exposure, limit, budget, versionId, ...facts } };
}

/**
 * Announces that AWSCURRENT holds a password that an earlier invocation had sealed. The same alarm announces the
 * rotation, and the end of a `not-stored` trouble.
 */
export function recordRolledForward(
  state: CredentialState,
  attempt: string,
  facts: { username: string; token: string; sealedUnder: string; alreadyCurrent?: boolean },
  now: number,
): void {
  const { journal, trouble } = state;
  if (journal.state !== 'committed' || journal.attempt !== attempt) return;
  journal.announced = true;
  const notStored = trouble?.kind === 'not-stored' ? trouble : undefined;
  if (notStored) delete state.trouble;
  queueAlarm(state, {
    event: 'rolled-forward',
    id: `${attempt}:rolled-forward`,
    ...aboutOf(state, journal, facts.username, now),
    token: facts.token,
    sealedUnder: facts.sealedUnder,
    ...(facts.alreadyCurrent ? { alreadyCurrent: true } : {}),
    ...(notStored && notStored.saidAt > 0 ? { notStoredSince: notStored.since } : {}),
  });
}

/** Ends an exchange that is proven to have changed nothing, or that is no longer needed: the next one may begin. */
export function recordUnchanged(state: CredentialState, attempt: string): void {
  const exchange = exchangeOf(state, attempt);
  if (exchange?.state !== 'exchanging' && exchange?.state !== 'unknown') return;
  setEnvelopeAside(state);
  state.journal = { state: 'idle', ...exchange.before };
}

/**
 * Records that AWSCURRENT is on `versionId`. It holds the password of the exchange or, with `overtaken`, a newer one
 * that an operator has stored and that works. `token` is the rotation that may finish it, if not its own.
 * @returns whether this call changed the journal
 */
export function recordCommitted(
  state: CredentialState,
  attempt: string,
  versionId: string,
  now: number,
  options: { overtaken?: boolean; token?: string; username?: string } = {},
): boolean {
  const exchange = exchangeOf(state, attempt);
  if (exchange?.state === 'committed' && options.overtaken) exchange.versionId = versionId;
  if (!exchange || exchange.state === 'committed') return false;
  if (state.inFlight[attempt]) endAttempt(state, attempt, now);
  const receivedAt = exchange.state === 'received' ? exchange.receivedAt : now;
  if (options.overtaken) setEnvelopeAside(state);
  const envelope = !options.overtaken && 'envelope' in exchange ? exchange.envelope : undefined;
  state.journal = {
    ...factsOf(exchange),
    token: options.token ?? exchange.token,
    state: 'committed',
    versionId,
    receivedAt,
    ...(envelope === undefined ? {} : { envelope }),
  };
  if (!options.overtaken) state.lastGood = { versionId, at: now };
  else if ('envelope' in exchange && exchange.envelope !== undefined) {
    queueAlarm(state, {
      event: 'kept-aside',
      id: `${attempt}:kept-aside`,
      ...aboutOf(state, exchange, options.username ?? state.credential, now),
    });
  }
  barOldPassword(state, exchange, now);
  return true;
}

/** Records that the secret was changed since, and that its password and the sealed one are both refused. */
export function recordSuperseded(
  state: CredentialState,
  attempt: string,
  versionId: string,
  username: string,
  now: number,
): void {
  const exchange = exchangeOf(state, attempt);
  if (exchange?.state !== 'received' || exchange.supersededBy === versionId) return;
  exchange.supersededBy = versionId;
  announcedNow(state, 'superseded', now);
  queueAlarm(state, {
    event: 'superseded',
    id: `${attempt}:superseded:${versionId}`,
    ...aboutOf(state, exchange, username, now),
  });
}

/** Ends a loss: a log-in that works after the loss was found means that an operator has restored the credential. */
export function endLoss(state: CredentialState, reservedAt: number): void {
  const { journal } = state;
  if (journal.state !== 'lost' || reservedAt < journal.since) return;
  setEnvelopeAside(state);
  state.journal = { state: 'idle', ...journal.before };
}

/** Records that a password that was proven by a log-in is current again, as `versionId`. */
export function recordPutBack(state: CredentialState, versionId: string, now: number): void {
  const { journal } = state;
  state.lastGood = { versionId, at: now };
  if (journal.state === 'committed') journal.versionId = versionId;
  if (journal.state === 'idle') journal.lastVersion = versionId;
}

/** Ends the rotation. @returns whether this call ended it */
export function finish(state: CredentialState, token: string, username: string, now: number): boolean {
  const { journal } = state;
  if (journal.state !== 'committed') return false;
  // The daily check may have ended an earlier rotation with the version of this one.
  if (journal.token !== token && committedVersion(journal) !== token) return false;
  endByRotation(state, { id: journal.secretArn, username, secretArn: journal.secretArn }, now);
  state.journal = {
    state: 'idle',
    lastToken: token,
    lastVersion: committedVersion(journal),
    receivedAt: journal.receivedAt,
  };
  if (journal.announced) return true;
  queueAlarm(state, {
    event: 'password-rotated',
    id: `${journal.attempt}:password-rotated`,
    ...aboutOf(state, journal, username, now),
  });
  return true;
}

/**
 * Lets another secret rotate the username from now on (the old one was deleted, or the username moved).
 * @returns false while an invocation may be asking ThingSpace for a new password
 */
export function adopt(state: CredentialState, secretArn: string, now: number): boolean {
  const { journal } = state;
  if (journal.state === 'exchanging' && now < journal.startedAt + LEASE_MS) return false;
  state.secretArn = secretArn;
  if (state.journal.state !== 'idle') state.journal = { ...state.journal, secretArn };
  return true;
}

/** The version that a committed exchange ended with. */
export const committedVersion = (journal: Extract<ExchangeJournal, { state: 'committed' }>): string =>
  journal.versionId ?? journal.token;

/**
 * Takes the attempt out of flight: its new password proves that it did not fail, even if the sender ended before it
 * could record that.
 */
function endAttempt(state: CredentialState, attempt: string, now: number): void {
  state.lastEndedAt = Math.max(state.lastEndedAt, now);
  delete state.inFlight[attempt];
}

/** Sets the journal's envelope aside, if it has one. */
function setEnvelopeAside(state: CredentialState): void {
  const { journal } = state;
  if (journal.state === 'idle' || !('envelope' in journal) || journal.envelope === undefined) return;
  // A committed password is in Secrets Manager.
  if (journal.state !== 'committed') state.setAside[journal.attempt] = journal.envelope;
}

const MAX_REFUSED = 50;

function barOldPassword(state: CredentialState, { oldVersion, oldHash }: ExchangeJournal, now: number): void {
  state.refused[`${oldVersion}:${oldHash}`] = { at: now, releasable: false, released: false, replaced: true };
  // A rotation adds one; versions that old are long gone from Secrets Manager.
  const oldest = Object.entries(state.refused).sort(([, a], [, b]) => b.at - a.at);
  for (const [id] of oldest.slice(MAX_REFUSED)) delete state.refused[id];
}

/**
 * Returns the members that every state of an exchange has, and members that this version of the software does not know.
 */
function factsOf(exchange: ExchangeJournal) {
  const { state, receivedAt, envelope, supersededBy, versionId, since, ...facts } =
    exchange as ExchangeJournal & Record<string, unknown>;
  return facts as Begin & { startedAt: number };
}

function aboutOf(state: CredentialState, exchange: ExchangeJournal, username: string, now: number) {
  return {
    at: now,
    credential: state.credential,
    username,
    secretArn: exchange.secretArn,
    token: exchange.token,
  } satisfies Partial<AlarmEvent>;
}
