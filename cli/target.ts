import { PresentableError } from '../lambda/errors.ts';
import type { StoredCredential } from '../lambda/ledger/guarded-log-in.ts';
import { credentialKey } from '../lambda/ledger/state.ts';
import { operatorTool } from '../lambda/operator-tool.ts';
import { CredentialNotInitializedError, readCredential } from '../lambda/secret/credential.ts';
import { AWSCURRENT, AWSPENDING, type SecretDescription } from '../lambda/secret/secrets-manager.ts';
import { asStored, type StoredVersion, versionLabelled } from '../lambda/secret/stored-version.ts';
import { type Desk, deadlineOf } from './desk.ts';
import { TargetError, UsageError } from './errors.ts';

/** The operator's name for a credential: by its secret (name or ARN), by its username, or by both. */
export type Named = { secret?: string | undefined; username?: string | undefined };

export type Target = {
  /** Undefined for a secret that holds no credentials yet and was never rotated. */
  username: string | undefined;
  secret: SecretDescription | undefined;
  /** The version that AWSCURRENT is on. */
  holder: StoredVersion | undefined;
  /** Why AWSCURRENT could not be read. */
  unseen: string | undefined;
};

/**
 * The username in question, and its secret where one was named or the ledger knows one. A username alone is
 * enough for what only the ledger is needed for.
 * @throws UsageError, TargetError, AwsCallError
 */
export async function findTarget(desk: Desk, named: Named): Promise<Target> {
  if (named.secret !== undefined) {
    const secret = await desk.store.describe(named.secret);
    const seen = await seeHolder(desk, secret);
    const { username } = seen.holder?.credential ?? {};
    if (named.username === undefined) {
      return { username: username ?? (await lastUsername(desk, secret.arn, seen.unseen)), secret, ...seen };
    }
    if (username === undefined || credentialKey(username) !== credentialKey(named.username)) {
      await mustBeKnown(desk, named.username);
    }
    return { username: named.username, secret, ...seen };
  }
  if (named.username === undefined) {
    throw new UsageError('Name the credential: --secret <name or ARN>, or --username <username>.');
  }
  const secretArn = await mustBeKnown(desk, named.username);
  // The ledger's commands must work while Secrets Manager does not, or may not be read.
  const secret =
    secretArn === undefined ? undefined : await desk.store.describe(secretArn).catch(() => undefined);
  const seen = secret
    ? await seeHolder(desk, secret)
    : { holder: undefined, unseen: 'its secret cannot be described' };
  return { username: named.username, secret, ...seen };
}

/** @returns the secret that the ledger knows the username by @throws TargetError */
async function mustBeKnown(desk: Desk, username: string): Promise<string | undefined> {
  const { state } = await desk.ledger.read(username, deadlineOf(desk));
  if (state.revision === 0) {
    throw new TargetError(
      `The ledger knows no username ${state.credential}. Check its spelling, and that --table (LEDGER_TABLE) and the AWS ` +
        'region are those of the rotation function.',
    );
  }
  return state.secretArn ?? ('secretArn' in state.journal ? state.journal.secretArn : undefined);
}

async function seeHolder(
  { store }: Desk,
  secret: SecretDescription,
): Promise<Pick<Target, 'holder' | 'unseen'>> {
  const versionId = versionLabelled(secret.stages, AWSCURRENT);
  if (versionId === undefined) return { holder: undefined, unseen: undefined };
  try {
    const version = await store.read(secret.arn, versionId);
    return { holder: version && asStored(secret.arn, version), unseen: undefined };
  } catch (failure) {
    if (!(failure instanceof PresentableError)) throw failure;
    return { holder: undefined, unseen: failure.message };
  }
}

async function lastUsername(
  desk: Desk,
  secretArn: string,
  unseen: string | undefined,
): Promise<string | undefined> {
  const username = await desk.ledger.usernameOf(secretArn);
  if (username !== undefined || unseen === undefined) return username;
  throw new TargetError(`Which username it holds cannot be seen (${unseen}): name it with --username.`);
}

/**
 * Returns the version that AWSPENDING is on, where it is not current, and whether it has a value: without one, a rotation
 * has begun and brought no password. @throws AwsCallError
 */
export async function pendingOf(
  { store }: Desk,
  { arn, stages }: SecretDescription,
): Promise<{ versionId: string; hasValue: boolean } | undefined> {
  const versionId = versionLabelled(stages, AWSPENDING);
  if (versionId === undefined || versionId === versionLabelled(stages, AWSCURRENT)) return undefined;
  return { versionId, hasValue: (await store.read(arn, versionId)) !== undefined };
}

/** Returns the username of the secret's last rotation where it was another one. @throws AwsCallError */
export async function formerUsername(
  { ledger }: Desk,
  secretArn: string,
  username: string,
): Promise<string | undefined> {
  const former = await ledger.usernameOf(secretArn);
  return former === undefined || credentialKey(former) === credentialKey(username) ? undefined : former;
}

/** Returns the username for a command that needs one. @throws CredentialNotInitializedError */
export function usernameOf({ username, secret, holder }: Target): string {
  if (username !== undefined) return username;
  throw (
    holder?.problem ??
    new CredentialNotInitializedError(
      `The secret ${secret?.arn} holds no credentials yet: store them with \`${operatorTool()} store --secret ${secret?.arn}\`.`,
    )
  );
}

/**
 * Returns the credential in AWSCURRENT, read by version id: a read by label may return a version from before a change.
 * @throws TargetError, AwsCallError, SecretShapeError, CredentialNotInitializedError
 */
export async function readCurrent({ store }: Desk, secret: SecretDescription): Promise<StoredCredential> {
  const versionId = versionLabelled(secret.stages, AWSCURRENT);
  const version = versionId === undefined ? undefined : await store.read(secret.arn, versionId);
  if (!version) {
    throw new TargetError(
      `The secret ${secret.arn} has no current value: store the username and password in it.`,
    );
  }
  return {
    secretArn: secret.arn,
    versionId: version.versionId,
    storedAt: version.createdAt,
    ...readCredential(secret.arn, version.value),
  };
}
