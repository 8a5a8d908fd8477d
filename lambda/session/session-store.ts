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

/** The ledger's key of a username, and the name of the item beside the ledger's. */
export type Place = { credential: string; item: string };

/** The store of the fleet's session. Both calls may throw when the table cannot be reached. */
export interface SessionStore {
  /** A strongly consistent read, with DynamoDB's time in milliseconds since 1970. */
  read(place: Place): Promise<{ item: Record<string, unknown> | undefined; now: number }>;
  /** Writes on the condition that the stored revision is `expected` (0: there is no item). */
  write(place: Place, state: SessionItem, expected: number): Promise<'written' | 'conflict'>;
}

/** The sessions are beside the ledger's `state`, in the same table. Throws AwsCallError. */
export function dynamoDbSessions(client: DynamoDBClient, tableName: string): SessionStore {
  const answeredAt = rememberDates(client);
  return {
    async read({ credential, item }) {
      const output = await awsCall('dynamodb:GetItem', () =>
        client.send(
          new GetItemCommand({
            TableName: tableName,
            Key: marshall({ credential, item }),
            ConsistentRead: true,
          }),
        ),
      );
      return { item: output.Item && unmarshall(output.Item), now: answeredAt(output) };
    },

    async write({ credential, item }, state, expected) {
      const neverWritten = 'attribute_not_exists(#revision)';
      const asRead = '#revision = :expected';
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: marshall({ ...state, credential, item }, { removeUndefinedValues: true }),
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
