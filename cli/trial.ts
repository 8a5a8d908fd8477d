import { oneLine } from '../lambda/alarms/legible.ts';
import { fingerprint } from '../lambda/ledger/fingerprint.ts';
import { guardedLogIn, type StoredCredential } from '../lambda/ledger/guarded-log-in.ts';
import { closeIfOfOtherTable } from '../lambda/ledger/other-table.ts';
import { reserve } from '../lambda/ledger/reserve.ts';
import { exposure } from '../lambda/ledger/state.ts';
import { endsHint } from '../lambda/secret/password-ends.ts';
import type { MaybeApiKey, OpenSession, Outcome, ThingSpaceApi } from '../lambda/thingspace/api.ts';
import { GATEWAY, meaningOf } from '../lambda/thingspace/codes.ts';
import { BearerError } from '../lambda/thingspace/rest/bearer-error.ts';
import { flushAudit } from './audit-rows.ts';
import { confirmed } from './confirm.ts';
import { type Desk, deadlineOf, limitsOf } from './desk.ts';
import { CommandError, TargetError } from './errors.ts';
import { lineOf } from './failure.ts';
import type { Acting } from './options.ts';
import { findTarget, readCurrent } from './target.ts';

const LOG_OUT_TIMEOUT_MS = 5_000;

/**
 * One log-in with AWSCURRENT from the people's share; its success clears the ledger.
 * @throws TrialFailedError when it gave no session; LockoutGuardError, NotConfirmedError, TargetError,
 *   LedgerUnavailableError when nothing was sent
 */
export async function trial(desk: Desk, options: Acting): Promise<void> {
  const { terminal, ledger } = desk;
  const budgets = limitsOf(desk);
  const { secret } = await findTarget(desk, options);
  if (!secret) {
    throw new TargetError(
      'The secret of this username is not known, or cannot be read: name it with --secret.',
    );
  }
  const credential = await readCurrent(desk, secret);
  const { username, versionId, password, secretArn } = credential;
  const { actor, reason } = options;
  const who = { actor, reason, purpose: 'trial', share: 'person' } as const;

  // Tries the change on a copy first, so that the tool asks only when the answer counts.
  const { state, now } = await ledger.read(username, deadlineOf(desk));
  const print = await fingerprint(username, versionId, password);
  const wanted = { ...who, username, secretArn, versionId, fingerprint: print };
  const ages = { tableCreatedAt: await ledger.tableCreatedAt?.(), storedAt: credential.storedAt };
  closeIfOfOtherTable(state, 'trial', wanted, ages, budgets, now);
  const used = exposure(state);
  const refusal = reserve(structuredClone(state), 'trial', wanted, budgets, now);
  if (refusal) throw refusal;

  terminal.say(
    `One log-in of ${oneLine(username)} at ThingSpace with AWSCURRENT (version ${oneLine(versionId)}), as "${oneLine(options.actor)}".`,
  );
  if (state.refused[print.id]) terminal.say('ThingSpace has refused the password of this version before.');
  terminal.say(
    `${state.countUnknownSince === undefined ? '' : 'The ledger is new or was restored: how many log-ins failed before is not known. '}` +
      `${used} of ${budgets.limit} consecutive failures are counted. If this fails it is ${used + 1}, and at ${budgets.limit} ` +
      'the username is locked. If it succeeds the count is cleared, except attempts in flight.',
  );
  if (endsHint(password) !== '') terminal.say(endsHint(password).trim());
  await confirmed(terminal, options.yes, 'Send it?');

  // The question may have stood for hours: a password that was replaced meanwhile is dead.
  const fresh = await readCurrent(desk, await desk.store.describe(secretArn));
  if (fresh.versionId !== versionId) {
    throw new TargetError(
      'The secret was changed since the question was asked. No log-in was made; run it again.',
    );
  }
  const deadlineMs = deadlineOf(desk);
  const outcome = await sendOnce(desk, fresh, who, deadlineMs);
  const session =
    outcome.outcome === 'done' ? await logOut(desk, { ...keyOf(fresh), token: outcome.value }) : undefined;
  await flushAudit(desk, username);
  const counted = await ledger.read(username, deadlineMs).then(
    (after) => `${exposure(after.state)} of ${budgets.limit} are counted now.`,
    () => 'The count could not be read again.',
  );
  if (outcome.outcome !== 'done')
    throw new CommandError('TrialFailedError', failureInWords(outcome, counted));
  terminal.say(`It works: ThingSpace gave a session (${session}). ${counted}`);
  terminal.say('Rotation and apps continue by themselves.');
}

/**
 * Sends the log-in. The outcome may be known and not recorded: the error then says that a log-in was sent, before it
 * says what failed at the ledger.
 */
async function sendOnce(
  desk: Desk,
  credential: StoredCredential,
  who: Parameters<typeof guardedLogIn>[2],
  deadlineMs: number,
): Promise<Outcome<string>> {
  let sent: Outcome<string> | undefined;
  const logIn: ThingSpaceApi['logIn'] = async (...given) => {
    sent = await desk.api.logIn(...given);
    return sent;
  };
  try {
    return await guardedLogIn({ ...desk, api: { ...desk.api, logIn } }, credential, who, deadlineMs);
  } catch (failure) {
    if (sent === undefined || sent.outcome === 'never-sent') throw failure;
    if (sent.outcome === 'done') await logOut(desk, { ...keyOf(credential), token: sent.value });
    throw new CommandError(
      'TrialFailedError',
      `The log-in was sent, and ThingSpace ${ANSWERED[sent.outcome]}, but the ledger could not record it ` +
        `(${lineOf(failure)}). Do not try again before \`status\` counts it: without a record it is one that failed, ` +
        'after 20 minutes.',
    );
  }
}

const OR_THE_KEY =
  ' Over REST, first see in the portal whether the application’s key is of the account of the username.';

const ANSWERED = {
  done: 'took the password',
  refused: 'refused it',
  unknown: 'gave no usable answer',
} as const;

function failureInWords(outcome: Exclude<Outcome<string>, { outcome: 'done' }>, counted: string): string {
  switch (outcome.outcome) {
    case 'refused': {
      const isCertain = meaningOf(outcome.code).certainlyCredentials;
      const todo = outcome.code.startsWith(GATEWAY)
        ? 'The password may be right: check the key and the addresses with `doctor` before the next log-in.'
        : `Do not try again: store the right password, or phone M2M Support.${isCertain ? '' : OR_THE_KEY}`;
      return `Refused: ${meaningOf(outcome.code).words} (${outcome.code}). ${counted} ${todo}`;
    }
    case 'never-sent':
      if (outcome.cause instanceof BearerError)
        return `No log-in was sent. ${counted} ${outcome.cause.message}`;
      return `ThingSpace cannot be reached; nothing was sent. ${counted} ${outcome.cause.message}.`;
    case 'unknown':
      return `No usable answer came; it may have counted. ${counted} Try again in half an hour.`;
  }
}

const keyOf = ({ apiKey, apiSecret }: MaybeApiKey): MaybeApiKey => ({ apiKey, apiSecret });

/** Logs out before any other call that may fail, so that no session stays open. Returns the outcome in words. */
async function logOut({ api }: Desk, session: OpenSession): Promise<string> {
  const { outcome } = await api.logOut(session, { timeoutMs: LOG_OUT_TIMEOUT_MS });
  return outcome === 'done' ? 'logged out again' : 'it could not be logged out and ends by itself';
}
