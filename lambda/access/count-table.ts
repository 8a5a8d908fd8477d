import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { awsCall } from '../aws-call.ts';
import type { Count } from './admission.ts';

/**
 * Counts in the audit table. It is the first remote call of a process: it writes its few values itself, and needs none
 * of the code that records.
 */
export function dynamoDbCount(client: DynamoDBClient, tableName: string): Count {
  // A counter that does not exist takes what one process counts at first, which is never above the limit.
  return async ({ subject, item }, by, limit, expiresAt) => {
    try {
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { subject: { S: subject }, item: { S: item } },
          UpdateExpression: 'ADD #requests :by SET #expiresAt = :expiresAt',
          ConditionExpression: 'attribute_not_exists(#requests) OR #requests <= :room',
          ExpressionAttributeNames: { '#requests': 'requests', '#expiresAt': 'expiresAt' },
          ExpressionAttributeValues: {
            ':by': { N: String(by) },
            ':room': { N: String(limit - by) },
            ':expiresAt': { N: String(expiresAt) },
          },
        }),
      );
      return true;
    } catch (failure) {
      if (failure instanceof ConditionalCheckFailedException) return false;
      return awsCall('dynamodb:UpdateItem', () => Promise.reject(failure));
    }
  };
}
