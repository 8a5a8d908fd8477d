import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { type Alarms, createAlarms } from '../lambda/alarms/publish.ts';
import { systemClock } from '../lambda/clock.ts';
import { dynamoDbItems } from '../lambda/ledger/dynamodb.ts';
import { createLedger } from '../lambda/ledger/ledger.ts';
import type { Metrics } from '../lambda/metrics.ts';
import { kmsSealer } from '../lambda/sealing/data-key.ts';
import { secretsManagerStore } from '../lambda/secret/secrets-manager.ts';
import { createSoapApi } from '../lambda/thingspace/soap.ts';
import type { Desk, Terminal } from './desk.ts';
import type { Settings } from './settings.ts';

const AWS_CLIENT = { maxAttempts: 3, requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000 } };

/** Metrics come from the function alone: they are lines of its log. */
const noMetrics: Metrics = { count: () => undefined, gauge: () => undefined };

/** The one place that makes AWS clients. Nothing is called until a command asks. */
export function wire(settings: Settings, terminal: Terminal): Desk {
  const client = { ...AWS_CLIENT, ...(settings.region === undefined ? {} : { region: settings.region }) };
  return {
    terminal,
    store: secretsManagerStore(new SecretsManagerClient(client)),
    ledger: createLedger({
      items: dynamoDbItems(new DynamoDBClient(client), settings.table),
      alarms: alarmsOf(settings, terminal, client),
      metrics: noMetrics,
      clock: systemClock,
      budgets: settings.budgets,
      warn: (message) => terminal.warn(message),
    }),
    api: createSoapApi({ baseUrl: settings.baseUrl, passwordElement: settings.passwordElement }),
    sealerFor: (keyId) => kmsSealer(new KMSClient(client), keyId),
    clock: systemClock,
    budgets: settings.budgets,
  };
}

function alarmsOf({ alarmTopicArn, runbookUrl }: Settings, terminal: Terminal, client: object): Alarms {
  if (alarmTopicArn === undefined) {
    return {
      publish: async ({ event }) => {
        terminal.warn(
          `The alarm "${event}" is not published, because ALARM_TOPIC_ARN is not set; it waits in the ledger for the ` +
            'next invocation of the function.',
        );
        return 'failed';
      },
    };
  }
  return createAlarms({
    sns: new SNSClient({ ...client, maxAttempts: 1 }),
    topicArn: alarmTopicArn,
    ...(runbookUrl === undefined ? {} : { runbookUrl }),
    onFailure: (_event, error) => terminal.warn(`${error.message} It waits in the ledger.`),
  });
}
