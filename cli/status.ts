import { fingerprint } from '../lambda/ledger/fingerprint.ts';
import { reserve } from '../lambda/ledger/reserve.ts';
import type { CredentialState } from '../lambda/ledger/state.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { reportOn, type StatusReport } from './status-report.ts';
import { inWords } from './status-words.ts';
import { findTarget, type Named, readCurrent, type Target } from './target.ts';

/**
 * Says where a credential stands; changes nothing and sends nothing to ThingSpace.
 * @throws LedgerUnavailableError, LedgerItemError and what finds the target
 */
export async function status(desk: Desk, options: Named & { json?: boolean }): Promise<void> {
  const target = await findTarget(desk, options);
  const { state, now } = await desk.ledger.read(target.username, deadlineOf(desk));
  const report = {
    ...reportOn(state, desk.budgets, now),
    username: target.username,
    ...(await currentOf(desk, target, state, now)),
  };
  desk.terminal.say(options.json ? JSON.stringify(report, null, 2) : inWords(report));
}

/** Whether AWSCURRENT could be presented now, by the rules that a real log-in meets. */
async function currentOf(
  desk: Desk,
  { secret }: Target,
  state: CredentialState,
  now: number,
): Promise<Pick<StatusReport, 'current'>> {
  if (!secret) return {};
  try {
    const { username, versionId, password, secretArn } = await readCurrent(desk, secret);
    const print = await fingerprint(username, versionId, password);
    const ask = (share: 'rotation' | 'app' | 'person') => {
      const purpose = share === 'person' ? ('trial' as const) : ('log-in' as const);
      const wanted = { actor: 'status', purpose, share, username, secretArn, versionId, fingerprint: print };
      return reserve(structuredClone(state), 'status', wanted, desk.budgets, now)?.message ?? 'yes';
    };
    return { current: { versionId, rotation: ask('rotation'), app: ask('app'), trial: ask('person') } };
  } catch (failure) {
    // Who may read the ledger may not always read the secret; the rest of the answer stands.
    desk.terminal.warn(`AWSCURRENT is left out: ${(failure as Error).message}`);
    return {};
  }
}
