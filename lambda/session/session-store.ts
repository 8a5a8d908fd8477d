import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { awsCall } from '../aws-call.ts';
import { rememberDates } from '../ledger/dynamodb.ts';
import type { SessionItem } from './session-item.ts';

/** The store of the fleet's session. Both calls may throw when the table cannot be reached. */
export interface SessionStore {
  /** A strongly consistent read, with DynamoDB's time in milliseconds since 1970. */
  read(credential: string): Promise<{ item: Record<string, unknown> | undefined; now: number }>;
  /** Writes on the condition that the stored revision is `expected` (0: there is no item). */
  write(credential: string, state: SessionItem, expected: number): Promise<'written' | 'conflict'>;
}

const ITEM = 'session';

/** The item `session` beside the ledger's `state`, in the same table. Throws AwsCallError. */
export function dynamoDbSessions(client: DynamoDBClient, tableName: string): SessionStore {
  const answeredAt = rememberDates(client);
  return {
    async read(credential) {
      const output = await awsCall('dynamodb:GetItem', () =>
        client.send(
          new GetItemCommand({
            TableName: tableName,
            Key: marshall({ credential, item: ITEM }),
            ConsistentRead: true,
          }),
        ),
      );
      return { item: output.Item && unmarshall(output.Item), now: answeredAt(output) };
    },

    async write(credential, state, expected) {
      const neverWritten = 'attribute_not_exists(#revision)';
      const asRead = '#revision = :expected';
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: marshall({ ...state, credential, item: ITEM }, { removeUndefinedValues: true }),
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
  };
}
