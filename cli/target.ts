import type { StoredCredential } from '../lambda/ledger/guarded-log-in.ts';
import { AWSCURRENT, holderOf } from '../lambda/rotation/secret.ts';
import { readCredential } from '../lambda/secret/credential.ts';
import type { SecretDescription } from '../lambda/secret/secrets-manager.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { TargetError, UsageError } from './errors.ts';

/** How a person names a credential: by its secret (name or ARN), by its username, or by both. */
export type Named = { secret?: string | undefined; username?: string | undefined };

export type Target = { username: string; secret: SecretDescription | undefined };

/**
 * The username in question, and its secret where one was named or the ledger knows one. A username alone is
 * enough for what only the ledger is needed for.
 * @throws UsageError, TargetError, AwsCallError, SecretShapeError, CredentialNotInitializedError
 */
export async function findTarget(desk: Desk, named: Named): Promise<Target> {
  if (named.secret !== undefined) {
    const secret = await desk.store.describe(named.secret);
    const username = named.username ?? (await readCurrent(desk, secret)).username;
    return { username, secret };
  }
  if (named.username === undefined) {
    throw new UsageError('Name the credential: --secret <name or ARN>, or --username <username>.');
  }
  const { state } = await desk.ledger.read(named.username, deadlineOf(desk));
  if (state.revision === 0) {
    throw new TargetError(
      `The ledger knows no username ${state.credential}. Check its spelling, and that --table (LEDGER_TABLE) and the AWS ` +
        'region are those of the rotation function.',
    );
  }
  const secretArn = state.secretArn ?? ('secretArn' in state.journal ? state.journal.secretArn : undefined);
  return {
    username: named.username,
    // The ledger's commands must work while Secrets Manager does not, or may not be read.
    secret: secretArn === undefined ? undefined : await desk.store.describe(secretArn).catch(() => undefined),
  };
}

/**
 * What AWSCURRENT holds, read by version id: a read by label may be answered from before a change.
 * @throws TargetError, AwsCallError, SecretShapeError, CredentialNotInitializedError
 */
export async function readCurrent({ store }: Desk, secret: SecretDescription): Promise<StoredCredential> {
  const versionId = holderOf(secret.stages, AWSCURRENT);
  const version = versionId === undefined ? undefined : await store.read(secret.arn, versionId);
  if (!version) {
    throw new TargetError(
      `The secret ${secret.arn} has no current value: store the username and password in it.`,
    );
  }
  return {
    secretArn: secret.arn,
    versionId: version.versionId,
    ...readCredential(secret.arn, version.value),
  };
}
