import type { Clock } from '../clock.ts';
import type { MaybeApiKey, NeverSent, Outcome, ThingSpaceApi } from '../thingspace/api.ts';
import { isOfGateway, meaningOf } from '../thingspace/codes.ts';
import { DeniedError } from './errors.ts';
import { fingerprint } from './fingerprint.ts';
import type { Ledger, Reservation } from './ledger.ts';
import type { Closing } from './pause.ts';
import { prepareOverRest } from './refused-key.ts';
import type { AttemptRequest } from './reserve.ts';
import { isReplaced, type Settlement } from './settle.ts';
import type { CredentialState } from './state.ts';

/** A password as one version of a secret holds it, with the application's key of the same version. */
export type StoredCredential = MaybeApiKey & {
  secretArn: string;
  versionId: string;
  /** When the version was created, in milliseconds since 1970 by Secrets Manager's clock. */
  storedAt?: number | undefined;
  username: string;
  password: string;
};

const LOG_IN_TIMEOUT_MS = 30_000;
/** Long enough to wait for the end of a bearer that has too little left, and to fetch the next one. */
const PREPARE_TIMEOUT_MS = 105_000;
/** The time that is kept for counting and announcing the outcome. */
const ANNOUNCING_MS = 3_000;
/** A log-in that is cut short counts as a failure, so it is not begun with less time. */
const MIN_WAIT_MS = 3_000;

type Services = { ledger: Ledger; api: ThingSpaceApi; clock: Clock };
type Who = Pick<AttemptRequest, 'actor' | 'purpose' | 'share' | 'begins' | 'reason'>;

/** `replaced`: an exchange of the function replaced the password, and so caused the refusal. */
export type LogInOutcome<T> = Outcome<T> & { replaced?: boolean };

type Hooks = {
  /** Changes the item in the write that counts a refusal for certain; may run more than once, and is pure. */
  onRefused?: ((state: CredentialState, now: number) => void) | undefined;
  /** Called while the write that settles the log-in is under way, to end the session beside it. Must not throw. */
  onSession?: (session: string) => void;
};

/**
 * The only way to log in: prepare, reserve, send, settle. Every log-in with a stored password goes through here, of
 * rotation and of apps; the one other call that carries a password is the exchange.
 * @returns the session token, or the reason why the platform gave none; counted and announced in both cases. `never-sent`
 *   with a `BearerError` or `ProxyError`: no bearer could be had, and nothing was reserved
 * @throws LockoutGuardError, LedgerUnavailableError, LedgerItemError: nothing was sent
 */
export async function guardedLogIn(
  services: Services,
  credential: StoredCredential,
  who: Who,
  deadlineMs: number,
  { onRefused, onSession }: Hooks = {},
): Promise<LogInOutcome<string>> {
  const { outcome, reservation } = await present(services, credential, who, deadlineMs);
  if (!reservation) return outcome;
  const settled = settleLogIn(services.ledger, reservation, outcome, deadlineMs, onRefused);
  if (outcome.outcome === 'done') onSession?.(outcome.value);
  return settled;
}

/** A session, and the exchange that it was opened for. */
export type SessionToExchange = {
  session: string;
  /** Rejects as `Ledger.reserve` does; the log-in is settled by the same write. The session is open either way. */
  reserved: Promise<Reservation>;
};

/**
 * Logs in as `guardedLogIn` does. The write that settles the success also reserves the exchange of `token`.
 * @throws as `guardedLogIn`
 */
