import type { InferOutput } from 'valibot';
import type { Listening } from '../http.ts';
import { createdAgain, createSecret, putSecretValue } from './secrets-manager/put.ts';
import {
  describeSecret,
  getSecretValue,
  listSecrets,
  listSecretVersionIds,
  stagesOf,
} from './secrets-manager/read.ts';
import * as shapes from './secrets-manager/requests.ts';
import {
  cancelRotateSecret,
  openRotation,
  PreviousRotationOpen,
  rotateSecret,
  withoutTestVersion,
} from './secrets-manager/rotate.ts';
import { checkName, findSecret, type Secret, type Version, versionById } from './secrets-manager/secret.ts';
import { updateSecretVersionStage } from './secrets-manager/stage.ts';
import { AwsFailure, type Done, operation, type Place, serveJson } from './service.ts';

/** The rotation that Secrets Manager begins after its answer to RotateSecret: the conductor runs the function. */
export type RotationRequest = {
  secretArn: string;
  /** Id of the version that waits under AWSPENDING: the call's own, or that of the open rotation. */
  token: string;
  /** ClientRequestToken of the RotateSecret that asks. Another than `token` where it was refused. */
  askedWith: string;
  lambdaArn: string;
  /** True for `RotateImmediately: false`: only the testSecret step runs, then the version is removed. */
  testOnly: boolean;
};

/** The stand-in for Secrets Manager, with what tests and the timeline ask about it. */
export interface SecretsManager extends Listening {
  /**
   * Called after RotateSecret was answered; replace it. A test of the function ends when it settles.
   * Its errors are not caught.
   */
  onRotate: (request: RotationRequest) => void | Promise<void>;
  /** Replace it: whether Secrets Manager may invoke the function. */
  canInvoke: (lambdaArn: string) => boolean;
  /** Every version with its value and labels, as it truly is; by name or ARN. */
  versions(secretId: string): readonly Version[];
  /** The version's SecretString under a label. Undefined where there is none. */
  valueAt(stage: string, secretId: string): string | undefined;
  /** RotationTokens that PutSecretValue brought, in order. */
  readonly rotationTokens: readonly { secretArn: string; versionId: string; rotationToken: string }[];
  /** Whether rotation is on: it is turned off by CancelRotateSecret, also in the midst of one. */
  rotationEnabled(secretId: string): boolean;
  /** Notes the end of a rotation, as Secrets Manager does: LastRotatedDate. */
  rotated(secretId: string): void;
}

type SecretsManagerOptions = Place & {
  /** Whether the key with this id may be used; a secret without a key uses the AWS-managed one. */
  keyUsable: (keyId: string) => boolean;
  /** Called after each call that was carried out. */
  onDone?: (done: Done) => void;
};

