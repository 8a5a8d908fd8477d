import { excerptOf } from '../thingspace/answer-size.ts';
import type { AnswerContent } from '../thingspace/api.ts';
import type { DataKey } from './data-key.ts';
import { type AboutExchange, encrypt } from './envelope.ts';

/** The bytes of an answer that one envelope holds: in base64 with its header it fits a log line of 256 KB. */
export const PART_BYTES = 180 * 1024;
/** The bytes of an answer or a password that the envelope for a table item holds. */
export const MAX_ITEM_BYTES = 45 * 1024;
/** The largest envelope for a table item: DynamoDB takes 400 KB, and the item holds more than one envelope. */
const MAX_ITEM_CHARS = 64 * 1024;

/** An answer as `ThingSpaceApi.getNewPassword` returns it. */
export type Sealable = AnswerContent & {
  httpStatus?: number | undefined;
  complete?: boolean | undefined;
  receivedBytes?: number | undefined;
};

/**
 * Seals a whole answer together with facts from its headers: one envelope for each 180 KiB, so one for every usual
 * answer. Each is a text for one line of the log. No network.
 */
export function seal(answer: Sealable, key: DataKey, about: AboutExchange): string[] {
  const { body, transport, httpStatus, contentType, contentEncoding, gapAt, complete } = answer;
  const { receivedBytes = body.length } = answer;
  // The description is sealed and not in the header, because it is the server's text. Every part has it, so that each
  // part can be read alone.
  const described = { transport, httpStatus, contentType, contentEncoding, gapAt, complete, receivedBytes };
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
 * Returns the one envelope that a table item keeps of an answer, never larger than 64 KiB. It is the one from `seal` if
 * that is small, otherwise the password that was read, otherwise an excerpt of the answer around the password.
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
