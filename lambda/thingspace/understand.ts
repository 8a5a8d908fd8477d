import { mediaKindOf } from './answer-text.ts';
import type { Outcome, RawAnswer, Reading } from './api.ts';
import { UnusableAnswerError } from './call-errors.ts';
import type { sendOnce } from './http-call.ts';

export type Sent = Awaited<ReturnType<typeof sendOnce>>;

/**
 * Reads the answer to a call, if one came. An answer that cannot be read is described by its status and kind alone, in
 * fixed words.
 */
export function understand<T>(
  operation: string,
  answer: Sent,
  read: (answer: RawAnswer) => Reading<T>,
): Outcome<T> {
  if (answer.outcome !== 'answered') return answer;
  const meaning = read(answer);
  if (meaning.outcome !== 'unknown') return meaning;
  const kind = mediaKindOf(answer.contentType);
  const seen = `HTTP status ${answer.httpStatus}, ${kind}${answer.complete ? '' : ', cut off'}`;
  const what = `${operation} got no usable answer (${seen})`;
  return { outcome: 'unknown', cause: new UnusableAnswerError(what, meaning.cause) };
}
