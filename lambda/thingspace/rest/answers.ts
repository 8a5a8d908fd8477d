import { VISIBLE } from '../../visible.ts';
import { AnswerFormatError } from '../answer-format.ts';
import { textOf } from '../answer-text.ts';
import type { ReadableAnswer, Reading } from '../api.ts';
import { countOf, type JsonObject, membersNamed } from './json.ts';
import { objectIn } from './object.ts';
import { errorMembersIn, refusalIn } from './refusals.ts';

/**
 * Reads an answer: an error, or its JSON object by `read`. A refusal proves something only in a whole document.
 * @param presented the secrets that requests carried, which no error code may show; so in every reader below
 * @param member the member that may not be named behind a gap
 */
export function readAnswer<T>(
  answer: ReadableAnswer,
  presented: readonly string[],
  member: string,
  read: (root: JsonObject) => T,
): Reading<T> {
  try {
    if (answer.gapAt !== undefined && isNamedBehindGap(answer, member)) {
      throw new AnswerFormatError('behind-gap');
    }
    if (answer.httpStatus === 200) return { outcome: 'done', value: read(successIn(textOf(answer))) };
    if (!isErrorStatus(answer.httpStatus)) throw new AnswerFormatError('unexpected-status');
    return { outcome: 'refused', code: refusalIn(answer, presented) };
  } catch (error) {
    // Any other error is a fault of this code, and its text might hold a part of the answer.
    const reason = error instanceof AnswerFormatError ? error.reason : 'not-json';
    return { outcome: 'unknown', cause: new AnswerFormatError(reason, answer.flaw) };
  }
}

/**
 * Returns the text of the one member of this name, exactly as the server wrote it: escapes are decoded once, nothing is
 * trimmed or guessed. White space and invisible characters alone are not a value. As over SOAP, a value that arrived
 * whole is read although the document behind it broke off: only this answer has it.
 */
export function onlyValue(root: JsonObject, name: string): string {
  const [value] = membersNamed(root, name);
  // Counted everywhere, not only in its place: with two of them it is unknown which one works.
  if (countOf(root, name) > 1) throw new AnswerFormatError('several');
  if (value === undefined) throw new AnswerFormatError(root.closed ? 'missing' : 'broke-off');
  if (value.kind === 'cut') throw new AnswerFormatError('broke-off');
  if (value.kind === 'null') throw new AnswerFormatError('null');
  if (value.kind !== 'string') throw new AnswerFormatError('not-text');
  if (value.text === '') throw new AnswerFormatError('empty');
  if (!VISIBLE.test(value.text)) throw new AnswerFormatError('white-space');
  return value.text;
}

/** A header can carry it: 1 to 256 visible ASCII characters. */
export const isHeaderSafe = (value: string): boolean => /^[\x21-\x7e]{1,256}$/.test(value);

/** Reads the session token of an answer to a log-in. */
export function readSessionToken(answer: ReadableAnswer, presented: readonly string[]): Reading<string> {
  return readAnswer(answer, presented, 'sessionToken', (root) => {
    const token = onlyValue(root, 'sessionToken');
    if (!isHeaderSafe(token)) throw new AnswerFormatError('bad-token');
    return token;
  });
}

/** Reads an answer to a log-out. A JSON object that is not an error is enough; the token in it is not read. */
export function readLogOut(answer: ReadableAnswer, presented: readonly string[]): Reading<void> {
  return readAnswer(answer, presented, 'sessionToken', (root) => {
    if (!root.closed) throw new AnswerFormatError('broke-off');
  });
}

const isErrorStatus = (status: number | undefined): status is number =>
  status !== undefined && status >= 400 && status < 600;

const isNamedBehindGap = ({ body, gapAt }: ReadableAnswer, member: string): boolean =>
  body.toString('latin1', gapAt).toLowerCase().includes(member.toLowerCase());

/** Returns the object in an answer with the status of a success. An error in it is not believed either way. */
function successIn(text: string): JsonObject {
  const root = objectIn(text);
  if (errorMembersIn(root).length > 0) throw new AnswerFormatError('error-inside');
  return root;
}
