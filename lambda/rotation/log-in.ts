import { RefusedPasswordError, ReplacedPasswordError } from '../ledger/errors.ts';
import {
  guardedLogIn,
  guardedLogInToExchange,
  type LogInOutcome,
  type SessionToExchange,
} from '../ledger/guarded-log-in.ts';
import type { AttemptRequest } from '../ledger/reserve.ts';
import type { CredentialState } from '../ledger/state.ts';
import { apiKeyAmong, type Credential } from '../secret/credential.ts';
import { endsHint } from '../secret/password-ends.ts';
import { type ReadableVersion, readVersionOnce, type StoredVersion } from '../secret/stored-version.ts';
import { noBearer, noTunnel, notRead } from '../situations/faults.ts';
import { logInUnanswered } from '../situations/log-ins.ts';
import { currentDead } from '../situations/password.ts';
import { toDo, without } from '../situations/steps.ts';
import type { MaybeApiKey, OpenSession } from '../thingspace/api.ts';
import { inBrackets, TooLateToSendError, UnsendableValueError } from '../thingspace/call-errors.ts';
import { isBearerRefusal, isOfGateway, meaningOf } from '../thingspace/codes.ts';
import { ProxyError } from '../thingspace/proxy-error.ts';
import { BearerError, type BearerProblem } from '../thingspace/rest/bearer-error.ts';
import type { Invocation, StepInvocation } from './context.ts';
import { PasswordRefusedError, RotationError } from './errors.ts';

const ACTOR = 'rotation';
const LOG_OUT_TIMEOUT_MS = 5_000;

/** Records the consequence of a certain refusal, in the write that counts the refusal. */
type OnRefused = (state: CredentialState, now: number) => void;

/**
 * Logs in with the credential of a version of the secret, only to learn whether it works, and logs out. The log-out
 * runs beside the write that settles the log-in, whether or not that write succeeds.
 * @throws PasswordRefusedError, RequestNotReadError, NoBearerError, NoTunnelError, ThingSpaceUnreachableError, LogInUnknownError;
 *   LockoutGuardError and LedgerUnavailableError when nothing was sent
 */
export async function logInAndOut(
  invocation: Invocation,
  versionId: string,
  credential: Credential,
  purpose: AttemptRequest['purpose'],
  onRefused?: OnRefused,
): Promise<void> {
  let loggedOut: Promise<void> | undefined;
  const onSession = (token: string) => {
    loggedOut = logOut(invocation, { ...credential, token });
  };
  try {
    const outcome = await guardedLogIn(
      invocation,
      { secretArn: invocation.secretArn, versionId, ...credential },
      { actor: ACTOR, purpose, share: 'rotation' },
      invocation.deadlineMs,
      { onRefused, onSession },
    );
    if (outcome.outcome !== 'done') throw logInError(invocation, outcome, credential, versionId);
  } finally {
    await loggedOut;
  }
}

/**
 * Logs in with the credential in AWSCURRENT, for an exchange. The write that settles the success reserves the exchange
 * and writes `exchanging` into the journal: the record comes before the effect. The caller logs out.
 * @throws as `logInAndOut`
 */
export async function logInToExchange(
  invocation: StepInvocation,
  { versionId, createdAt: storedAt, credential }: ReadableVersion,
): Promise<SessionToExchange> {
  const { secretArn, token, deadlineMs } = invocation;
  const logIn = await guardedLogInToExchange(
    invocation,
    { secretArn, versionId, storedAt, ...credential },
    { actor: ACTOR, share: 'rotation' },
    token,
    deadlineMs,
  );
  if (logIn.outcome === 'done') return logIn.value;
  throw logInError(invocation, logIn, credential, versionId);
}

/**
 * The refusal of a password, now or in an earlier log-in that the ledger recorded. `certain`: the refusal was certainly
 * about username or password.
 */
export type Refusal = { works: false; certain: boolean; error: Error };
export type Proof = { works: true } | Refusal;

/**
 * Presents a password in one reserved log-in, and logs out. A password that the ledger bars is not sent: the earlier
 * refusal is returned.
 * @throws what `logInAndOut` throws, except a refusal
 */
export async function prove(
  invocation: Invocation,
  versionId: string,
  credential: Credential,
  onRefused?: OnRefused,
): Promise<Proof> {
  try {
    await logInAndOut(invocation, versionId, credential, 'probe', onRefused);
    return { works: true };
  } catch (error) {
    if (error instanceof PasswordRefusedError || error instanceof RefusedPasswordError) {
      return { works: false, certain: error.certain, error };
    }
    throw error;
  }
}

/**
 * Returns the application's key for a password that AWSCURRENT does not hold: AWSCURRENT's, which an operator wrote last,
 * otherwise that of another version. SOAP needs none. @throws SecretStoreError
 */
export async function keyToPresentWith(
  invocation: Invocation,
  current: StoredVersion,
  otherVersion: string | undefined,
): Promise<MaybeApiKey> {
  if (invocation.api.transport === 'soap') return {};
  const key = apiKeyAmong(current.value);
  if (key.apiKey !== undefined || otherVersion === undefined) return key;
  return apiKeyAmong((await readVersionOnce(invocation, otherVersion))?.value);
}

