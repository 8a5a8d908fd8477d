import { AwsFailure } from './aws-failure.ts';
import type { WorldClock } from './clock.ts';
import { operation, serveJson } from './json-service.ts';
import type { Listening } from './listen.ts';
import { createdAgain, createSecret, putSecretValue } from './secrets-manager/put.ts';
import { describeSecret, getSecretValue, listSecretVersionIds } from './secrets-manager/read.ts';
import * as shapes from './secrets-manager/requests.ts';
import { cancelRotateSecret, rotateSecret, withoutTestVersion } from './secrets-manager/rotate.ts';
import { findSecret, type Secret, type Version, versionById } from './secrets-manager/secret.ts';
import { updateSecretVersionStage } from './secrets-manager/stage.ts';

/** What Secrets Manager does once RotateSecret is answered: the conductor runs the function. */
export type RotationRequest = {
  secretArn: string;
  /** The ClientRequestToken: id of the version that waits under AWSPENDING without a value. */
  token: string;
  lambdaArn: string;
  /** True for `RotateImmediately: false`: only the testSecret step runs, then the version is removed. */
  testOnly: boolean;
};

/** The stand-in for Secrets Manager, with what tests and the timeline ask about it. */
export interface SecretsManager {
  /**
   * Called after RotateSecret was answered; replace it. A test of the function ends when it settles.
   * What it throws is not caught.
   */
  onRotate: (request: RotationRequest) => void | Promise<void>;
  /** After a write, this many reads of the secret still see the state before it. @default 0 */
  staleReads: number;
  /** Every version with its value and labels, as it truly is; by name or ARN. */
  versions(secretId: string): readonly Version[];
  /** The version's SecretString under a label. Undefined where there is none. */
  valueAt(stage: string, secretId: string): string | undefined;
  /** RotationTokens that PutSecretValue brought, in order. */
  readonly rotationTokens: readonly { secretArn: string; versionId: string; rotationToken: string }[];
  /** What Secrets Manager notes when a rotation is over: LastRotatedDate. */
  rotated(secretId: string): void;
}

export type SecretsManagerOptions = {
  clock: WorldClock;
  region: string;
  accountId: string;
  /** Whether the key with this id may be used; a secret without a key uses the AWS-managed one. */
  keyUsable: (keyId: string) => boolean;
};

/** Behaves as the API reference says; where that and other stand-ins differ, the reference wins. */
export async function startSecretsManager(
  options: SecretsManagerOptions,
): Promise<{ secretsManager: SecretsManager; listening: Listening }> {
  const { clock, keyUsable } = options;
  /** The truth, by ARN; and what reads still see of it. */
  const secrets = new Map<string, Secret>();
  const stale = new Map<string, { before: Secret | undefined; readsLeft: number }>();
  const rotationTokens: { secretArn: string; versionId: string; rotationToken: string }[] = [];

  const write = (next: Secret): Secret => {
    const before = secrets.get(next.arn);
    if (before === next) return next;
    secrets.set(next.arn, next);
    if (secretsManager.staleReads > 0) {
      stale.set(next.arn, { before, readsLeft: secretsManager.staleReads });
    }
    return next;
  };

  const read = (secretId: string): Secret => {
    const secret = findSecret(secrets.values(), secretId);
    const view = stale.get(secret.arn);
    if (!view || view.readsLeft === 0) return secret;
    view.readsLeft -= 1;
    return findSecret(view.before ? [view.before] : [], secretId);
  };

  const requireKey = (secret: Secret | { kmsKeyId?: string | undefined }, failure: string) => {
    if (secret.kmsKeyId === undefined || keyUsable(secret.kmsKeyId)) return;
    const verb = failure === 'EncryptionFailure' ? 'encrypt' : 'decrypt';
    throw new AwsFailure(
      failure,
      `Secrets Manager can't ${verb} the protected secret text using the provided KMS key.`,
    );
  };

  const startRotation = async (request: RotationRequest) => {
    await secretsManager.onRotate(request);
    if (!request.testOnly) return;
    const secret = findSecret(secrets.values(), request.secretArn);
    write(withoutTestVersion(secret, request.token));
  };

  const wrong = 'InvalidParameterException';
  const operations = {
    CreateSecret: operation(shapes.CreateSecret, wrong, (input) => {
      requireKey({ kmsKeyId: input.KmsKeyId }, 'EncryptionFailure');
      const existing = [...secrets.values()].find((secret) => secret.name === input.Name);
      const secret = write(
        existing ? createdAgain(existing, input) : createSecret(input, options, clock.nowMs()),
      );
      const version = versionById(secret, input.ClientRequestToken);
      return { ARN: secret.arn, Name: secret.name, ...(version && { VersionId: version.id }) };
    }),
    PutSecretValue: operation(shapes.PutSecretValue, wrong, (input) => {
      const before = findSecret(secrets.values(), input.SecretId);
      requireKey(before, 'EncryptionFailure');
      const secret = write(putSecretValue(before, input, clock.nowMs()));
      const versionId = input.ClientRequestToken;
      if (input.RotationToken !== undefined) {
        rotationTokens.push({ secretArn: secret.arn, versionId, rotationToken: input.RotationToken });
      }
      const stages = versionById(secret, versionId)?.stages;
      return { ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages: stages };
    }),
    GetSecretValue: operation(shapes.GetSecretValue, wrong, (input) => {
      const secret = read(input.SecretId);
      const answer = getSecretValue(secret, input);
      requireKey(secret, 'DecryptionFailure');
      return answer;
    }),
    DescribeSecret: operation(shapes.DescribeSecret, wrong, (input) => describeSecret(read(input.SecretId))),
    ListSecretVersionIds: operation(shapes.ListSecretVersionIds, wrong, (input) =>
      listSecretVersionIds(read(input.SecretId), input),
    ),
    UpdateSecretVersionStage: operation(shapes.UpdateSecretVersionStage, wrong, (input) => {
      const before = findSecret(secrets.values(), input.SecretId);
      const secret = write(updateSecretVersionStage(before, input, clock.nowMs()));
      return { ARN: secret.arn, Name: secret.name };
    }),
    RotateSecret: operation(shapes.RotateSecret, wrong, (input) => {
      const before = findSecret(secrets.values(), input.SecretId);
      const secret = write(rotateSecret(before, input, clock.nowMs()));
      const token = input.ClientRequestToken;
      const lambdaArn = secret.rotation?.lambdaArn ?? '';
      setImmediate(
        () =>
          void startRotation({ secretArn: secret.arn, token, lambdaArn, testOnly: !input.RotateImmediately }),
      );
      return { ARN: secret.arn, Name: secret.name, VersionId: token };
    }),
    CancelRotateSecret: operation(shapes.CancelRotateSecret, wrong, (input) => {
      const before = findSecret(secrets.values(), input.SecretId);
      const secret = write(cancelRotateSecret(before, clock.nowMs()));
      return { ARN: secret.arn, Name: secret.name };
    }),
  };

  const secretsManager: SecretsManager = {
    onRotate: () => {},
    staleReads: 0,
    rotationTokens,
    versions: (secretId) => findSecret(secrets.values(), secretId).versions,
    valueAt(stage, secretId) {
      const version = this.versions(secretId).find(({ stages }) => stages.includes(stage));
      return version?.value && 'string' in version.value ? version.value.string : undefined;
    },
    rotated(secretId) {
      const secret = findSecret(secrets.values(), secretId);
      secrets.set(secret.arn, { ...secret, rotatedAtMs: clock.nowMs() });
    },
  };
  return { secretsManager, listening: await serveJson('secretsmanager', operations) };
}
