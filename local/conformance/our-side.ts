import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { clientAt } from '../aws/client.ts';
import { startClock } from '../aws/clock.ts';
import { startAws } from '../aws/start.ts';
import { startGateway } from '../gateway/gateway.ts';
import type { Side } from './check.ts';

/** Our stand-ins, as the function meets them: behind the gateway. */
export async function startOurSide(): Promise<{ side: Side; close(): Promise<void> }> {
  const clock = startClock();
  const gateway = startGateway({ clock });
  const aws = await startAws(gateway, clock);
  const at = (name: string) => clientAt(aws.env[`AWS_ENDPOINT_URL_${name}`]);
  const deniedFunctionArn = `arn:aws:lambda:${aws.region}:${aws.accountId}:function:denied`;
  aws.secretsManager.canInvoke = (lambdaArn) => lambdaArn !== deniedFunctionArn;
  const side: Side = {
    secretsManager: new SecretsManagerClient(at('SECRETS_MANAGER')),
    kms: new KMSClient(at('KMS')),
    sns: new SNSClient(at('SNS')),
    topicArn: aws.sns.topicArn,
    functionArn: `arn:aws:lambda:${aws.region}:${aws.accountId}:function:rotation`,
    deniedFunctionArn,
    endpoint: at('SECRETS_MANAGER').endpoint,
    freshKey: async () => {
      aws.kms.enable();
      return aws.kms.keyArn;
    },
    disableKey: async () => aws.kms.disable(),
  };
  return {
    side,
    async close() {
      await gateway.close();
      await aws.close();
    },
  };
}