export async function guardedLogInToExchange(
  services: Services & { closing?: Closing | undefined },
  credential: StoredCredential,
  who: Pick<AttemptRequest, 'actor' | 'share'>,
  token: string,
  deadlineMs: number,
): Promise<LogInOutcome<SessionToExchange>> {
  const { ledger } = services;
  const begins = { closing: services.closing };
  const logIn = { ...who, purpose: 'log-in', begins } as const;
  const { outcome, reservation } = await present(services, credential, logIn, deadlineMs);
  if (!reservation) return outcome;
  if (outcome.outcome !== 'done') return settleLogIn(ledger, reservation, outcome, deadlineMs);
  const { attempt, mayLeave, ...presented } = reservation;
  const exchange: AttemptRequest = { ...presented, purpose: 'exchange', exchange: { token } };
  const reserved = ledger.reserve(exchange, deadlineMs, reservation);
  // Its failure is thrown where the caller awaits it; unhandled until then, it would end the process.
  reserved.catch(() => undefined);
  return { outcome: 'done', value: { session: outcome.value, reserved } };
}

/**
 * Prepares, reserves and sends. The caller settles the outcome. Without a reservation nothing was sent: a log-in that
 * cannot leave must not hold up the others.
 */
async function present(
  services: Services,
  credential: StoredCredential,
  who: Who,
  deadlineMs: number,
): Promise<
  { outcome: Outcome<string>; reservation: Reservation } | { outcome: NeverSent; reservation?: never }
> {
  const { ledger, api, clock } = services;
  const { secretArn, versionId, storedAt, username, password } = credential;
  const untilMs = deadlineMs - ANNOUNCING_MS;
  if (clock.nowMs() + MIN_WAIT_MS > untilMs) throw tooLateError(username);
  const timeoutMs = Math.min(PREPARE_TIMEOUT_MS, untilMs - clock.nowMs() - MIN_WAIT_MS);
  const prepared =
    api.transport === 'soap'
      ? await api.prepare(credential, { timeoutMs })
      : await prepareOverRest(services, credential, who.share, { timeoutMs, deadlineMs });
  if (prepared.outcome === 'never-sent') return { outcome: prepared };
  if (clock.nowMs() + MIN_WAIT_MS > untilMs) throw tooLateError(username);
  const print = await fingerprint(username, versionId, password);
  const reservation = await ledger.reserve(
    { ...who, secretArn, versionId, storedAt, username, fingerprint: print },
    deadlineMs,
  );
  const limits = {
    timeoutMs: Math.min(LOG_IN_TIMEOUT_MS, untilMs - clock.nowMs()),
    mayLeave: reservation.mayLeave,
  };
  return { outcome: await api.logIn(credential, limits), reservation };
}

const tooLateError = (username: string): DeniedError =>
  new DeniedError(
    'TooLateToLogInError',
    `Too little time is left for a log-in of ${username}. A retry continues from here.`,
  );

/** Counts the outcome. The write that counts a certain refusal also shows whether an exchange of the function caused it. */
async function settleLogIn<T extends Outcome<string>>(
  ledger: Ledger,
  reservation: Reservation,
  outcome: T,
  deadlineMs: number,
  onRefused?: Hooks['onRefused'],
): Promise<T & { replaced?: boolean }> {
  const settlement = settlementOf(outcome);
  const isCertain = settlement.outcome === 'failure' && settlement.certainlyCredentials;
  let replaced = false;
  await ledger.settle(reservation, settlement, deadlineMs, (state, now) => {
    if (!isCertain) return;
    replaced = isReplaced(state, reservation, now);
    onRefused?.(state, now);
  });
  return replaced ? { ...outcome, replaced } : outcome;
}

function settlementOf(outcome: Outcome<string>): Settlement {
  switch (outcome.outcome) {
    case 'done':
      return { outcome: 'success' };
    case 'refused': {
      const { logInCounts, certainlyCredentials } = meaningOf(outcome.code);
      if (!logInCounts) return { outcome: 'uncounted' };
      // The gateway may have passed the log-in on, so it counts. It did not look at the password, so none is barred.
      if (isOfGateway(outcome.code)) return { outcome: 'unknown' };
      return { outcome: 'failure', code: outcome.code, certainlyCredentials };
    }
    case 'never-sent':
      return { outcome: 'uncounted' };
    case 'unknown':
      return { outcome: 'unknown' };
  }
}
