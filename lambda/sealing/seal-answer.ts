import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { PresentableError } from '../errors.ts';
import { excerptOf } from '../thingspace/answer-size.ts';
import type { AnswerContent } from '../thingspace/api.ts';
import type { DataKey } from './data-key.ts';

/**
 * One sealed message: AES-256-GCM (NIST SP 800-38D) under a data key, with a header in clear that is authenticated with
 * it (the "additional data" of GCM). `seal-answer.ts` decides which bytes are sealed in it.
 */
const about = {
  secretArn: v.string(),
  token: v.string(),
  attempt: v.string(),
  oldVersion: v.string(),
  oldHash: v.string(),
};
const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64));
const header = v.variant('version', [
  /** Earlier versions of the software: the bytes of an answer, at most 45 KiB of them, and nothing else. */
  v.object({
    version: v.literal(1),
    ...about,
    /** Bytes that the answer had; more than were sealed when it was too large. */
    bodyBytes: v.number(),
  }),
  v.object({
    version: v.literal(2),
    /** `password`: the password alone, where the answer is too large for a table item. */
    kind: v.picklist(['answer', 'password']),
    ...about,
    /** An answer that is too large for one log line is sealed in several: 1 to `parts`. */
    part: count,
    parts: count,
  }),
]);
const base64 = v.pipe(v.string(), v.base64());
const envelope = v.object({
  header: v.pipe(
    header,
    v.check((read) => read.version === 1 || read.part <= read.parts),
  ),
  wrappedKey: base64,
  iv: base64,
  tag: base64,
  ciphertext: base64,
});

export type EnvelopeHeader = v.InferOutput<typeof header>;
export type Envelope = v.InferOutput<typeof envelope>;
/** The exchange that an envelope is about: its secret and token, its attempt, and the version it was to replace. */
export type AboutExchange = { [member in keyof typeof about]: string };

export class EnvelopeError extends PresentableError {
  override readonly name = 'EnvelopeError';
}

/** Seals bytes under a data key, with a random 96-bit nonce. No network. */
export function encrypt(header: EnvelopeHeader, bytes: Buffer, key: DataKey): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key.plaintext, iv).setAAD(additionalData(header));
  const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const sealed: Envelope = {
    header,
    wrappedKey: key.wrapped.toString('base64'),
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    ciphertext: ciphertext.toString('base64'),
  };
  return JSON.stringify(sealed);
}

/** @throws EnvelopeError when the text is not an envelope, or one of a later version of the software */
export function readEnvelope(text: string): Envelope {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new EnvelopeError('A sealed answer is not JSON.', { cause });
  }
  const read = v.safeParse(envelope, json);
  if (read.success) return read.output;
  throw new EnvelopeError(
    'A sealed answer does not have the shape of an envelope that this version of the software reads.',
  );
}

/** Returns the sealed bytes. @throws EnvelopeError when they, the header or the nonce were altered */
export function decrypt({ header, ...sealed }: Envelope, plaintextKey: Buffer): Buffer {
  const from = (text: string) => Buffer.from(text, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', plaintextKey, from(sealed.iv), { authTagLength: 16 })
      .setAAD(additionalData(header))
      .setAuthTag(from(sealed.tag));
    return Buffer.concat([decipher.update(from(sealed.ciphertext)), decipher.final()]);
  } catch (cause) {
    throw new EnvelopeError('A sealed answer was altered since it was sealed.', { cause });
  }
}

function additionalData(header: EnvelopeHeader): Buffer {
  const { version, secretArn, token, attempt, oldVersion, oldHash } = header;
  const about = [secretArn, token, attempt, oldVersion, oldHash];
  const members =
    version === 1
      ? [version, ...about, header.bodyBytes]
      : [version, header.kind, ...about, header.part, header.parts];
  return Buffer.from(JSON.stringify(members));
}

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
