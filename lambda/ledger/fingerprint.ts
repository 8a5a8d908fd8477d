import { createHash, scrypt } from 'node:crypto';
import { type CredentialState, credentialKey, isCertain } from './state.ts';

export type Fingerprint = {
  /** Version and hash: a restored password is a new fingerprint even if it is the same password. */
  id: string;
  /** The hash alone shows whether two versions hold the same password. */
  hash: string;
};

/** RFC 7914's interactive parameters: some 50 ms here, some thousand years for an attacker who reads the table. */
const COST = { N: 2 ** 14, r: 8, p: 1 };
const HASH_BYTES = 16;

/** Hashes of this process, by a digest of salt and password: one log-in needs the same one several times. */
const known = new Map<string, Promise<string>>();
const MAX_KNOWN = 64;

/**
 * Returns the salted hash that the ledger keeps of a password. The username is the salt: no two items share it. Code
 * that needs the hash soon may call this beside a remote call and drop the promise: a failure is thrown where the hash
 * is awaited.
 */
export function hashPassword(username: string, password: string): Promise<string> {
  const salt = `thingspace-ledger-v1:${credentialKey(username)}`;
  const digest = createHash('sha256').update(`${salt}\0${password}`).digest('base64');
  const before = known.get(digest);
  if (before) return before;
  const hash = new Promise<string>((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, COST, (failure, bytes) =>
      failure ? reject(failure) : resolve(bytes.toString('base64url')),
    );
  });
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(digest, hash);
  hash.catch(() => known.delete(digest));
  return hash;
}

export async function fingerprint(
  username: string,
  versionId: string,
  password: string,
): Promise<Fingerprint> {
  const hash = await hashPassword(username, password);
  return { id: `${versionId}:${hash}`, hash };
}

/**
 * Reports whether the value of a version is known to be dead: refused for certain, replaced by an exchange, or without
 * a credential. A password that logged in since is not dead.
 */
export async function isKnownDead(
  username: string,
  { lastGood, refused }: CredentialState,
  { versionId, credential }: { versionId: string; credential: { password: string } | undefined },
): Promise<boolean> {
  if (!credential) return true;
  if (lastGood?.versionId === versionId) return false;
  const { id: own, hash } = await fingerprint(username, versionId, credential.password);
  const refusal = refused[own];
  if (refusal) return isCertain(refusal);
  return Object.entries(refused).some(([id, { replaced }]) => replaced && id.endsWith(`:${hash}`));
}
