import type { AnswerContent } from './api.ts';

/** The bytes of an answer that are kept. */
export const MAX_ANSWER_BYTES = 1024 * 1024;
/** The bytes of an answer that are read: the part around the password is looked for within them. */
export const MAX_READ_BYTES = 16 * 1024 * 1024;
/** The characters of Content-Type and of Content-Encoding that are kept. */
export const MAX_HEADER_CHARS = 256;

/**
 * Returns at most `mostBytes` of a body, with the password if there is one. A larger body keeps its beginning, half of
 * `mostBytes`, and a window around the last `NewPassword` or `newPassword`. Without such a mention, or with one near the beginning, its
 * first bytes are kept.
 */
export function excerptOf(
  { body, gapAt }: Pick<AnswerContent, 'body' | 'gapAt'>,
  mostBytes: number,
): { body: Buffer; gapAt: number | undefined } {
  if (body.length <= mostBytes) return { body, gapAt };
  const half = Math.floor(mostBytes / 2);
  // Over SOAP the last mention is the closing tag as a rule: the password is before it. Over REST it is behind.
  const wanted = Math.min(lastMentionIn(body) - Math.floor(half / 2), body.length - half + 1);
  const windowAt = wanted - (wanted % 2); // Even, so that no character of UTF-16 is cut.
  if (windowAt > half) {
    const kept = Buffer.concat([body.subarray(0, half), body.subarray(windowAt, windowAt + half)]);
    return { body: kept, gapAt: Math.min(gapAt ?? half, half) };
  }
  const gap = gapAt !== undefined && gapAt < mostBytes ? gapAt : undefined;
  return { body: body.subarray(0, mostBytes), gapAt: gap };
}

/**
 * Not `GetNewPasswordResponse`. In UTF-8 and UTF-16: the little-endian bytes also occur in big-endian text.
 */
const MENTION = /(?<!Get)[Nn]ewPassword|(?<!G\0e\0t\0)[Nn]\0e\0w\0P\0a\0s\0s\0w\0o\0r\0d\0/g;

function lastMentionIn(body: Buffer): number {
  let last = -1;
  for (const { index } of body.toString('latin1').matchAll(MENTION)) last = index;
  return last;
}
