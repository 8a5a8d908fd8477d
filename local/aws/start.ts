import type { Gateway } from '../gateway/gateway.ts';
import { awsJsonOperation, awsQueryOperation } from '../gateway/operation.ts';
import { jsonDetail, publishDetail } from './call-detail.ts';
import type { WorldClock } from './clock.ts';
import { type CloudWatchLogs, startCloudWatchLogs } from './cloudwatch-logs.ts';
import { type DynamoDb, startDynamoDb } from './dynamodb.ts';
import { type Kms, startKms } from './kms.ts';
import { type SecretsManager, startSecretsManager } from './secrets-manager.ts';
import { type Sns, startSns } from './sns.ts';

/** AWS on this machine, behind the gateway. */
export interface LocalAws {
  /** For the function, the operator's tool or any SDK: endpoints, region, invented access keys. */
  readonly env: Record<string, string>;
  readonly region: string;
  readonly accountId: string;
  readonly secretsManager: SecretsManager;
  readonly kms: Kms;
  readonly sns: Sns;
  readonly logs: CloudWatchLogs;
  readonly dynamodb: DynamoDb;
  /** Stops the stand-ins; the gateway is closed by whoever started it. */
  close(): Promise<void>;
}

/** Starts every stand-in on a free loopback port and a front of the gateway before each. */
export async function startAws({
  gateway,
  clock,
}: {
  gateway: Gateway;
  clock: WorldClock;
}): Promise<LocalAws> {
  const region = 'us-east-1';
  const accountId = '111122223333';
  const place = { clock, region, accountId };
  const { kms, listening: kmsAt } = await startKms(place);
  const { secretsManager, listening: secretsAt } = await startSecretsManager({
    ...place,
    keyUsable: kms.usable,
  });
  const { sns, listening: snsAt } = await startSns(place);
  const { logs, listening: logsAt } = await startCloudWatchLogs(place);
  const { dynamodb, listening: dynamodbAt } = await startDynamoDb(place);

  const jsonFront = (service: string, url: string) =>
    gateway.front(service, url, awsJsonOperation, { detailOf: jsonDetail });
  const env = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'AKIALOCALLOCALLOCAL0',
    AWS_SECRET_ACCESS_KEY: 'invented-for-this-machine-only',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await jsonFront('secretsmanager', secretsAt.url),
    AWS_ENDPOINT_URL_KMS: await jsonFront('kms', kmsAt.url),
    AWS_ENDPOINT_URL_SNS: await gateway.front('sns', snsAt.url, awsQueryOperation, {
      detailOf: publishDetail,
    }),
    AWS_ENDPOINT_URL_DYNAMODB: await gateway.front('dynamodb', dynamodbAt.url, awsJsonOperation, {
      detailOf: jsonDetail,
      clock,
    }),
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: await jsonFront('logs', logsAt.url),
  };
  const stopped = [kmsAt, secretsAt, snsAt, logsAt, dynamodbAt];
  return {
    env,
    region,
    accountId,
    secretsManager,
    kms,
    sns,
    logs,
    dynamodb,
    close: async () => {
      await Promise.all(stopped.map((listening) => listening.close()));
    },
  };
}
