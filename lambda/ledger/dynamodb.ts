import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { awsCall } from '../aws-call.ts';
import type { ItemStore } from './change.ts';

const STATE = 'state';
const AUDIT_KEPT_SECONDS = 400 * 24 * 60 * 60;
const MARSHALL = { removeUndefinedValues: true };

/**
 * The ledger's table: partition key `credential`, sort key `item`, TTL attribute `expiresAt` (seconds).
 * Time is taken from the `Date` header of DynamoDB's own answers, so that no two hosts disagree about it.
 * Every method throws `AwsCallError`.
 */
export function dynamoDbItems(client: DynamoDBClient, tableName: string): ItemStore {
  const answeredAt = rememberDates(client);
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
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: marshall({ ...state, item: STATE }, MARSHALL),
            ConditionExpression: expected === 0 ? neverWritten : asRead,
            ExpressionAttributeNames: { '#revision': 'revision' },
            ...(expected === 0 ? {} : { ExpressionAttributeValues: marshall({ ':expected': expected }) }),
          }),
        );
        return 'written';
      } catch (failure) {
        if (failure instanceof ConditionalCheckFailedException) return 'conflict';
        return awsCall('dynamodb:PutItem', () => Promise.reject(failure));
      }
    },

    async audit(row) {
      const item = {
        ...row,
        item: `audit#${new Date(row.at).toISOString()}#${row.attempt}`,
        expiresAt: Math.floor(row.at / 1000) + AUDIT_KEPT_SECONDS,
      };
      await awsCall('dynamodb:PutItem', () =>
        client.send(new PutItemCommand({ TableName: tableName, Item: marshall(item, MARSHALL) })),
      );
    },
  };
}

/** Keeps the `Date` header of each answer beside the SDK's output, which does not show headers. */
function rememberDates(client: DynamoDBClient): (output: object) => number {
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
