import { AnswerFormatError } from '../../thingspace/answer-format.ts';
import { textOf } from '../../thingspace/answer-text.ts';
import type { RawAnswer } from '../../thingspace/api.ts';
import { isBearerRefusal, isOfGateway } from '../../thingspace/codes.ts';
import { JsonError, readJson } from '../../thingspace/rest/json.ts';
import { ERROR_MEMBERS, errorMembersIn, refusalIn } from '../../thingspace/rest/refusals.ts';
import { MAX_FORWARDED_BYTES } from '../forward.ts';
import type { Judged } from '../wire.ts';

/** No error is longer. A tree of a longer answer, with every member of it, would cost seconds and hundreds of megabytes. */
const MAX_ERROR_CHARS = 64 * 1024;

/**
 * Judges an answer by its status and its JSON (docs/thingspace-api.md, "Errors over REST"). The gateway's codes are known
 * from its maker's documentation alone: except those about the bearer, they prove nothing.
 */
export function judgeAnswer(answer: RawAnswer, _operation: string, secrets: readonly string[]): Judged {
  try {
    if (answer.httpStatus === 200) return isSuccess(answer) ? { outcome: 'done' } : unknown(answer);
    if (answer.httpStatus < 400 || answer.body.length > MAX_ERROR_CHARS) return unknown(answer);
    const code = refusalIn(answer, secrets);
    return { outcome: isOfGateway(code) && !isBearerRefusal(code) ? 'unknown' : 'refused', code };
  } catch (failure) {
    if (failure instanceof AnswerFormatError) return unknown(answer);
    throw failure;
  }
}

const unknown = ({ httpStatus }: RawAnswer): Judged => ({ outcome: 'unknown', code: `HTTP ${httpStatus}` });

/** Reports whether an answer is one whole document of JSON, and not an error. @throws AnswerFormatError */
function isSuccess(answer: RawAnswer): boolean {
  if (answer.gapAt !== undefined) return false;
  const text = textOf(answer, MAX_FORWARDED_BYTES);
  try {
    if (text.length > MAX_ERROR_CHARS) return isLongSuccess(JSON.parse(text));
    const root = readJson(text);
    if (root?.kind === 'array') return root.closed;
    return root?.kind === 'object' && root.closed && errorMembersIn(root).length === 0;
  } catch (failure) {
    if (failure instanceof JsonError || failure instanceof SyntaxError) return false;
    throw failure;
  }
}

const isLongSuccess = (parsed: unknown): boolean =>
  typeof parsed === 'object' && parsed !== null && !ERROR_MEMBERS.some((name) => Object.hasOwn(parsed, name));
