import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { awsCall } from '../aws-call.ts';
import type { Clock } from '../clock.ts';
import { rememberDates } from '../ledger/dynamodb.ts';
import { passesSoon } from './aws-away.ts';
import { LogInWaitsError } from './errors.ts';
import { decodeItem, type SessionItem } from './session-item.ts';

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

const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1_000;
export const CHANGE_MS = 10_000;

/**
 * Applies a pure change to the fleet's session as one conditional write. If another writer came first, the change is
 * computed again on that writer's item. The next read finds a write whose answer was lost: every change here recognizes
 * its own (`lease.owner`, `openedBy`) or does no harm twice.
 * @param forMs how long it is tried
 * @param spreadMs the longest pause before the write, after which the item is read again: of a fleet that begins at once
 *   a few processes write, and the others find it done
 * @throws the store's last error, or LogInWaitsError, when the change did not succeed in that time; at once when the
 *   cause does not pass
 */
export async function changeItem<T>(
  { store, clock, random }: { store: SessionStore; clock: Clock; random: () => number },
  place: Place,
  apply: (state: SessionItem, now: number) => T,
  { forMs = CHANGE_MS, spreadMs = 0 }: { forMs?: number; spreadMs?: number } = {},
): Promise<T> {
  const deadlineMs = clock.nowMs() + forMs;
  let isSpread = spreadMs === 0;
  for (let tries = 0; ; tries += 1) {
    let cause: unknown;
    try {
      const { item, now } = await store.read(place);
      const state = decodeItem(place, item ?? {});
      const before = JSON.stringify(state);
      const result = apply(state, now);
      if (JSON.stringify(state) === before) return result;
      if (!isSpread) {
        isSpread = true;
        await clock.sleep(spreadMs * random());
        continue;
      }
      const expected = state.revision;
      state.revision += 1;
      if ((await store.write(place, state, expected)) === 'written') return result;
    } catch (failure) {
      if (!passesSoon(failure)) throw failure;
      cause = failure;
    }
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** tries, MAX_PAUSE_MS) * (0.5 + random() / 2);
    if (clock.nowMs() + pauseMs >= deadlineMs) {
      throw (
        cause ??
        new LogInWaitsError(
          `The session of ${place.credential} was written by others all the time; try again.`,
        )
      );
    }
    await clock.sleep(pauseMs);
  }
}
