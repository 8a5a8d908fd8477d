import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTableCommand, DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  GetSMSSandboxAccountStatusCommand,
  PublishCommand,
  paginateListSubscriptionsByTopic,
  SNSClient,
} from '@aws-sdk/client-sns';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TEST_LABEL } from '../lambda/alarms/label.ts';
import { awsCall } from '../lambda/aws-call.ts';
import { errorIn } from './error-line.ts';
import { pagesOf } from './pages.ts';
import type { Surroundings } from './surroundings.ts';

type ClientOptions = ConstructorParameters<typeof SNSClient>[0] & object;

/** @param table the ledger's */
export function awsSurroundings(options: ClientOptions, table: string): Surroundings {
  const dynamodb = new DynamoDBClient(options as object);
  const sns = new SNSClient(options);
  const logs = new CloudWatchLogsClient(options as object);
  let readChanges: Promise<Surroundings['changes']> | undefined;

  async function logLines(logGroupName: string, filterPattern: string, startTime: number) {
    const search = { logGroupName, filterPattern, startTime };
    const pages = await pagesOf('logs:FilterLogEvents', paginateFilterLogEvents({ client: logs }, search));
    return pages.flatMap(({ events = [] }) =>
      events.map(({ message = '', timestamp = 0 }) => ({ at: timestamp, message })),
    );
  }

  async function logGroup(name: string) {
    const { logGroups = [] } = await awsCall('logs:DescribeLogGroups', () =>
      logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name })),
    );
    return logGroups.find(({ logGroupName }) => logGroupName === name);
  }

  return {
    async auditItems(credential) {
      const query = {
        TableName: table,
        KeyConditionExpression: 'credential = :credential AND begins_with(#item, :audit)',
        ExpressionAttributeNames: { '#item': 'item' },
        ExpressionAttributeValues: marshall({ ':credential': credential, ':audit': 'audit#' }),
      };
      const pages = await pagesOf('dynamodb:Query', paginateQuery({ client: dynamodb }, query));
      return pages.flatMap(({ Items = [] }) => Items.map((item) => unmarshall(item)));
    },

    logLines,

    async errorsSince(logGroup, secretArn, sinceMs) {
      const lines = await logLines(logGroup, '"errorName"', sinceMs);
      return lines.flatMap(({ message }) => errorIn(message, secretArn));
    },

    async key(keyId) {
      const { KeyMetadata: key } = await awsCall('kms:DescribeKey', () =>
        new KMSClient(options as object).send(new DescribeKeyCommand({ KeyId: keyId })),
      );
      return {
        state: key?.KeyState ?? 'unknown',
        manager: key?.KeyManager ?? '',
        usage: key?.KeyUsage ?? '',
      };
    },

    async table() {
      const { Table } = await awsCall('dynamodb:DescribeTable', () =>
        dynamodb.send(new DescribeTableCommand({ TableName: table })),
      );
      return {
        status: Table?.TableStatus ?? 'unknown',
        keys: (Table?.KeySchema ?? []).map(({ AttributeName = '' }) => AttributeName),
      };
    },

    async subscriptions(topicArn) {
      const paginator = paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn });
      const pages = await pagesOf('sns:ListSubscriptionsByTopic', paginator);
      return pages.flatMap(({ Subscriptions = [] }) =>
        Subscriptions.map(({ Protocol: protocol = '', SubscriptionArn = '' }) => ({
          protocol,
          confirmed: SubscriptionArn.startsWith('arn:'),
        })),
      );
    },

    async publish(topicArn, subject, text) {
      const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
      const { MessageId = '' } = await awsCall('sns:Publish', () =>
        sns.send(
          new PublishCommand({
            TopicArn: topicArn,
            Subject: subject,
            Message: text,
            MessageAttributes: {
              // Each severity, and the label that every filter by credential has: every receiver gets it.
              severity: { DataType: 'String.Array', StringValue: '["critical","warning","info"]' },
              event: attribute('test-alarm'),
              credential: attribute(TEST_LABEL),
            },
          }),
        ),
      );
      return MessageId;
    },

    // Only `test-alarm` asks: its client is loaded then.
    alarmOf: async (topicArn, metric) => (await import('./aws-alarms.ts')).alarmOf(options, topicArn, metric),
    setAlarmState: async (name, state, reason) =>
      (await import('./aws-alarms.ts')).setAlarmState(options, name, state, reason),

    logGroupExists: async (name) => (await logGroup(name)) !== undefined,
    keyOfLogGroup: async (name) => (await logGroup(name))?.kmsKeyId,

    async keyPolicy(keyId) {
      const { Policy = '{}' } = await awsCall('kms:GetKeyPolicy', () =>
        new KMSClient(options as object).send(new GetKeyPolicyCommand({ KeyId: keyId })),
      );
      return Policy;
    },

    // Of all commands only `doctor` asks: its client is loaded then.
    trails: async () => (await import('./aws-trails.ts')).trails(options),
    async changes(secret, sinceMs) {
      readChanges ??= import('./aws-changes.ts').then(({ changesReader }) => changesReader(options));
      return (await readChanges)(secret, sinceMs);
    },

    async smsSandbox() {
      const { IsInSandbox = true } = await awsCall('sns:GetSMSSandboxAccountStatus', () =>
        sns.send(new GetSMSSandboxAccountStatusCommand({})),
      );
      return IsInSandbox;
    },
  };
}

/** The function's logger writes one JSON object per line. */
