import crypto, { type ScryptOptions } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** The hashes of passwords that threads of this process compute now: real work, which takes real time. */
const underWay = new Set<Promise<void>>();

const { scrypt } = crypto;
type Done = (failure: Error | null, hash: Buffer) => void;

// The ledger's own import of `scrypt` is this one from then on.
crypto.scrypt = ((
  password: string,
  salt: string,
  bytes: number,
  options: ScryptOptions,
  done: Done,
): void => {
  const hashing = new Promise<void>((resolve) => {
    scrypt(password, salt, bytes, options, (failure, hash) => {
      resolve();
      done(failure, hash);
    });
  });
  underWay.add(hashing);
  void hashing.then(() => underWay.delete(hashing));
}) as typeof crypto.scrypt;
syncBuiltinESMExports();

export const hashesUnderWay = (): boolean => underWay.size > 0;

/** Resolves when no hash is under way. */
export async function hashesComputed(): Promise<void> {
  while (underWay.size > 0) await Promise.all(underWay);
}
