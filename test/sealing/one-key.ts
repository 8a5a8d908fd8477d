import { randomBytes } from 'node:crypto';
import { type DataKey, type Sealer, SealingKeyError } from '../../lambda/sealing/data-key.ts';

export const ABOUT = {
  secretArn: 'arn:secret',
  token: 'token',
  attempt: 'attempt',
  oldVersion: 'v1',
  oldHash: 'hash',
};

/** A sealer that knows one key and, like KMS, gives it back only for its own context; and what it gave. */
export function oneKey(plaintext = randomBytes(32), wrapped = randomBytes(100)) {
  const given: Buffer[] = [];
  const sealer: Sealer = {
    newKey: async () => ({ plaintext: Buffer.from(plaintext), wrapped }),
    async unwrap(blob, { secretArn, token }) {
      if (!blob.equals(wrapped) || secretArn !== ABOUT.secretArn || token !== ABOUT.token) {
        throw new SealingKeyError('not this key');
      }
      const key = Buffer.from(plaintext);
      given.push(key);
      return key;
    },
  };
  const key: DataKey = { plaintext, wrapped };
  return { key, sealer, given };
}
