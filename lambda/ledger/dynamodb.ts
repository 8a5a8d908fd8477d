import {
  type AttributeValue,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { AwsCallError, awsCall } from '../aws-call.ts';
import type { ItemStore } from './items.ts';

const STATE = 'state';
const ORPHAN = 'orphan#';
/** The item under a secret's ARN that names the username of its last rotation. */
const SECRET = 'secret';
/** DynamoDB takes so many items in one BatchWriteItem (its API reference). */
const BATCH_SIZE = 25;
const AUDIT_KEPT_SECONDS = 400 * 24 * 60 * 60;
/** A log-in waits for this answer, and does without it when it is late. */
const DESCRIBE_MS = 1_000;
const MARSHALL = { removeUndefinedValues: true };

/**
 * The ledger's table: partition key `credential`, sort key `item`, TTL attribute `expiresAt` (seconds).
 * Time is taken from the `Date` header of DynamoDB's own answers, so that no two hosts disagree about it.
 * Every method throws `AwsCallError`.
 */
export function dynamoDbItems(client: DynamoDBClient, tableName: string): ItemStore {
  const answeredAt = rememberDates(client);
  const put = (item: Record<string, unknown>) =>
    awsCall('dynamodb:PutItem', () =>
      client.send(new PutItemCommand({ TableName: tableName, Item: marshall(item, MARSHALL) })),
    );
  return {
    async read(credential) {
      const output = await awsCall('dynamodb:GetItem', () =>
        client.send(
          new GetItemCommand({
            TableName: tableName,
            Key: marshall({ credential, item: STATE }),
            ConsistentRead: true,
          }),
        ),
      );
      return {
        item: output.Item && unmarshall(output.Item),
        now: answeredAt(output),
      };
    },

    async write(state, expected) {
      const neverWritten = 'attribute_not_exists(#revision)';
      const asRead = '#revision = :expected';
      try {
        const output = await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: marshall({ ...state, item: STATE }, MARSHALL),
            ConditionExpression: expected === 0 ? neverWritten : asRead,
            ExpressionAttributeNames: { '#revision': 'revision' },
            ...(expected === 0 ? {} : { ExpressionAttributeValues: marshall({ ':expected': expected }) }),
          }),
        );
        return { outcome: 'written', now: answeredAt(output) };
      } catch (failure) {
        if (failure instanceof ConditionalCheckFailedException) return { outcome: 'conflict' };
        return awsCall('dynamodb:PutItem', () => Promise.reject(failure));
      }
    },

    async audit(credential, rows) {
      // By key: an attempt that was settled twice within a second is one item, and DynamoDB takes no key twice.
      const byKey = new Map(
        rows.map((row) => [`audit#${new Date(row.at).toISOString()}#${row.attempt}`, row] as const),
      );
      const requests = [...byKey].map(([item, row]) => {
        const expiresAt = Math.floor(row.at / 1000) + AUDIT_KEPT_SECONDS;
        return { PutRequest: { Item: marshall({ credential, ...row, item, expiresAt }, MARSHALL) } };
      });
      for (let at = 0; at < requests.length; at += BATCH_SIZE) {
        const output = await awsCall('dynamodb:BatchWriteItem', () =>
          client.send(
            new BatchWriteItemCommand({ RequestItems: { [tableName]: requests.slice(at, at + BATCH_SIZE) } }),
          ),
        );
        if (Object.keys(output.UnprocessedItems ?? {}).length > 0) throw notAllWritten();
      }
    },

    async setAside(credential, attempt, envelope) {
      await put({ credential, item: `${ORPHAN}${attempt}`, envelope });
    },

    async readSetAside(credential) {
      const envelopes: Record<string, string> = {};
      let from: Record<string, AttributeValue> | undefined;
      do {
        const page: QueryCommandOutput = await awsCall('dynamodb:Query', () =>
          client.send(
            new QueryCommand({
              TableName: tableName,
              ConsistentRead: true,
              KeyConditionExpression: 'credential = :credential AND begins_with(#item, :orphan)',
              ExpressionAttributeNames: { '#item': 'item' },
              ExpressionAttributeValues: marshall({ ':credential': credential, ':orphan': ORPHAN }),
              ...(from ? { ExclusiveStartKey: from } : {}),
            }),
          ),
        );
        for (const found of (page.Items ?? []).map((item) => unmarshall(item))) {
          envelopes[String(found.item).slice(ORPHAN.length)] = String(found.envelope);
        }
        from = page.LastEvaluatedKey;
      } while (from);
      return envelopes;
    },

    async readUsernameOf(secretArn) {
      const output = await awsCall('dynamodb:GetItem', () =>
        client.send(
          new GetItemCommand({
            TableName: tableName,
            Key: marshall({ credential: secretArn, item: SECRET }),
            ConsistentRead: true,
          }),
        ),
      );
      return output.Item && String(unmarshall(output.Item).username);
    },

    async writeUsernameOf(secretArn, username) {
      await put({ credential: secretArn, item: SECRET, username });
    },

    async tableCreatedAt() {
      const { Table } = await awsCall('dynamodb:DescribeTable', () =>
        client.send(new DescribeTableCommand({ TableName: tableName }), { requestTimeout: DESCRIBE_MS }),
      );
      return Table?.CreationDateTime?.getTime();
    },
  };
}

const notAllWritten = () =>
  new AwsCallError('dynamodb:BatchWriteItem', {
    name: 'ThrottlingException',
    message: 'some rows were not written',
  });

/** Keeps the `Date` header of each answer beside the SDK's output, which does not show headers. */
export function rememberDates(client: DynamoDBClient): (output: object) => number {
  const dates = new WeakMap<object, number>();
  client.middlewareStack.add(
    (next) => async (args) => {
      const answered = await next(args);
      const { headers } = answered.response as { headers?: Record<string, string> };
      const date = Date.parse(headers?.date ?? '');
      if (!Number.isNaN(date)) dates.set(answered.output as object, date);
      return answered;
    },
    { step: 'deserialize', priority: 'high' },
  );
  return (output) => {
    const date = dates.get(output);
    if (date === undefined) throw new Error('DynamoDB answered without a Date header');
    return date;
  };
}