/**
 * Ends a session. Never throws: a failure is only logged, because the session dies after 20 idle minutes
 * (docs/thingspace-api.md). The caller awaits it before the invocation ends: Lambda freezes the process then, and a
 * request that is half sent would be cut off, or time out in a later invocation (docs/aws.md).
 */
export async function logOut(
  { api, clock, log, deadlineMs }: Invocation,
  { token, apiKey, apiSecret }: OpenSession,
): Promise<void> {
  const timeoutMs = Math.min(LOG_OUT_TIMEOUT_MS, deadlineMs - clock.nowMs());
  const { outcome } = await api
    .logOut({ token, apiKey, apiSecret }, { timeoutMs })
    .catch(() => ({ outcome: 'failed' }));
  if (outcome !== 'done') log('A session could not be logged out; it ends by itself', { outcome });
}

function logInError(
  invocation: Invocation,
  failed: Exclude<LogInOutcome<unknown>, { outcome: 'done' }>,
  credential: Credential,
  versionId: string,
): Error {
  const { username } = credential;
  switch (failed.outcome) {
    case 'refused':
      if (failed.replaced) return replacedError(username, versionId);
      return refusedError(invocation, failed.code, credential, versionId);
    case 'never-sent':
      return notSentError(invocation, failed.cause, username);
    case 'unknown':
      return new RotationError(
        'LogInUnknownError',
        `ThingSpace gave no usable answer to a log-in of ${username}${inBrackets(failed.cause)}; it is counted as a failure ` +
          'until a success. A retry after a minute continues from here.',
        { cause: failed.cause },
      );
  }
}

/** The problems of a bearer that an operator ends by what is stored in the secret. */
const OF_SECRET: ReadonlySet<BearerProblem> = new Set([
  'no-key',
  'unsendable-key',
  'wrong-key',
  'wrong-key-before',
]);

function notSentError({ secretArn }: Invocation, cause: Error, username: string): RotationError {
  if (cause instanceof BearerError) {
    const steps = OF_SECRET.has(cause.reason) ? ` ${toDo(noBearer.todo, { secretArn })}` : '';
    const message = `There is no bearer for a log-in of ${username}, so none was sent and none counts. ${cause.message}${steps}`;
    return new RotationError('NoBearerError', message, { cause });
  }
  if (cause instanceof ProxyError) {
    const message = `No tunnel stood for a log-in of ${username}, so none was sent and none counts. ${cause.message}.`;
    return new RotationError('NoTunnelError', `${message} ${toDo(noTunnel.todo, { secretArn, username })}`, {
      cause,
    });
  }
  const why =
    cause instanceof TooLateToSendError || cause instanceof UnsendableValueError
      ? `A log-in of ${username} was not sent, and does not count. ${cause.message}.`
      : 'ThingSpace cannot be reached: the log-in was not sent and does not count. Check DNS, the network and the base URL.';
  return new RotationError('ThingSpaceUnreachableError', `${why} A retry continues from here.`, { cause });
}

function replacedError(username: string, versionId: string): ReplacedPasswordError {
  return new ReplacedPasswordError(
    `Another invocation replaced the password of ${username} in version ${versionId} of the secret while a log-in with it was ` +
      'under way, so ThingSpace refused it. A retry takes up the new one.',
    { closing: 'The log-in counts, and it was announced.' },
  );
}

function refusedError(
  { api: { transport }, secretArn }: Invocation,
  code: string,
  { username, password }: Credential,
  versionId: string,
): Error {
  const { logInCounts, certainlyCredentials, words } = meaningOf(code);
  const about = { secretArn, username };
  if (isBearerRefusal(code)) {
    return new RotationError(
      'NoBearerError',
      `The gateway refused the bearer of the application for a log-in of ${username} (${code}), before ThingSpace saw the ` +
        `request, so it does not count. A retry asks for another bearer. ${toDo(noBearer.todo, about)}`,
    );
  }
  if (!logInCounts) {
    return new RotationError(
      'RequestNotReadError',
      `ThingSpace could not read a log-in request of ${username} (${code}: ${words}). It did not look at the password and ` +
        `nothing counts. ${toDo(without(notRead.todo, transport === 'rest' ? 'contract' : 'repair'), about)}`,
    );
  }
  if (isOfGateway(code)) {
    return new RotationError(
      'LogInUnknownError',
      `The gateway before ThingSpace answered a log-in of ${username} (${code}: ${words}). That says nothing about the password. ` +
        'The log-in is counted as a failure until a success, because ThingSpace may have seen it. A retry after a minute ' +
        `continues from here. ${toDo(logInUnanswered.todo, about)}`,
    );
  }
  const next = certainlyCredentials
    ? 'That password is not presented again.'
    : 'The code does not say that the password was at fault: it is presented once more, half an hour later, by a retry or the ' +
      'recover event.';
  const mayBeTheKey = transport === 'rest' && !certainlyCredentials;
  const todo = mayBeTheKey ? currentDead.todo : without(currentDead.todo, 'store-key');
  return new PasswordRefusedError(
    `ThingSpace refused a log-in of ${username} with version ${versionId} of the secret (${code}: ${words}). ${next}${endsHint(password)} ${toDo(todo, about)}`,
    certainlyCredentials,
  );
}
