import { AnswerFormatError } from '../answer-format.ts';
import { isHtml } from '../answer-text.ts';
import { JsonError, type JsonObject, type JsonValue, readJson } from './json.ts';

/** Returns the JSON object that a text is, or as much of it as arrived. @throws AnswerFormatError */
export function objectIn(text: string): JsonObject {
  if (/^\s*</.test(text)) throw new AnswerFormatError(isHtml(text) ? 'html' : 'xml');
  const root = parse(text);
  if (root === undefined || root.kind === 'cut') throw new AnswerFormatError('broke-off');
  if (root.kind !== 'object') throw new AnswerFormatError('not-object');
  return root;
}

function parse(text: string): JsonValue | undefined {
  try {
    return readJson(text);
  } catch (error) {
    throw new AnswerFormatError(error instanceof JsonError ? error.problem : 'not-json');
  }
}
