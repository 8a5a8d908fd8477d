import { credentialKey } from '../ledger/state.ts';
import { isOver } from '../ledger/trouble.ts';
import type { Invocation } from './context.ts';
import { holdOfWaiting } from './holds.ts';
import { recordTrouble, recordTroubleOver } from './standing-trouble.ts';

/**
 * The last act of the daily check. It ends a trouble that is over. It announces once a day a rotation that another
 * credential holds, or that has failed and was not finished since, however few its tries were. A rotation whose
 * invocations all died, or failed without a trouble, is seen by its version, which still waits for a password. The
 * first check may meet a healthy rotation, so it only notes the version; the next check announces it.
 * @param unfinished the version of a rotation that has begun and brought no password yet
 */
export async function noteUnfinished(
  invocation: Invocation,
  username: string,
  unfinished: string | undefined,
): Promise<void> {
  const holder = await holdOfWaiting(invocation, username);
  const stands = await recordTroubleOver(
    invocation,
    username,
    (state) => isOver(state) || (!holder && state.trouble?.kind === 'held'),
  );
  if (holder) {
    const { username: of, secretArn, why, since } = holder;
    const found = { kind: 'held' as const, holder: { username: of, secretArn, why, since } };
    return recordTrouble(invocation, () => found);
  }
  if (!stands && unfinished === undefined) {
    invocation.metrics.gauge('TroubleStands', credentialKey(username), 0, 'None');
    return;
  }
  await recordTrouble(invocation, ({ trouble }) => {
    const failed = trouble?.kind === 'rotation-failing' ? trouble : undefined;
    if (!failed && unfinished === undefined) return undefined;
    return {
      kind: 'rotation-failing',
      ...(failed?.errorName === undefined ? {} : { errorName: failed.errorName }),
      ...(unfinished === undefined ? {} : { token: unfinished }),
    };
  });
}
