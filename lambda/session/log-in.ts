import { LockoutGuardError } from '../ledger/errors.ts';
import type { StoredCredential } from '../ledger/guarded-log-in.ts';
import { endsHint } from '../secret/password-ends.ts';
import type { Outcome } from '../thingspace/api.ts';
import { isBearerRefusal, isOfGateway, meaningOf } from '../thingspace/codes.ts';
import { BearerError } from '../thingspace/rest/bearer-error.ts';
import { currentVersion, readCurrent, type SecretReader } from './current-version.ts';
import { stopWithoutBearer } from './no-bearer.ts';
import { type Stop, stopOf } from './stop.ts';

/** Decides whether a stored password may be presented, and presents it. */
export interface Guard {
  /**
   * Presents the password once, if it may be presented.
   * @throws LockoutGuardError when it may not; LedgerUnavailableError, LedgerItemError
   */
  logIn(credential: StoredCredential, deadlineMs: number): Promise<Outcome<string>>;
}

export type LogIn = SecretReader & { guard: Guard };

/** `credential` is the one that was presented; its password is not kept. */
export type LogInResult = { token: string; credential: StoredCredential } | { stop: Stop };

/** The pauses while another version is looked for: reads may be older than the refusal. */
const LOOK_AGAIN_MS = [0, 500, 1_000, 2_000];

/**
 * Logs in with the credential in the secret at this moment. After a refusal the secret is read again, and only another
 * version is presented, once.
 * @param mayPresent called with the credential, right before it is presented
 * @throws the errors of reading the secret or the ledger; no password was presented then, or its outcome is counted
 */
export async function logIn(
  parts: LogIn,
  deadlineMs: number,
  mayPresent: (credential: StoredCredential) => Stop | undefined = () => undefined,
): Promise<LogInResult> {
  const credential = await readCurrent(parts, deadlineMs);
  const first = await present(parts, credential, deadlineMs, mayPresent);
  if ('token' in first || first.stop.why !== 'refused') return first;
  if (!(await anotherVersion(parts, credential.versionId, deadlineMs))) return first;
  return present(parts, await readCurrent(parts, deadlineMs), deadlineMs, mayPresent);
}

async function present(
  { guard }: LogIn,
  credential: StoredCredential,
  deadlineMs: number,
  mayPresent: (credential: StoredCredential) => Stop | undefined,
): Promise<LogInResult> {
  const stop = mayPresent(credential);
  if (stop) return { stop };
  try {
    const outcome = await guard.logIn(credential, deadlineMs);
    return outcome.outcome === 'done'
      ? { token: outcome.value, credential }
      : { stop: stopAt(outcome, credential) };
  } catch (refusal) {
    if (!(refusal instanceof LockoutGuardError)) throw refusal;
    return { stop: stopOf(refusal, credential.versionId) };
  }
}

function stopAt(outcome: Exclude<Outcome<string>, { outcome: 'done' }>, presented: StoredCredential): Stop {
  const { username, versionId } = presented;
  switch (outcome.outcome) {
    case 'refused':
      return refused(outcome.code, presented);
    case 'never-sent':
      if (outcome.cause instanceof BearerError) return stopWithoutBearer(outcome.cause, presented);
      return {
        why: 'unavailable',
        message: `ThingSpace cannot be reached (${outcome.cause.message}); no log-in of ${username} was sent and nothing counts.`,
        versionId,
      };
    case 'unknown':
      return {
        why: 'unavailable',
        message:
          `ThingSpace gave no usable answer to a log-in of ${username} (${outcome.cause.message}); it is counted as a ` +
          'failure until a success. The next one waits for a minute.',
        versionId,
      };
  }
}

function refused(code: string, { username, password, versionId }: StoredCredential): Stop {
  const { logInCounts, words } = meaningOf(code);
  if (isBearerRefusal(code)) {
    return {
      why: 'unavailable',
      message: `The gateway did not let a log-in of ${username} through (${code}: ${words}); nothing counts, and the password is not at fault.`,
      versionId,
    };
  }
  if (!logInCounts) {
    return {
      why: 'unavailable',
      message: `ThingSpace could not read a log-in of ${username} (${code}: ${words}); nothing counts. Check the base URL.`,
      versionId,
    };
  }
  if (isOfGateway(code)) {
    return {
      why: 'unavailable',
      message:
        `The gateway before ThingSpace answered a log-in of ${username} (${code}: ${words}), which says nothing about the ` +
        'password; it is counted as a failure until a success. The next one waits for a minute.',
      versionId,
    };
  }
  return {
    why: 'refused',
    message:
      `ThingSpace refused a log-in of ${username} with version ${versionId} of the secret (${code}: ${words}). That ` +
      `version is not presented again: store a working password as a new version of the secret.${endsHint(password)}`,
    versionId,
  };
}

async function anotherVersion(parts: LogIn, versionId: string, deadlineMs: number): Promise<boolean> {
  for (const pauseMs of LOOK_AGAIN_MS) {
    if (parts.clock.nowMs() + pauseMs >= deadlineMs) return false;
    if (pauseMs > 0) await parts.clock.sleep(pauseMs);
    const current = await currentVersion(parts);
    if (current !== undefined && current !== versionId) return true;
  }
  return false;
}
