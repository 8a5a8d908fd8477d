import { AnswerFormatError } from './answer-format.ts';
import type { ReadableAnswer, Reading } from './api.ts';
import * as rest from './rest/answers.ts';
import * as soap from './soap/answers.ts';

const SOAP_PLACE = { operation: 'GetNewPassword', element: 'NewPassword' };

/**
 * Reads the new password exactly as the server wrote it, by the rules of the transport that wrote the answer; see
 * `ThingSpaceApi.readNewPassword`.
 * @param presented the secrets that requests carried, which no error code may show
 */
export function readNewPassword(answer: ReadableAnswer, presented: readonly string[] = []): Reading<string> {
  const read =
    answer.transport === 'rest'
      ? rest.readAnswer(answer, presented, 'newPassword', (root) => rest.onlyValue(root, 'newPassword'))
      : soap.readAnswer(answer, presented, SOAP_PLACE, (response) => soap.onlyValue(response, 'NewPassword'));
  if (read.outcome !== 'done' || read.value.isWellFormed()) return read;
  // A lone surrogate is not a character: it would not survive being stored as UTF-8.
  return { outcome: 'unknown', cause: new AnswerFormatError('not-text', answer.flaw) };
}
