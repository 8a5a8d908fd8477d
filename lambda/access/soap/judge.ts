import type { RawAnswer } from '../../thingspace/api.ts';
import { readResponse } from '../../thingspace/soap/answers.ts';
import type { Judged } from '../wire.ts';
import { withoutContent } from './answer-outline.ts';

/** A fault is short, and a response is read by its outline: an answer of which more than 1 MiB is left proves nothing. */
export function judgeAnswer(sent: RawAnswer, operation: string, secrets: readonly string[]): Judged {
  const body = sent.gapAt === undefined ? withoutContent(sent.body, operation) : sent.body;
  const read = readResponse({ ...sent, body }, operation, secrets);
  switch (read.outcome) {
    case 'done':
      return { outcome: 'done' };
    case 'refused':
      return { outcome: 'refused', code: read.code };
    case 'unknown':
      return { outcome: 'unknown', code: `HTTP ${sent.httpStatus}` };
  }
}
