import { openingCommand, RefusedPasswordError } from '../ledger/errors.ts';
import { recordSuperseded } from '../ledger/journal.ts';
import type { Invocation } from './context.ts';
import { PasswordRefusedError, SealedPasswordUnprovenError, SupersededError } from './errors.ts';
import type { Refusal } from './log-in.ts';

/**
 * Fails because ThingSpace accepted neither the password in AWSCURRENT nor a sealed one. Only refusals whose codes name
 * the password prove that both are dead. After any other refusal the password is presented once more, when the ledger
 * allows it, and then left to an operator.
 * @throws SupersededError; SealedPasswordUnprovenError while a retry will present one of them again
 */
export async function failWithBothRefused(
  { ledger, secretArn, deadlineMs }: Invocation,
  { username, attempt }: { username: string; attempt: string },
  currentVersion: string,
  refusals: readonly Refusal[],
): Promise<never> {
  const options = { cause: refusals.at(-1)?.error };
  const uncertain = refusals.filter(({ certain }) => !certain);
  const changed = `The secret ${secretArn} was changed after a new password of ${username} was sealed`;
  const both = `what the secret holds now (version ${currentVersion}) and the sealed one`;
  const goOn = 'then rotate, or invoke the function with {"Recover": "<secret ARN>"}.';
  const open = `\`${openingCommand(username)}\``;
  if (uncertain.some(isAskedAgain)) {
    throw new SealedPasswordUnprovenError(
      `${changed}, and ThingSpace accepted neither of the two: ${both}. Not every refusal has a code that names the ` +
        `password, so either may be live. ${whenAskedAgain(uncertain)} If the username is locked, have M2M Support unlock it ` +
        `meanwhile. If apps cannot wait: ${open} shows the sealed one; store what is right as a new version of the secret, ${goOn}`,
      options,
    );
  }
  await ledger.change(username, deadlineMs, (state, now) =>
    recordSuperseded(state, attempt, currentVersion, username, now),
  );
  if (uncertain.length > 0) {
    throw new SupersededError(
      `${changed}, and ThingSpace accepted neither of the two: ${both}. Not every refusal had a code that names the ` +
        'password, so either may be live; neither is presented again as it is. If the username is locked, have M2M Support ' +
        `unlock it. Store what is right as a new version of the secret (${open} shows the sealed one; if nobody knows, have ` +
        `M2M Support reset the password), ${goOn}`,
      options,
    );
  }
  throw new SupersededError(
    `${changed}, and ThingSpace refuses both: ${both}. Have M2M Support reset the password and store it as a new version of the ` +
      `secret; ${goOn} (The sealed one can be read with ${open}.)`,
    options,
  );
}

/** Reports whether a retry may present the password once more; the ledger decides that at the next try. */
const isAskedAgain = ({ error }: Refusal): boolean =>
  error instanceof PasswordRefusedError ||
  (error instanceof RefusedPasswordError && error.retryAt !== undefined);

function whenAskedAgain(refusals: readonly Refusal[]): string {
  const times = refusals.flatMap(({ error }) =>
    error instanceof RefusedPasswordError && error.retryAt !== undefined ? [error.retryAt] : [],
  );
  const when =
    times.length === 0 ? 'half an hour later' : `after ${new Date(Math.min(...times)).toISOString()}`;
  return `A retry or the recover event presents each password that was refused so once more, ${when}.`;
}