/** Behaves as the API reference says; where that and other stand-ins differ, the reference wins. */
export async function startSecretsManager(options: SecretsManagerOptions): Promise<SecretsManager> {
  const { clock, keyUsable } = options;
  /** By ARN. */
  const secrets = new Map<string, Secret>();
  /** Tokens of tests that are under way. */
  const tests = new Set<string>();
  const rotationTokens: { secretArn: string; versionId: string; rotationToken: string }[] = [];

  const write = (next: Secret): Secret => {
    secrets.set(next.arn, next);
    return next;
  };
  const find = (secretId: string): Secret => findSecret(secrets.values(), secretId);

  const requireKey = (secret: Secret | { kmsKeyId?: string | undefined }, failure: string) => {
    if (secret.kmsKeyId === undefined || keyUsable(secret.kmsKeyId)) return;
    const verb = failure === 'EncryptionFailure' ? 'encrypt' : 'decrypt';
    throw new AwsFailure(
      failure,
      `Secrets Manager can't ${verb} the protected secret text using the provided KMS key.`,
    );
  };

  const startRotation = async (request: RotationRequest) => {
    if (request.testOnly) tests.add(request.token);
    await secretsManager.onRotate(request);
    if (!tests.delete(request.token)) return;
    write(withoutTestVersion(find(request.secretArn), request.token));
  };

  const rotate = (secret: Secret, input: InferOutput<typeof shapes.RotateSecret>): Secret => {
    const askedWith = input.ClientRequestToken;
    const ask = (token: string, testOnly: boolean) => {
      const lambdaArn = secrets.get(secret.arn)?.rotation?.lambdaArn ?? '';
      setImmediate(
        () => void startRotation({ secretArn: secret.arn, token, askedWith, lambdaArn, testOnly }),
      );
    };
    try {
      const rotating = write(rotateSecret(secret, input, clock.nowMs(), secretsManager.canInvoke));
      ask(askedWith, !input.RotateImmediately);
      return rotating;
    } catch (error) {
      // A test that is under way is not a rotation: its version is about to be removed.
      if (error instanceof PreviousRotationOpen && !tests.has(error.token)) ask(error.token, false);
      throw error;
    }
  };

  const operations = {
    CreateSecret: shapes.withToken('InvalidRequestException', shapes.CreateSecret, (input) => {
      checkName(input.Name);
      requireKey({ kmsKeyId: input.KmsKeyId }, 'EncryptionFailure');
      const existing = [...secrets.values()].find((secret) => secret.name === input.Name);
      const secret = write(
        existing ? createdAgain(existing, input) : createSecret(input, options, clock.nowMs()),
      );
      const version = versionById(secret, input.ClientRequestToken);
      return { ARN: secret.arn, Name: secret.name, ...(version && { VersionId: version.id }) };
    }),
    PutSecretValue: shapes.withToken('InvalidRequestException', shapes.PutSecretValue, (input) => {
      const before = find(input.SecretId);
      requireKey(before, 'EncryptionFailure');
      const secret = write(putSecretValue(before, input, clock.nowMs()));
      const versionId = input.ClientRequestToken;
      if (input.RotationToken !== undefined) {
        rotationTokens.push({ secretArn: secret.arn, versionId, rotationToken: input.RotationToken });
      }
      const stages = stagesOf(versionById(secret, versionId));
      return { ARN: secret.arn, Name: secret.name, VersionId: versionId, ...stages };
    }),
    GetSecretValue: operation(shapes.GetSecretValue, shapes.wrong, (input) => {
      const secret = find(input.SecretId);
      const answer = getSecretValue(secret, input);
      requireKey(secret, 'DecryptionFailure');
      return answer;
    }),
    DescribeSecret: operation(shapes.DescribeSecret, shapes.wrong, (input) =>
      describeSecret(find(input.SecretId)),
    ),
    ListSecrets: operation(shapes.ListSecrets, shapes.wrong, (input) =>
      listSecrets([...secrets.values()], input),
    ),
    ListSecretVersionIds: operation(shapes.ListSecretVersionIds, shapes.wrong, (input) =>
      listSecretVersionIds(find(input.SecretId), input),
    ),
    UpdateSecretVersionStage: operation(shapes.UpdateSecretVersionStage, shapes.wrong, (input) => {
      const secret = write(updateSecretVersionStage(find(input.SecretId), input, clock.nowMs()));
      return { ARN: secret.arn, Name: secret.name };
    }),
    RotateSecret: shapes.withToken('InvalidParameterException', shapes.RotateSecret, (input) => {
      const secret = rotate(find(input.SecretId), input);
      return { ARN: secret.arn, Name: secret.name, VersionId: input.ClientRequestToken };
    }),
    CancelRotateSecret: operation(shapes.CancelRotateSecret, shapes.wrong, (input) => {
      const before = find(input.SecretId);
      const secret = write(cancelRotateSecret(before, clock.nowMs()));
      const open = openRotation(before);
      return { ARN: secret.arn, Name: secret.name, ...(open && { VersionId: open }) };
    }),
  };

  const secretsManager: SecretsManager = {
    ...(await serveJson('secretsmanager', operations, options.onDone)),
    onRotate: () => {},
    canInvoke: () => true,
    rotationTokens,
    versions: (secretId) => find(secretId).versions,
    valueAt(stage, secretId) {
      const version = this.versions(secretId).find(({ stages }) => stages.includes(stage));
      return version?.value && 'string' in version.value ? version.value.string : undefined;
    },
    rotationEnabled: (secretId) => find(secretId).rotation?.enabled ?? false,
    rotated(secretId) {
      write({ ...find(secretId), rotatedAtMs: clock.nowMs() });
    },
  };
  return secretsManager;
}
