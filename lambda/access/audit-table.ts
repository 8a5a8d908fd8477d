import { type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { awsCall } from '../aws-call.ts';
import type { AuditTable } from './audit.ts';

const MARSHALL = { removeUndefinedValues: true };

/**
 * Puts and updates alone: BatchWriteItem also deletes, and the right to it would let the function delete records.
 * Partition key `subject`, sort key `item`, TTL attribute `expiresAt` (seconds). Throws AwsCallError.
 */
export function dynamoDbAudit(client: DynamoDBClient, tableName: string): AuditTable {
  return {
    async put(item) {
      await awsCall('dynamodb:PutItem', () =>
        client.send(new PutItemCommand({ TableName: tableName, Item: marshall(item, MARSHALL) })),
      );
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
      const isOpen = '(attribute_not_exists(#outcome) OR #outcome IN (:outcome, :sent))';
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
              ':sent': 'sent',
              ...Object.fromEntries(Object.entries(outcome).map(([name, value]) => [`:${name}`, value])),
            }),
          }),
        ),
      );
    },
  };
}
