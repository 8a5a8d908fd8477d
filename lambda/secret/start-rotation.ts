import {
  InvalidRequestException,
  RotateSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { awsCall } from '../aws-call.ts';

/** Has Secrets Manager start a rotation. */
export interface RotationStarter {
  /**
   * RotateSecret. `again`: an earlier rotation is not over, and Secrets Manager attempts that one again (docs/aws.md).
   * @throws AwsCallError
   */
  rotate(secretArn: string, token: string): Promise<{ again: boolean }>;
}

export function rotationStarter(client: SecretsManagerClient): RotationStarter {
  return {
    async rotate(secretArn, token) {
      try {
        await client.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: token }));
        return { again: false };
      } catch (failure) {
        const refused =
          failure instanceof InvalidRequestException && /previous rotation/i.test(failure.message);
        if (refused) return { again: true };
        return awsCall('secretsmanager:RotateSecret', () => Promise.reject(failure));
      }
    },
  };
}
