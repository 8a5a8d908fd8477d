import { excerptOf } from '../thingspace/answer-size.ts';
import type { AnswerContent } from '../thingspace/api.ts';
import type { DataKey } from './data-key.ts';
import { type AboutExchange, encrypt } from './envelope.ts';

/** What one envelope holds of an answer: in base64 with its header it fits a log line of 256 KB. */
export const PART_BYTES = 180 * 1024;
/** What the envelope for a table item holds of an answer or a password. */
export const MAX_ITEM_BYTES = 45 * 1024;
/** An envelope for a table item: DynamoDB takes 400 KB, and there is more in it than one envelope. */
const MAX_ITEM_CHARS = 64 * 1024;

/** An answer as `ThingSpaceApi.getNewPassword` returns it. */
export type Sealable = AnswerContent & {
  httpStatus?: number | undefined;
  complete?: boolean | undefined;
  receivedBytes?: number | undefined;
};

/**
 * Seals an answer whole, together with what its headers say: one envelope for each 180 KiB, so one for every
 * usual answer. Each is a text for one line of the log. No network.
 */
export function seal(answer: Sealable, key: DataKey, about: AboutExchange): string[] {
  const { body, httpStatus, contentType, contentEncoding, gapAt, complete } = answer;
  const { receivedBytes = body.length } = answer;
  // Sealed and not in the header: it is the server's text. In every part, so that each tells of itself.
  const described = { httpStatus, contentType, contentEncoding, gapAt, complete, receivedBytes };
  const line = Buffer.from(`${JSON.stringify(described)}\n`);
  const parts = Math.max(1, Math.ceil(body.length / PART_BYTES));
  return Array.from({ length: parts }, (_, at) => {
    const piece = body.subarray(at * PART_BYTES, (at + 1) * PART_BYTES);
    const header = { version: 2, kind: 'answer', ...about, part: at + 1, parts } as const;
    return encrypt(header, Buffer.concat([line, piece]), key);
  });
}

/** Seals a password that was read. */
export function sealPassword(value: string, key: DataKey, about: AboutExchange): string {
  const header = { version: 2, kind: 'password', ...about, part: 1, parts: 1 } as const;
  return encrypt(header, Buffer.from(value), key);
}

/**
 * The one envelope that a table item keeps of an answer, never larger than 64 KiB: what `seal` returned where
 * that is small; otherwise the password that was read in it; otherwise an excerpt with what stands around it.
 */
export function envelopeForItem(
  envelopes: readonly string[],
  answer: Sealable,
  password: string | undefined,
  key: DataKey,
  about: AboutExchange,
): string {
  const [only, ...others] = envelopes;
  if (only !== undefined && others.length === 0 && only.length <= MAX_ITEM_CHARS) return only;
  if (password !== undefined && Buffer.byteLength(password) <= MAX_ITEM_BYTES) {
    return sealPassword(password, key, about);
  }
  const { receivedBytes = answer.body.length } = answer;
  const excerpt = { ...answer, ...excerptOf(answer, MAX_ITEM_BYTES), complete: false, receivedBytes };
  return seal(excerpt, key, about).join('');
}
