import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { awsCall } from '../aws-call.ts';

export const AWSCURRENT = 'AWSCURRENT';
export const AWSPENDING = 'AWSPENDING';
export const AWSPREVIOUS = 'AWSPREVIOUS';
/**
 * The label of a version that recovery stores beside a rotation. AWSPENDING belongs to the rotation under way, whose
 * steps are refused without it. A version with a label is never deleted; this one moves with the next such version.
 */
export const RECOVERED = 'THINGSPACE_RECOVERED';

export type SecretDescription = {
  arn: string;
  rotationEnabled: boolean;
  kmsKeyId: string | undefined;
  name?: string | undefined;
  /** The next scheduled rotation comes then at the latest; it may be past. */
  nextRotationAt?: number | undefined;
  /** The length of the rotation's window: `4h`. */
  window?: string | undefined;
  /** Staging labels by version id. */
  stages: ReadonlyMap<string, readonly string[]>;
};

/** `value` is undefined for binary data, which holds no credential. */
export type SecretVersion = { versionId: string; value: string | undefined; createdAt: number };

/** The calls that the rotation makes to Secrets Manager. Every method throws `AwsCallError`. */
export interface SecretStore {
  describe(secretId: string): Promise<SecretDescription>;
  /** One version by its id; undefined while it has no value, or is not visible yet. */
  read(secretId: string, versionId: string): Promise<SecretVersion | undefined>;
  /**
   * Stores a value as the version `token` and puts the labels on it, in one call. The service ignores the same value
   * under the same token; another value is a `ResourceExistsException`.
   */
  put(write: {
    secretId: string;
    token: string;
    rotationToken: string | undefined;
    value: string;
    stages: string[];
  }): Promise<void>;
  /** Puts a label on `to` (if given), taking it from `from` (if given). */
  moveStage(secretId: string, stage: string, move: { to?: string; from?: string }): Promise<void>;
}

export function secretsManagerStore(client: SecretsManagerClient): SecretStore {
  return {
    async describe(secretId) {
      const output = await awsCall('secretsmanager:DescribeSecret', () =>
        client.send(new DescribeSecretCommand({ SecretId: secretId })),
      );
      return {
        arn: output.ARN ?? secretId,
        rotationEnabled: output.RotationEnabled ?? false,
        kmsKeyId: output.KmsKeyId,
        name: output.Name,
        nextRotationAt: output.NextRotationDate?.getTime(),
        window: output.RotationRules?.Duration,
        stages: new Map(Object.entries(output.VersionIdsToStages ?? {})),
      };
    },

    async read(secretId, versionId) {
      const command = new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId });
      const output = await client.send(command).catch((failure) => {
        if (failure instanceof ResourceNotFoundException) return undefined;
        return awsCall('secretsmanager:GetSecretValue', () => Promise.reject(failure));
      });
      if (!output) return undefined;
      return { versionId, value: output.SecretString, createdAt: output.CreatedDate?.getTime() ?? 0 };
    },

    async put({ secretId, token, rotationToken, value, stages }) {
      await awsCall('secretsmanager:PutSecretValue', () =>
        client.send(
          new PutSecretValueCommand({
            SecretId: secretId,
            ClientRequestToken: token,
            SecretString: value,
            VersionStages: stages,
            ...(rotationToken === undefined ? {} : { RotationToken: rotationToken }),
          }),
        ),
      );
    },

    async moveStage(secretId, stage, { to, from }) {
      await awsCall('secretsmanager:UpdateSecretVersionStage', () =>
        client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: secretId,
            VersionStage: stage,
            ...(to === undefined ? {} : { MoveToVersionId: to }),
            ...(from === undefined ? {} : { RemoveFromVersionId: from }),
          }),
        ),
      );
    },
  };
}
