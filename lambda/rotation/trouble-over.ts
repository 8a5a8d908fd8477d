import { isOver, needsProof, troubleIsOver } from '../ledger/trouble.ts';
import { describeSecret, readCurrent } from '../secret/stored-version.ts';
import type { Invocation } from './context.ts';
import { prove } from './log-in.ts';

/**
 * Asks ThingSpace by one log-in whether a trouble is over, where the ledger allows it and no log-in of the version
 * in AWSCURRENT has proven it since: a password that worked before the trouble began proves nothing.
 * @throws what stands in the way of the log-in, or the refusal
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
 * While the secret could not be read, its trouble had an item of its own, under the secret's ARN. The check has
 * read the secret: a rotation that failed for that is the username's trouble from now on, anything else is over.
 */
export async function takeTroubleOver(
  { ledger, secretArn, deadlineMs }: Invocation,
  username: string,
): Promise<void> {
  const { trouble } = (await ledger.read(secretArn, deadlineMs)).state;
  if (!trouble) return;
  const rotationFailed = trouble.kind === 'rotation-failing' && !trouble.checkOnly;
  // First there, then gone here: a process that dies in between leaves it to the next check.
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
