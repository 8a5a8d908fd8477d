import { randomBytes } from 'node:crypto';
import { type DataKey, type Sealer, SealingKeyError } from '../../lambda/sealing/data-key.ts';
import { createKms } from '../world/memory-kms.ts';

export const ABOUT = {
  secretArn: 'arn:secret',
  token: 'token',
  attempt: 'attempt',
  oldVersion: 'v1',
  oldHash: 'hash',
};

/** A sealer with one data key of KMS in memory, and the copies that it gave. */
export function oneKey(plaintext = randomBytes(32), wrapped = randomBytes(100)) {
  const kms = createKms();
  kms.encrypt(plaintext, ABOUT, wrapped);
  const given: Buffer[] = [];
  const sealer: Sealer = {
    newKey: async () => ({ plaintext: Buffer.from(plaintext), wrapped }),
    async unwrap(blob, context) {
      const key = kms.decrypt(blob, context);
      if (!key) throw new SealingKeyError('not this key');
      given.push(key);
      return key;
    },
  };
  const key: DataKey = { plaintext, wrapped };
  return { key, sealer, given };
}
