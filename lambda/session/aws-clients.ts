import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { AWS_CLIENT } from '../aws-client.ts';
import { SessionSettingsError } from './errors.ts';

/**
 * A client of AWS's SDK, version 3. Its type is that of any copy of the SDK: an app may have another one than this
 * library.
 */
export type AwsClient = { send(command: never): Promise<unknown>; destroy(): void };

export type AwsClients = {
  secretsManager?: AwsClient | undefined;
  dynamodb?: AwsClient | undefined;
  kms?: AwsClient | undefined;
  sns?: AwsClient | undefined;
};

export type AwsCredentials = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  expiration?: Date | undefined;
};

/** Settings of AWS's SDK. */
export type AwsClientConfig = {
  /** @default from the environment */
  region?: string | undefined;
  /** One address for all four services, of a stand-in for example. @default AWS's own */
  endpoint?: string | undefined;
  /** Credentials, or a function that gives them, such as `fromTemporaryCredentials`. @default from the environment */
  credentials?: AwsCredentials | (() => Promise<AwsCredentials>) | undefined;
  /** Sends the requests, through a proxy for example. @default the SDK's own, with short time-outs */
  requestHandler?: object | undefined;
};

/** The clients of the app's settings; the missing ones are made when they are asked for. */
export type MadeClients = {
  secretsManager(): SecretsManagerClient;
  dynamodb(): DynamoDBClient;
  kms(): KMSClient;
  sns(): SNSClient;
  /** Closes the clients that were made here. The app's own stay open. */
  closeMade(): void;
};

/** Each client's name in the SDK: a client of another service fails only at its first call otherwise. */
const SERVICES = {
  secretsManager: 'Secrets Manager',
  dynamodb: 'DynamoDB',
  kms: 'KMS',
  sns: 'SNS',
} as const;

/** @throws SessionSettingsError for a client of another service */
export function awsClients(given: AwsClients = {}, config: AwsClientConfig = {}): MadeClients {
  for (const name of Object.keys(SERVICES) as (keyof AwsClients)[]) {
    const service = (given[name] as { config?: { serviceId?: unknown } } | undefined)?.config?.serviceId;
    if (service !== undefined && service !== SERVICES[name]) {
      throw new SessionSettingsError(
        `\`clients.${name}\` is a client of ${service}: give one of ${SERVICES[name]}, or leave it out.`,
      );
    }
  }
  const made: AwsClient[] = [];
  // A setting that is undefined would replace a default of the SDK or of ours.
  const set = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  const settings = { ...AWS_CLIENT, ...set };

  function own<T extends AwsClient>(client: T): T {
    made.push(client);
    return client;
  }

  return {
    secretsManager: () =>
      (given.secretsManager as SecretsManagerClient | undefined) ?? own(new SecretsManagerClient(settings)),
    dynamodb: () => (given.dynamodb as DynamoDBClient | undefined) ?? own(new DynamoDBClient(settings)),
    kms: () => (given.kms as KMSClient | undefined) ?? own(new KMSClient(settings)),
    sns: () => (given.sns as SNSClient | undefined) ?? own(new SNSClient({ ...settings, maxAttempts: 1 })),
    closeMade() {
      for (const client of made) client.destroy();
    },
  };
}
