import { PresentableError } from '../errors.ts';
import { recordReceived, recordUnknown } from '../ledger/journal.ts';
import type { ExchangeJournal } from '../ledger/state.ts';
import { SealingKeyError } from '../sealing/data-key.ts';
import { LogSearchUnfinishedError } from '../sealing/log-search.ts';
import { condense, openPassword as openEnvelope } from '../sealing/open-answer.ts';
import { EnvelopeError } from '../sealing/seal-answer.ts';
import { unknownUnread, unusablePassword } from '../situations/password.ts';
import { toDo } from '../situations/steps.ts';
import type { Invocation } from './context.ts';
import { RotationError } from './errors.ts';

/**
 * Returns the new password in a sealed answer.
 * @throws SealingKeyError, EnvelopeError when it does not open; UnreadableAnswerError when it holds none that this
 *   version of the software can read
 */
export async function openPassword(
  { sealer, api, secretArn }: Invocation,
  username: string,
  envelope: string,
): Promise<string> {
  const password = await openEnvelope(envelope, sealer, api.readNewPassword);
  if (password !== undefined) return password;
  throw new RotationError(
    'UnreadableAnswerError',
    `A sealed answer for ${username} holds no password that this version of the software can read. ` +
      toDo(unknownUnread.todo, { secretArn, username }),
  );
}

/** ThingSpace changed the password to one that neither the secret nor a request can hold. */
export function unusablePasswordError(
  { secretArn }: Invocation,
  username: string,
  why: string,
): RotationError {
  return new RotationError(
    'UnusablePasswordError',
    `ThingSpace has changed the password of ${username}, and the new one cannot be used: ${why}. It is sealed and kept; the ` +
      `old one is dead. ${toDo(unusablePassword.todo, { secretArn, username })}`,
  );
}

/** The result of a search of the log for the answer of an exchange. */
type FoundInLog =
  | { found: 'readable' | 'unreadable' | 'nothing' }
  /** KMS does not open it now. */
  | { found: 'locked'; error: Error }
  /** The log could not be searched, was not searched to its end, or lacks a part of the answer: that proves nothing. */
  | { found: 'not searched'; error: Error };

/** The time of an invocation that a search of the log leaves over. */
const MARGIN_MS = 3_000;

/**
 * Looks for the answer of an exchange in the log of the invocation that had it, and takes it into the journal.
 * @param untilMs until when to search, by the process's clock
 */
export async function findInLog(
  invocation: Invocation,
  { attempt, startedAt }: ExchangeJournal,
  username: string,
  untilMs = invocation.deadlineMs - MARGIN_MS,
): Promise<FoundInLog> {
  const { sealedLog, sealer, api, ledger, log, deadlineMs } = invocation;
  let forItem: string;
  let password: string | undefined;
  let missing: number[];
  try {
    const answer = await sealedLog.find(attempt, startedAt, untilMs);
    if (!answer) return { found: 'nothing' };
    missing = answer.missing;
    ({ forItem, password } = await condense(answer.envelopes, sealer, api.readNewPassword));
  } catch (error) {
    if (!(error instanceof PresentableError)) throw error;
    log('The function’s own log gave no sealed answer', { failure: error.message });
    if (error instanceof SealingKeyError) return { found: 'locked', error };
    return error instanceof EnvelopeError ? { found: 'unreadable' } : { found: 'not searched', error };
  }
  if (password === undefined && missing.length > 0)
    return { found: 'not searched', error: partsMissingError(missing) };
  await ledger.change(username, deadlineMs, (state, now) => {
    if (password !== undefined) recordReceived(state, attempt, forItem, now);
    else recordUnknown(state, attempt, username, forItem, now);
  });
  return { found: password === undefined ? 'unreadable' : 'readable' };
}

/** CloudWatch Logs makes the lines of an answer searchable one by one. */
function partsMissingError(missing: readonly number[]): LogSearchUnfinishedError {
  return new LogSearchUnfinishedError(
    `The log holds a part of a sealed answer; missing: ${missing.join(', ')}. A retry searches again.`,
    { missing },
  );
}
