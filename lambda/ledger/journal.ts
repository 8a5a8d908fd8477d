import type { AlarmEvent } from '../alarms/event.ts';
import type { CredentialState, ExchangeJournal } from './state.ts';
import { SETTLING_MS } from './times.ts';

/**
 * The journal's changes. Each is conditional on the exchange (its attempt) that it is about: a late
 * invocation finds that the journal has moved on and changes nothing.
 */

/** The exchange that the journal tells of, if it is this one. */
export function exchangeOf(state: CredentialState, attempt: string): ExchangeJournal | undefined {
  const { journal } = state;
  return journal.state !== 'idle' && journal.attempt === attempt ? journal : undefined;
}

/**
 * A sealed answer holds the new password: the old one is dead. An envelope whose turn has passed goes to
 * the orphans: it is never dropped.
 */
export function received(state: CredentialState, attempt: string, envelope: string, now: number): void {
  const exchange = exchangeOf(state, attempt);
  if (!exchange) {
    state.orphans[attempt] = envelope;
    return;
  }
  if (exchange.state === 'received' || exchange.state === 'committed') return;
  endAttempt(state, attempt, now);
  state.journal = { ...pick(exchange), state: 'received', receivedAt: now, envelope };
  barOldPassword(state, exchange, now);
}

/** Secrets Manager holds the new password, as version `token`. */
export function committed(state: CredentialState, attempt: string, token: string, now: number): void {
  const exchange = exchangeOf(state, attempt);
  if (!exchange || exchange.state === 'committed') return;
  const receivedAt = exchange.state === 'received' ? exchange.receivedAt : now;
  endAttempt(state, attempt, now);
  const envelope = 'envelope' in exchange ? exchange.envelope : undefined;
  state.journal = {
    ...pick(exchange),
    state: 'committed',
    token,
    receivedAt,
    ...(envelope === undefined ? {} : { envelope }),
  };
  barOldPassword(state, exchange, now);
}

/** The exchange is proven to have changed nothing: the next one may begin. */
export function nothingChanged(state: CredentialState, attempt: string): void {
  const exchange = exchangeOf(state, attempt);
  if (!exchange) return;
  if ('envelope' in exchange && exchange.envelope !== undefined) state.orphans[attempt] = exchange.envelope;
  state.journal = { state: 'idle' };
}

/** Nobody knows whether the password was changed; `envelope` is an answer that could not be read. */
export function outcomeUnknown(
  state: CredentialState,
  attempt: string,
  username: string,
  envelope: string | undefined,
  now: number,
): void {
  const exchange = exchangeOf(state, attempt);
  if (!exchange) {
    if (envelope !== undefined) state.orphans[attempt] = envelope;
    return;
  }
  if (exchange.state !== 'exchanging') return;
  const sealed = envelope === undefined ? {} : { envelope };
  state.journal = { ...pick(exchange), state: 'unknown', ...sealed };
  announce(state, exchange, {
    event: 'password-unknown',
    ...aboutOf(state, exchange, username, now),
    token: exchange.token,
    settlesAt: exchange.startedAt + SETTLING_MS,
    sealedAnswer: envelope !== undefined,
  });
}

/** The old password was refused after the exchange and no new one reached us: only a person can help. */
export function lost(state: CredentialState, attempt: string, username: string, now: number): void {
  const exchange = exchangeOf(state, attempt);
  if (exchange?.state !== 'exchanging' && exchange?.state !== 'unknown') return;
  const envelope = exchange.state === 'unknown' ? exchange.envelope : undefined;
  state.journal = {
    ...pick(exchange),
    state: 'lost',
    since: now,
    ...(envelope === undefined ? {} : { envelope }),
  };
  announce(state, exchange, {
    event: 'password-lost',
    ...aboutOf(state, exchange, username, now),
    token: exchange.token,
    sealedAnswer: envelope !== undefined,
  });
}

/** The secret holds something else since, and that is refused: says so once for each version of it. */
export function superseded(
  state: CredentialState,
  attempt: string,
  versionId: string,
  username: string,
  now: number,
): void {
  const exchange = exchangeOf(state, attempt);
  if (exchange?.state !== 'received' || exchange.supersededBy === versionId) return;
  exchange.supersededBy = versionId;
  const alarm = { event: 'superseded' as const, ...aboutOf(state, exchange, username, now) };
  announce(state, exchange, { ...alarm, token: exchange.token }, versionId);
}

/** The rotation is over. Returns whether this call ended it. */
export function finished(state: CredentialState, token: string, username: string, now: number): boolean {
  const { journal } = state;
  if (journal.state !== 'committed' || journal.token !== token) return false;
  delete state.orphans[journal.attempt];
  state.journal = { state: 'idle', lastToken: token, receivedAt: journal.receivedAt };
  announce(state, journal, {
    event: 'password-rotated',
    ...aboutOf(state, journal, username, now),
    token,
  });
  return true;
}

/** What the exchange brought is proof that it did not fail, also when its owner died before it could say so. */
function endAttempt(state: CredentialState, attempt: string, now: number): void {
  if (state.inFlight[attempt]) state.lastEndedAt = Math.max(state.lastEndedAt, now);
  delete state.inFlight[attempt];
}

const MOST_REFUSED = 50;

function barOldPassword(state: CredentialState, { oldVersion, oldHash }: ExchangeJournal, now: number): void {
  state.refused[`${oldVersion}:${oldHash}`] = { at: now, releasable: false, released: false };
  // A rotation adds one; versions that old are long gone from Secrets Manager.
  const oldest = Object.entries(state.refused).sort(([, a], [, b]) => b.at - a.at);
  for (const [id] of oldest.slice(MOST_REFUSED)) delete state.refused[id];
}

const pick = (exchange: ExchangeJournal) => ({
  token: exchange.token,
  attempt: exchange.attempt,
  secretArn: exchange.secretArn,
  oldVersion: exchange.oldVersion,
  oldHash: exchange.oldHash,
  startedAt: exchange.startedAt,
});

function aboutOf(state: CredentialState, exchange: ExchangeJournal, username: string, now: number) {
  return { at: now, credential: state.credential, username, secretArn: exchange.secretArn };
}

/** Puts an alarm about an exchange into the outbox, once; `about` tells several of one kind apart. */
export function announce(
  state: CredentialState,
  exchange: { attempt: string },
  alarm: WithoutId<AlarmEvent>,
  about = '',
): void {
  const id = [exchange.attempt, alarm.event, about].filter((part) => part !== '').join(':');
  if (!state.outbox.some((waiting) => waiting.id === id)) state.outbox.push({ ...alarm, id } as AlarmEvent);
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
