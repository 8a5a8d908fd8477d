import { credentialKey } from '../ledger/state.ts';
import { holderOf } from './brake.ts';
import type { Invocation } from './context.ts';
import { recordTrouble, recordTroubleOver } from './standing-trouble.ts';

/**
 * The last act of the daily check: a rotation that another credential holds, or that has failed and was not
 * finished since, is announced once a day, however few its tries were. A rotation whose every invocation died,
 * or failed without a trouble of its own, is seen by its version, which still waits for a password: it is noted
 * by the first check, which may meet a healthy rotation, and announced by the next.
 * @param unfinished the version of a rotation that has begun and brought no password yet
 */
export async function noteUnfinished(
  invocation: Invocation,
  username: string,
  unfinished: string | undefined,
): Promise<void> {
  const holder = await holderOf(invocation, username);
  if (holder) {
    const { username: of, secretArn, why, since } = holder;
    const found = { kind: 'held' as const, holder: { username: of, secretArn, why, since } };
    return recordTrouble(invocation, () => found);
  }
  await recordTroubleOver(invocation, username, ({ trouble }) => trouble?.kind === 'held');
  let stands = true;
  await recordTrouble(invocation, ({ trouble }) => {
    const failed = trouble?.kind === 'rotation-failing' ? trouble : undefined;
    stands = trouble !== undefined || unfinished !== undefined;
    if (!failed && unfinished === undefined) return undefined;
    return {
      kind: 'rotation-failing',
      ...(failed?.errorName === undefined ? {} : { errorName: failed.errorName }),
      ...(unfinished === undefined ? {} : { token: unfinished }),
    };
  });
  if (!stands) invocation.metrics.gauge('TroubleStands', credentialKey(username), 0, 'None');
}
