import { logIn as presentLogIn } from '../ledger/log-in.ts';
import type { Presentation } from '../ledger/reserve.ts';
import { meaningOf } from '../thingspace/codes.ts';
import {
  LogInUnknownError,
  PasswordRefusedError,
  RequestNotReadError,
  ThingSpaceUnreachableError,
} from './errors.ts';
import type { Errand, Rotation } from './rotation.ts';
import type { Current } from './secret.ts';

export const ACTOR = 'rotation';

/**
 * Logs in with what a version of the secret holds and returns the session token.
 * @throws PasswordRefusedError, RequestNotReadError, ThingSpaceUnreachableError, LogInUnknownError; LockoutGuardError and
 *   LedgerUnavailableError when nothing was sent
 */
export async function logIn(
  rotation: Rotation,
  errand: Errand,
  { versionId, username, password }: Pick<Current, 'versionId' | 'username' | 'password'>,
  purpose: Presentation['purpose'],
): Promise<string> {
  const outcome = await presentLogIn(
    rotation,
    { secretArn: errand.secretArn, versionId, username, password },
    { actor: ACTOR, purpose, share: 'rotation' },
    errand.deadlineMs,
  );
  switch (outcome.outcome) {
    case 'done':
      return outcome.value;
    case 'refused':
      throw refused(outcome.code, username, versionId);
    case 'never-sent':
      throw new ThingSpaceUnreachableError(
        'ThingSpace cannot be reached; nothing was sent and nothing counts. Check DNS, the network and the base ' +
          'URL. A retry goes on from here.',
        { cause: outcome.cause },
      );
    case 'unknown':
      throw new LogInUnknownError(
        `ThingSpace gave no usable answer to a log-in of ${username}; it is counted as a failure until a success. ` +
          'A retry after a minute goes on from here.',
        { cause: outcome.cause },
      );
  }
}

function refused(code: string, username: string, versionId: string): Error {
  const { logInCounts, words } = meaningOf(code);
  if (!logInCounts) {
    return new RequestNotReadError(
      `ThingSpace could not read a log-in request of ${username} (${code}: ${words}). It did not look at the password and ` +
        'nothing counts. Check THINGSPACE_BASE_URL, and the contract with `npm run cli -- contract`.',
    );
  }
  return new PasswordRefusedError(
    `ThingSpace refused a log-in of ${username} with version ${versionId} of the secret (${code}: ${words}). That ` +
      'password is not presented again: store a working one as a new version of the secret, then rotate.',
  );
}
