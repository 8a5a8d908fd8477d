import { isOver, needsProof, troubleIsOver } from '../ledger/trouble.ts';
import { describeSecret, readCurrent } from '../secret/stored-version.ts';
import type { Invocation } from './context.ts';
import { prove } from './log-in.ts';

/**
 * Proves by one log-in that a trouble is over, if the ledger allows it and no log-in of the version in AWSCURRENT has
 * proven it since. A password that worked before the trouble began proves nothing.
 * @throws the error that prevents the log-in, or the refusal
 */
export async function proveTroubleOver(invocation: Invocation, username: string): Promise<void> {
  const { ledger, deadlineMs } = invocation;
  const { state } = await ledger.read(username, deadlineMs);
  const { trouble } = state;
  const asks = needsProof(state);
  if (!trouble || trouble.kind === 'held' || (trouble.kind === 'rotation-failing' && !asks)) return;
  const { versionId, credential } = await readCurrent(invocation, await describeSecret(invocation));
  if (!credential || (!asks && state.lastGood?.versionId === versionId)) return;
  const proof = await prove(invocation, versionId, credential);
  if (!proof.works) throw proof.error;
}

/**
 * Ends the trouble in the item under the secret's ARN, where it was kept while the secret could not be read. The check
 * has read the secret now. A failed rotation becomes the username's trouble; every other trouble is over.
 */
export async function takeTroubleOver(
  { ledger, secretArn, deadlineMs }: Invocation,
  username: string,
): Promise<void> {
  const { trouble } = (await ledger.read(secretArn, deadlineMs)).state;
  if (!trouble) return;
  const rotationFailed = trouble.kind === 'rotation-failing' && !trouble.checkOnly;
  // The username's item is written first: a process that dies in between leaves the rest to the next check.
  const taken =
    rotationFailed &&
    (await ledger.change(username, deadlineMs, (state) => {
      if (isOver({ ...state, trouble })) return false;
      state.trouble ??= { ...trouble };
      return true;
    }));
  await ledger.change(secretArn, deadlineMs, (state, now) => {
    if (taken) delete state.trouble;
    else troubleIsOver(state, { id: secretArn, username: secretArn, secretArn }, now);
  });
}
