import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { PresentableError } from '../errors.ts';
import type { DataKey, Sealer } from './data-key.ts';

/** What is known beside the sealed bytes; authenticated with them (the "additional data" of GCM). */
const header = v.object({
  version: v.literal(1),
  secretArn: v.string(),
  token: v.string(),
  attempt: v.string(),
  oldVersion: v.string(),
  oldHash: v.string(),
  /** Bytes that the answer had; more than were sealed when it was too large. */
  bodyBytes: v.number(),
});
const base64 = v.pipe(v.string(), v.base64());
const envelope = v.object({ header, wrappedKey: base64, iv: base64, tag: base64, ciphertext: base64 });

export type EnvelopeHeader = v.InferOutput<typeof header>;
export type Envelope = v.InferOutput<typeof envelope>;

/** In base64 with its header it stays below 64 KiB: the log's line and the ledger's item hold it. */
export const MOST_SEALED_BYTES = 45 * 1024;

export class EnvelopeError extends PresentableError {
  override readonly name = 'EnvelopeError';
}

/**
 * Seals bytes under a data key: AES-256-GCM (NIST SP 800-38D), a random 96-bit nonce, one message a key.
 * No network. A larger body is sealed in part; the header says how large it was.
 */
export function seal(
  body: Buffer,
  key: DataKey,
  about: Omit<EnvelopeHeader, 'version' | 'bodyBytes'>,
): string {
  const full: EnvelopeHeader = { version: 1, ...about, bodyBytes: body.length };
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key.plaintext, iv).setAAD(additionalData(full));
  const ciphertext = Buffer.concat([cipher.update(body.subarray(0, MOST_SEALED_BYTES)), cipher.final()]);
  const sealed: Envelope = {
    header: full,
    wrappedKey: key.wrapped.toString('base64'),
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    ciphertext: ciphertext.toString('base64'),
  };
  return JSON.stringify(sealed);
}

/** @throws EnvelopeError when the text is not an envelope */
export function readEnvelope(text: string): Envelope {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new EnvelopeError('A sealed answer is not JSON.', { cause });
  }
  const read = v.safeParse(envelope, json);
  if (read.success) return read.output;
  throw new EnvelopeError('A sealed answer does not have the shape of an envelope.');
}

/**
 * The sealed bytes of an answer.
 * @throws EnvelopeError when it was altered; SealingKeyError when KMS does not open its key
 */
export async function open({ header, ...sealed }: Envelope, sealer: Sealer): Promise<Buffer> {
  const from = (text: string) => Buffer.from(text, 'base64');
  const { secretArn, token } = header;
  const key = await sealer.unwrap(from(sealed.wrappedKey), { secretArn, token });
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, from(sealed.iv), { authTagLength: 16 })
      .setAAD(additionalData(header))
      .setAuthTag(from(sealed.tag));
    return Buffer.concat([decipher.update(from(sealed.ciphertext)), decipher.final()]);
  } catch (cause) {
    throw new EnvelopeError('A sealed answer was altered since it was sealed.', { cause });
  } finally {
    key.fill(0);
  }
}

function additionalData(header: EnvelopeHeader): Buffer {
  const { version, secretArn, token, attempt, oldVersion, oldHash, bodyBytes } = header;
  return Buffer.from(JSON.stringify([version, secretArn, token, attempt, oldVersion, oldHash, bodyBytes]));
}
