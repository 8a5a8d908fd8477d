import { randomUUID } from 'node:crypto';
import { AwsCallError } from '../aws-call.ts';
import { checkPause, disinherit, inherit } from '../ledger/pause.ts';
import { SecretStoreError } from '../secret/stored-version.ts';
import type { Invocation } from './context.ts';

/**
 * The daily check of a pause and of the calendar. A pause whose time is over is announced as over, once. Secrets Manager
 * gives a refused rotation up after some tries and waits for the next one of the schedule. So the check has a rotation
 * that is owed started. The record comes before the call: a check that dies between the two leaves the rotation to the next one.
 * @returns whether one of them explains that a rotation has begun and brought no password
 * @throws SecretStoreError when Secrets Manager does not start the rotation
 */
export async function checkPaused(
  invocation: Invocation,
  username: string,
  { unfinished, rotationEnabled }: { unfinished: string | undefined; rotationEnabled: boolean },
): Promise<boolean> {
  const { ledger, log, secretArn, deadlineMs, closing } = invocation;
  const about = { username, secretArn };
  const found = await ledger.change(username, deadlineMs, (state, now) =>
    checkPause(state, about, { unfinished, mayStart: rotationEnabled, closing }, now),
  );
  if (found === 'waits') return true;
  if (found === 'none') return false;
  const { again } = await startRotation(invocation);
  log('Secrets Manager starts the rotation that had waited', { secretArn, again });
  return found === 'starts';
}

/**
 * Moves a pause, and a rotation that is owed, from the username that the secret had before. They are in two items for a
 * moment: a process that dies there repeats the move.
 * @throws LedgerUnavailableError, LedgerItemError
 */
export async function movePause(
  { ledger, secretArn, deadlineMs }: Pick<Invocation, 'ledger' | 'secretArn' | 'deadlineMs'>,
  { former, username }: { former: string; username: string },
): Promise<void> {
  const { state: before } = await ledger.read(former, deadlineMs);
  if (before.secretArn !== undefined && before.secretArn !== secretArn) return;
  if (!before.pause && !before.owed) return;
  await ledger.change(username, deadlineMs, (state) => inherit(state, before));
  await ledger.change(former, deadlineMs, (state) => disinherit(state, before));
}

async function startRotation({ rotations, secretArn }: Invocation): Promise<{ again: boolean }> {
  try {
    return await rotations.rotate(secretArn, randomUUID());
  } catch (cause) {
    if (!(cause instanceof AwsCallError)) throw cause;
    throw new SecretStoreError(
      `Secrets Manager did not confirm the start of the rotation of ${secretArn} that a pause or the calendar had kept back ` +
        `(${cause.errorName}). The function needs secretsmanager:RotateSecret on the secret, and lambda:InvokeFunction on itself. ` +
        'A later daily check starts it, if it has not begun by then.',
      { cause },
    );
  }
}
