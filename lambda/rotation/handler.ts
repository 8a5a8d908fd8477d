import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { createAlarms } from '../alarms/publish.ts';
import { systemClock } from '../clock.ts';
import { dynamoDbItems } from '../ledger/dynamodb.ts';
import { createLedger } from '../ledger/ledger.ts';
import { createMeasure } from '../metrics.ts';
import { kmsSealer } from '../sealing/data-key.ts';
import { cloudWatchLogSearch } from '../sealing/log-search.ts';
import { stdoutSealedLog } from '../sealing/sealed-log.ts';
import { secretsManagerStore } from '../secret/secrets-manager.ts';
import { createSoapApi } from '../thingspace/soap.ts';
import { causesOf, presentable } from './failure.ts';
import { perform } from './perform.ts';
import type { Rotation } from './rotation.ts';
import { readSettings } from './settings.ts';

type LambdaContext = { getRemainingTimeInMillis(): number };

/** An AWS service that is slow must leave time for a second try, and for the other services. */
const AWS_CLIENT = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1_500, requestTimeout: 3_000, throwOnRequestTimeout: true },
};

const logger = new Logger({ serviceName: 'thingspace-rotation' });
let rotation: Rotation | undefined;

/** The one place that knows the environment and makes the AWS clients; once per process. */
function wire(): Rotation {
  const settings = readSettings(process.env);
  const clock = systemClock;
  const measure = createMeasure();
  const tell = (message: string, facts: Record<string, unknown> = {}) => logger.info(message, facts);
  const alarms = createAlarms({
    sns: new SNSClient({ ...AWS_CLIENT, maxAttempts: 1 }),
    topicArn: settings.alarmTopicArn,
    clock,
    ...(settings.runbookUrl === undefined ? {} : { runbookUrl: settings.runbookUrl }),
    onFailure: (event, error) => {
      measure.count('AlarmPublishFailed', event.credential);
      logger.warn('An alarm could not be published; it stays in the outbox', {
        event: event.event,
        failure: error.message,
      });
    },
  });
  return {
    store: secretsManagerStore(new SecretsManagerClient(AWS_CLIENT)),
    ledger: createLedger({
      items: dynamoDbItems(new DynamoDBClient(AWS_CLIENT), settings.ledgerTable),
      alarms,
      measure,
      clock,
      budgets: settings.budgets,
      warn: (message, facts) => logger.warn(message, facts),
    }),
    api: createSoapApi(settings.thingSpace),
    sealer: kmsSealer(new KMSClient(AWS_CLIENT), settings.sealingKeyId),
    sealedLog: stdoutSealedLog(cloudWatchLogSearch(settings.logGroupName)),
    clock,
    measure,
    tell,
  };
}

/** Secrets Manager's rotation function; also takes `{"Recover": "<secret ARN>"}`. */
export async function handler(event: unknown, context: LambdaContext): Promise<void> {
  try {
    rotation ??= wire();
    await perform(rotation, event, context.getRemainingTimeInMillis());
  } catch (failure) {
    const error = presentable(failure);
    logger.error(error.message, { errorName: error.name, causes: causesOf(error) });
    throw error;
  }
}
