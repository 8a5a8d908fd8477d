import type { Clock } from '../clock.ts';
import type { StoredCredential } from '../ledger/guarded-log-in.ts';
import { readCredential } from '../secret/credential.ts';
import type { SecretStore } from '../secret/secrets-manager.ts';
import { untilVisible } from '../secret/stored-version.ts';
import { SessionSetupError } from './errors.ts';

export type SecretReader = { store: Pick<SecretStore, 'describe' | 'read'>; secretId: string; clock: Clock };

/** Returns the version that AWSCURRENT is on, as Secrets Manager's eventually consistent reads show it. */
export async function currentVersion({ store, secretId }: SecretReader): Promise<string | undefined> {
  const { stages } = await store.describe(secretId);
  return [...stages].find(([, labels]) => labels.includes('AWSCURRENT'))?.[0];
}

/**
 * Reads the credential in AWSCURRENT at this moment, never from a cache.
 * @throws SessionSetupError when no value can be seen; SecretShapeError, CredentialNotInitializedError, AwsCallError
 */
export async function readCurrent(reader: SecretReader, deadlineMs: number): Promise<StoredCredential> {
  const { store, secretId, clock } = reader;
  const found = await untilVisible(clock, deadlineMs, async () => {
    const { arn, stages } = await store.describe(secretId);
    const versionId = [...stages].find(([, labels]) => labels.includes('AWSCURRENT'))?.[0];
    const version = versionId === undefined ? undefined : await store.read(secretId, versionId);
    return version && { secretArn: arn, version };
  });
  if (!found) {
    throw new SessionSetupError(
      `The secret ${secretId} has no value with the label AWSCURRENT: store {"username": "…", "password": "…"} in it.`,
    );
  }
  const { secretArn, version } = found;
  const { versionId, createdAt: storedAt } = version;
  return { secretArn, versionId, storedAt, ...readCredential(secretArn, version.value) };
}
