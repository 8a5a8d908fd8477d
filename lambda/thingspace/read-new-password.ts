import type { ReadableAnswer, Reading } from './api.ts';
import { readNewPassword as readOverRest } from './rest/answers.ts';
import { readNewPassword as readOverSoap } from './soap/answers.ts';

/**
 * Reads an answer to GetNewPassword by the rules of the transport that wrote it; see `ThingSpaceApi.readNewPassword`.
 * @param presented the secrets that requests carried, which no error code may show
 */
export function readNewPassword(answer: ReadableAnswer, presented: readonly string[] = []): Reading<string> {
  return (answer.transport === 'rest' ? readOverRest : readOverSoap)(answer, presented);
}
