import { type DynamoDBClient, GetItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { AuditOutcome, AuditRecord, Item, ItemKey } from '../lambda/access/audit.ts';
import { awsCall } from '../lambda/aws-call.ts';
import { pagesOf } from './pages.ts';
import { DAY_MS, iso } from './times.ts';

/** A record as it is stored. A record without an outcome is unknown. */
export type StoredRecord = AuditRecord &
  Partial<{ outcome: AuditOutcome['outcome']; code: string; sends: number; generation: number }> & {
    endedAt?: number;
  };

/** Reads the audit table of the access function. Both methods throw AwsCallError. */
export interface AccessReader {
  /** The items of a subject whose sort key lies between the two, ends included, oldest first. */
  between(subject: string, from: string, to: string): Promise<Item[]>;
  get(key: ItemKey): Promise<Item | undefined>;
}

export type Period = { sinceMs: number; untilMs: number };

/** Returns the items of a subject whose sort keys begin with the time. */
export const itemsBetween = (reader: AccessReader, subject: string, period: Period, who = '') => {
  // A request's id stands behind the time in the sort key: `~` sorts after every one of them.
  const [from, to] = [period.sinceMs, period.untilMs].map((ms) => who + iso(ms));
  return reader.between(subject, from as string, `${to}~`);
};

export const dayIn = (ms: number): number => Math.floor(ms / DAY_MS);

export function dynamoDbAccessReader(client: DynamoDBClient, table: string): AccessReader {
  return {
    async between(subject, from, to) {
      const query = {
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: '#subject = :subject AND #item BETWEEN :from AND :to',
        ExpressionAttributeNames: { '#subject': 'subject', '#item': 'item' },
        ExpressionAttributeValues: marshall({ ':subject': subject, ':from': from, ':to': to }),
      };
      const pages = await pagesOf('dynamodb:Query', paginateQuery({ client }, query));
      return pages.flatMap(({ Items = [] }) => Items.map((item) => unmarshall(item) as Item));
    },
    async get(key) {
      const { Item: item } = await awsCall('dynamodb:GetItem', () =>
        client.send(new GetItemCommand({ TableName: table, Key: marshall(key), ConsistentRead: true })),
      );
      return item && (unmarshall(item) as Item);
    },
  };
}
