import type { MaybeApiKey, NeverSent, ThingSpaceApi } from '../thingspace/api.ts';
import { BearerError } from '../thingspace/rest/bearer-error.ts';
import { hashPassword } from './fingerprint.ts';
import type { Ledger } from './ledger.ts';
import type { AttemptRequest } from './reserve.ts';
import type { CredentialState } from './state.ts';

const MINUTE_MS = 60_000;
/** After the first refusal and after the second; after the third no more is asked. Refused requests may lock the key. */
const PAUSES_MS = [30 * MINUTE_MS, 24 * 60 * MINUTE_MS] as const;

/** Reports whether the token service may not be asked with this key now. */
function isBarred({ refusedKey: refused }: CredentialState, hash: string, now: number): boolean {
  if (refused === undefined || refused.hash !== hash) return false;
  return now < refused.at + (PAUSES_MS[refused.times - 1] ?? Number.POSITIVE_INFINITY);
}

function noteRefused(state: CredentialState, hash: string, now: number): void {
  const times = state.refusedKey?.hash === hash ? state.refusedKey.times + 1 : 1;
  state.refusedKey = { hash, at: now, times };
}

type Key = MaybeApiKey & Pick<AttemptRequest, 'username'>;
type Services = { ledger: Ledger; api: ThingSpaceApi };

/**
 * Gets ready for a log-in over REST as `ThingSpaceApi.prepare` does, and counts the refusals of the application's key for every
 * process. An operator's log-in asks in any case: the key may have been activated in the portal.
 * @throws LedgerUnavailableError, LedgerItemError
 */
export async function prepareOverRest(
  { ledger, api }: Services,
  key: Key,
  share: AttemptRequest['share'],
  { timeoutMs, deadlineMs }: { timeoutMs: number; deadlineMs: number },
): Promise<{ outcome: 'done' } | NeverSent> {
  const { username, apiKey = '', apiSecret = '' } = key;
  const hashOfKey = () => hashPassword(username, `${apiKey}:${apiSecret}`);
  const { state, now } = await ledger.lately(username, deadlineMs);
  if (share !== 'person' && state.refusedKey && isBarred(state, await hashOfKey(), now)) {
    return { outcome: 'never-sent', cause: new BearerError('wrong-key-before') };
  }
  const prepared = await api.prepare(key, { timeoutMs });
  if (prepared.outcome === 'never-sent') {
    if (!(prepared.cause instanceof BearerError) || prepared.cause.reason !== 'wrong-key') return prepared;
    const hash = await hashOfKey();
    await ledger.change(username, deadlineMs, (fresh, at) => noteRefused(fresh, hash, at));
  } else if (state.refusedKey) {
    await ledger.change(username, deadlineMs, (fresh) => {
      delete fresh.refusedKey;
    });
  }
  return prepared;
}
