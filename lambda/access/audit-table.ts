import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { AwsCallError, awsCall } from '../aws-call.ts';
import type { AuditTable, Item } from './audit.ts';

/** DynamoDB takes so many items in one BatchWriteItem (its API reference). */
const BATCH_SIZE = 25;
/** How often items that DynamoDB has put off are sent again. */
const BATCH_TRIES = 3;
const MARSHALL = { removeUndefinedValues: true };

/** Partition key `subject`, sort key `item`, TTL attribute `expiresAt` (seconds). Throws AwsCallError. */
export function dynamoDbAudit(client: DynamoDBClient, tableName: string): AuditTable {
  async function putBatch(items: readonly Item[]): Promise<void> {
    let requests: WriteRequest[] = items.map((item) => ({ PutRequest: { Item: marshall(item, MARSHALL) } }));
    for (let tries = 0; requests.length > 0; tries += 1) {
      if (tries === BATCH_TRIES) throw putOff();
      const { UnprocessedItems } = await awsCall('dynamodb:BatchWriteItem', () =>
        client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } })),
      );
      requests = UnprocessedItems?.[tableName] ?? [];
    }
  }

  return {
    async count(key, limit, expiresAt) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: marshall(key),
            UpdateExpression: 'ADD #requests :one SET #expiresAt = :expiresAt',
            ConditionExpression: 'attribute_not_exists(#requests) OR #requests < :limit',
            ExpressionAttributeNames: { '#requests': 'requests', '#expiresAt': 'expiresAt' },
            ExpressionAttributeValues: marshall({ ':one': 1, ':limit': limit, ':expiresAt': expiresAt }),
          }),
        );
        return true;
      } catch (failure) {
        if (failure instanceof ConditionalCheckFailedException) return false;
        return awsCall('dynamodb:UpdateItem', () => Promise.reject(failure));
      }
    },

    async putAll(items) {
      const batches: Item[][] = [];
      for (let at = 0; at < items.length; at += BATCH_SIZE) batches.push(items.slice(at, at + BATCH_SIZE));
      await Promise.all(batches.map(putBatch));
    },

    async create(item) {
      const isNew = 'attribute_not_exists(#item)';
      const isOurs = '#attempt = :attempt';
      await awsCall('dynamodb:PutItem', () =>
        client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: marshall(item, MARSHALL),
            ConditionExpression: `${isNew} OR ${isOurs}`,
            ExpressionAttributeNames: { '#item': 'item', '#attempt': 'attempt' },
            ExpressionAttributeValues: marshall({ ':attempt': item.attempt }),
          }),
        ),
      );
    },

    async complete(key, attempt, outcome) {
      const isOurs = '#attempt = :attempt';
      const isOpen = '(attribute_not_exists(#outcome) OR #outcome = :outcome)';
      const names = Object.keys(outcome);
      await awsCall('dynamodb:UpdateItem', () =>
        client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: marshall(key),
            UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
            ConditionExpression: `${isOurs} AND ${isOpen}`,
            ExpressionAttributeNames: {
              '#attempt': 'attempt',
              ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
            },
            ExpressionAttributeValues: marshall({
              ':attempt': attempt,
              ...Object.fromEntries(Object.entries(outcome).map(([name, value]) => [`:${name}`, value])),
            }),
          }),
        ),
      );
    },
  };
}

const putOff = () =>
  new AwsCallError('dynamodb:BatchWriteItem', {
    name: 'ThrottlingException',
    message: 'some items were not written',
  });
