import type { Gateway } from '../gateway/gateway.ts';
import { awsJson, awsQuery } from '../gateway/protocols.ts';
import { OPERATOR_KEY } from './access-keys.ts';
import type { WorldClock } from './clock.ts';
import { type CloudTrail, startCloudTrail } from './cloudtrail.ts';
import { type CloudWatchApi, startCloudWatch } from './cloudwatch.ts';
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
  /** The tool asks it, and the daily check before a rotation: no front of the gateway stands before it. */
  readonly cloudtrail: CloudTrail;
  /** The tool alone asks it. */
  readonly cloudwatch: CloudWatchApi;
  /** Stops the stand-ins; the gateway is closed by whoever started it. */
  close(): Promise<void>;
}

/** Starts every stand-in on a free loopback port and a front of the gateway before each. */
export async function startAws(gateway: Gateway, clock: WorldClock): Promise<LocalAws> {
  const region = 'us-east-1';
  const accountId = '111122223333';
  const place = { clock, region, accountId };
  const kms = await startKms(place);
  const cloudtrail = await startCloudTrail(place);
  const secretsManager = await startSecretsManager({
    ...place,
    keyUsable: kms.usable,
    onDone: cloudtrail.note,
  });
  const sns = await startSns(place);
  const cloudwatch = await startCloudWatch(place, sns);
  const logs = await startCloudWatchLogs(place);
  const dynamodb = await startDynamoDb(place);

  const env = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: OPERATOR_KEY,
    AWS_SECRET_ACCESS_KEY: 'invented-for-this-machine-only',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await gateway.front('secretsmanager', secretsManager.url, awsJson),
    AWS_ENDPOINT_URL_KMS: await gateway.front('kms', kms.url, awsJson),
    AWS_ENDPOINT_URL_SNS: await gateway.front('sns', sns.url, awsQuery),
    AWS_ENDPOINT_URL_DYNAMODB: await gateway.front('dynamodb', dynamodb.url, awsJson, clock),
    AWS_ENDPOINT_URL_CLOUDTRAIL: cloudtrail.url,
    AWS_ENDPOINT_URL_CLOUDWATCH: cloudwatch.url,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: await gateway.front('logs', logs.url, awsJson),
  };
  const services = { secretsManager, kms, sns, logs, dynamodb, cloudtrail, cloudwatch };
  return {
    env,
    region,
    accountId,
    ...services,
    close: async () => {
      await Promise.all(Object.values(services).map((service) => service.close()));
    },
  };
}
