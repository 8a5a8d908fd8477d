import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { AwsFailure } from '../aws-failure.ts';

/** A key and what it encrypts with: real AES-256-GCM, with material that dies with this process. */
export type Key = {
  id: string;
  arn: string;
  alias: string;
  manager: 'CUSTOMER' | 'AWS';
  enabled: boolean;
  material: Buffer;
};

export function newKey(prefix: string, alias: string, manager: Key['manager']): Key {
  const id = randomUUID();
  return { id, arn: `${prefix}key/${id}`, alias, manager, enabled: true, material: randomBytes(32) };
}

const idBytes = 36;
const nonceBytes = 12;
const tagBytes = 16;

/** The key that a ciphertext names. */
export function sealerOf(blob: Buffer, keys: readonly Key[]): Key | undefined {
  return keys.find(({ id }) => id === blob.subarray(0, idBytes).toString());
}

/** Key id, nonce, tag, ciphertext; the encryption context is authenticated, in any order of its members. */
export function encrypt(key: Key, plaintext: Buffer, bound: Record<string, string>): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.material, nonce).setAAD(canonical(bound));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from(key.id), nonce, cipher.getAuthTag(), sealed]);
}

/** @throws {AwsFailure} InvalidCiphertextException */
export function decrypt(key: Key, blob: Buffer, bound: Record<string, string>): Buffer {
  const [nonceEnd, tagEnd] = [idBytes + nonceBytes, idBytes + nonceBytes + tagBytes];
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.material, blob.subarray(idBytes, nonceEnd))
      .setAAD(canonical(bound))
      .setAuthTag(blob.subarray(nonceEnd, tagEnd));
    return Buffer.concat([decipher.update(blob.subarray(tagEnd)), decipher.final()]);
  } catch {
    // KMS says no more than this, whether the context, the key or the bytes are wrong.
    throw new AwsFailure('InvalidCiphertextException', '');
  }
}

function canonical(bound: Record<string, string>): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(bound).sort(([a], [b]) => (a < b ? -1 : 1))));
}
