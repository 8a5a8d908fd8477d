import { hashPassword } from '../lambda/ledger/fingerprint.ts';
import type { StoredVersion } from '../lambda/secret/stored-version.ts';
import type { Desk } from './desk.ts';
import { inText, type SealedAnswer } from './sealed-answers.ts';
import { iso } from './times.ts';

/** Sealed answers in the function's log: the first copy of each, and the only one where the ledger is gone. */

export const SEARCHED_DAYS = 14;
const SEARCHED_MS = SEARCHED_DAYS * 24 * 60 * 60_000;

/**
 * Returns the sealed answers of the last days, the newest first: an answer of an older rotation holds a dead password.
 * Warns, and returns none, where the log cannot be read.
 */
export async function inLog(
  { surroundings, function: found, terminal }: Desk,
  secretArn: string | undefined,
  now: number,
): Promise<SealedAnswer[]> {
  if (found?.logGroup === undefined) return [];
  try {
    const lines = await surroundings.logLines(found.logGroup, 'sealedEnvelope', now - SEARCHED_MS);
    const answers = inText(lines.map(({ message }) => message).join('\n'));
    return answers
      .filter(({ envelopes }) => secretArn === undefined || envelopes[0].header.secretArn === secretArn)
      .map((answer) => {
        const { attempt } = answer.envelopes[0].header;
        const at = lines.find(({ message }) => message.includes(attempt))?.at ?? 0;
        return { ...answer, at, where: `the function’s log of ${iso(at)}` };
      })
      .sort((a, b) => b.at - a.at);
  } catch (failure) {
    terminal.warn(`The function’s log is left out: ${(failure as Error).message}`);
    return [];
  }
}

/** Returns the answers to an exchange of the password that AWSCURRENT holds: they hold the password that replaced it. */
export async function replacing(
  answers: readonly SealedAnswer[],
  username: string,
  holder: StoredVersion | undefined,
): Promise<SealedAnswer[]> {
  if (!holder?.credential || answers.length === 0) return [];
  const hash = await hashPassword(username, holder.credential.password);
  return answers.filter(({ envelopes: [{ header }] }) => header.oldHash === hash);
}
