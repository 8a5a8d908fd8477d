import { randomBytes } from 'node:crypto';
import type { DataKey } from '../../lambda/sealing/data-key.ts';

type Context = { secretArn: string; token: string };

/** One KMS key in memory: it decrypts only for the encryption context with which it has encrypted. */
export function createKms() {
  const keys = new Map<string, { key: Buffer; context: string }>();
  const textOf = ({ secretArn, token }: Context) => JSON.stringify([secretArn, token]);
  return {
    /** The plaintexts, by their ciphertexts in base64. */
    keys,
    encrypt(key: Buffer, context: Context, wrapped = randomBytes(24)): Buffer {
      keys.set(wrapped.toString('base64'), { key: Buffer.from(key), context: textOf(context) });
      return wrapped;
    },
    generateDataKey(context: Context): DataKey {
      const plaintext = randomBytes(32);
      return { plaintext, wrapped: this.encrypt(plaintext, context) };
    },
    /** Undefined where KMS answers InvalidCiphertextException. */
    decrypt(wrapped: Buffer, context: Context): Buffer | undefined {
      const known = keys.get(wrapped.toString('base64'));
      return known?.context === textOf(context) ? Buffer.from(known.key) : undefined;
    },
  };
}
