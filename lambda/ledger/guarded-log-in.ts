import type { Clock } from '../clock.ts';
import type { Outcome, ThingSpaceApi } from '../thingspace/api.ts';
import { meaningOf } from '../thingspace/codes.ts';
import { TooLateToLogInError } from './errors.ts';
import { fingerprint } from './fingerprint.ts';
import type { Ledger } from './ledger.ts';
import type { Presentation } from './reserve.ts';
import type { Settlement } from './settle.ts';
import type { CredentialState } from './state.ts';

/** A password as one version of a secret holds it. */
export type StoredCredential = {
  secretArn: string;
  versionId: string;
  username: string;
  password: string;
};

const LOG_IN_TIMEOUT_MS = 30_000;
/** Kept for counting and announcing what became of it. */
const ANNOUNCING_MS = 3_000;
/** A log-in that is cut short counts as a failure: it is not begun with less. */
const MIN_WAIT_MS = 3_000;

/**
 * The only way to log in: reserve, send, settle. Everybody who presents a stored password comes through
 * here, rotation and apps alike; the one other call that carries a password is the exchange.
 * @param onRefused changes the item in the write that counts a refusal for certain; may run more than once, and is pure
 * @returns the session token, or how the platform did not give one; counted and announced either way
 * @throws LockoutGuardError, LedgerUnavailableError, LedgerItemError: nothing was sent
 */
export async function guardedLogIn(
  { ledger, api, clock }: { ledger: Ledger; api: ThingSpaceApi; clock: Clock },
  credential: StoredCredential,
  who: Pick<Presentation, 'actor' | 'purpose' | 'share'>,
  deadlineMs: number,
  onRefused?: (state: CredentialState, now: number) => void,
): Promise<Outcome<string>> {
  const { secretArn, versionId, username, password } = credential;
  const leftMs = () => deadlineMs - ANNOUNCING_MS - clock.nowMs();
  if (leftMs() < MIN_WAIT_MS) {
    throw new TooLateToLogInError(
      `Too little time is left for a log-in of ${username}. A retry goes on from here.`,
    );
  }
  const print = await fingerprint(username, versionId, password);
  const reservation = await ledger.reserve(
    { ...who, secretArn, versionId, username, fingerprint: print },
    deadlineMs,
  );
  const limits = {
    timeoutMs: Math.min(LOG_IN_TIMEOUT_MS, leftMs()),
    mayLeave: () => ledger.mayStillLeave(reservation),
  };
  const outcome = await api.logIn(username, password, limits);
  const settlement = settlementOf(outcome);
  const certain = settlement.outcome === 'failure' && settlement.certainlyCredentials;
  await ledger.settle(reservation, settlement, deadlineMs, certain ? onRefused : undefined);
  return outcome;
}

function settlementOf(outcome: Outcome<string>): Settlement {
  switch (outcome.outcome) {
    case 'done':
      return { outcome: 'success' };
    case 'refused': {
      const { logInCounts, certainlyCredentials } = meaningOf(outcome.code);
      return logInCounts
        ? { outcome: 'failure', code: outcome.code, certainlyCredentials }
        : { outcome: 'uncounted' };
    }
    case 'never-sent':
      return { outcome: 'uncounted' };
    case 'unknown':
      return { outcome: 'unknown' };
  }
}
