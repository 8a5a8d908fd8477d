import {
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import {
  type AuditOutcome,
  type AuditRecord,
  dayShards,
  deviceSubject,
  type Item,
  type ItemKey,
  keyOf,
  keyOfItem,
  userSubject,
} from '../lambda/access/audit.ts';
import { SESSION_SERVICE } from '../lambda/access/by-name.ts';
import { matches } from '../lambda/access/patterns.ts';
import { awsCall } from '../lambda/aws-call.ts';

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

/** `user`: an application user, or the ARN of a caller or of its role. `operation`: a pattern. */
export type Wanted = {
  device?: string | undefined;
  user?: string | undefined;
  operation?: string | undefined;
  sinceMs: number;
  untilMs: number;
};

export type Found = {
  records: StoredRecord[];
  /** Where a device is asked for: changes of whole accounts and groups, of which it may have been a part. */
  wide: StoredRecord[];
  /**
   * Where a device is asked for: sessions that callers were given. The requests that were sent with them are not
   * recorded.
   */
  sessions: StoredRecord[];
};

const DAY_MS = 24 * 60 * 60_000;
const AT_ONCE = 25;

/** @throws AwsCallError */
export async function findRecords(reader: AccessReader, wanted: Wanted): Promise<Found> {
  const { device, user, operation } = wanted;
  const subjects = [
    ...(device === undefined ? [] : [deviceSubject(device)]),
    ...(user === undefined ? [] : [userSubject(user)]),
  ];
  const everything = subjects.length === 0 || device !== undefined ? await ofDays(reader, wanted) : [];
  const fits = (record: StoredRecord) => operation === undefined || matches(operation, record.operation);
  if (subjects.length === 0) return { records: everything.filter(fits), wide: [], sessions: [] };
  const pointers = await Promise.all(subjects.map((subject) => itemsOf(reader, subject, wanted)));
  const [first = [], ...others] = pointers.map((items) => items.map(({ item }) => item));
  const inAll = first.filter((item) => others.every((items) => items.includes(item)));
  const named = new Set(inAll);
  const wide = everything.filter(
    (record) => isWide(record) && fits(record) && isOf(record, user) && !named.has(keyOf(record).item),
  );
  const sessions = everything.filter((record) => record.outcome === 'handed-out' && isOf(record, user));
  return { records: (await recordsAt(reader, inAll)).filter(fits), wide, sessions };
}

/**
 * Reports whether a change may have reached a device that it does not name. Devices named besides an account or a
 * group prove nothing: ThingSpace may ignore them.
 */
const isWide = ({ devices, groups, service, operation, outcome }: StoredRecord): boolean =>
  service !== SESSION_SERVICE &&
  (groups.length > 0 || devices.length === 0) &&
  !operation.startsWith('Get') &&
  outcome !== 'denied' &&
  outcome !== 'not-sent';

const isOf = ({ user, caller, principal }: StoredRecord, wanted: string | undefined): boolean =>
  wanted === undefined ||
  [user, caller, principal].some((one) => one?.toLowerCase() === wanted.toLowerCase());

const itemsOf = (reader: AccessReader, subject: string, { sinceMs, untilMs }: Wanted) =>
  // A request's id stands behind the time in the sort key: `~` sorts after every one of them.
  reader.between(subject, new Date(sinceMs).toISOString(), `${new Date(untilMs).toISOString()}~`);

async function ofDays(reader: AccessReader, wanted: Wanted): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (let day = dayIn(wanted.sinceMs); day <= dayIn(wanted.untilMs); day += 1) {
    const shards = await Promise.all(dayShards(day * DAY_MS).map((shard) => itemsOf(reader, shard, wanted)));
    const ofDay = shards.flat() as (Item & StoredRecord)[];
    records.push(...ofDay.sort((one, other) => (one.item < other.item ? -1 : 1)));
  }
  return records;
}

const dayIn = (ms: number): number => Math.floor(ms / DAY_MS);

/** A pointer without a record belongs to a request that was never sent. */
async function recordsAt(reader: AccessReader, items: string[]): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const found = await Promise.all(items.slice(at, at + AT_ONCE).map((item) => reader.get(keyOfItem(item))));
    records.push(...(found.filter((record) => record !== undefined) as unknown as StoredRecord[]));
  }
  return records;
}

export function dynamoDbAccessReader(client: DynamoDBClient, table: string): AccessReader {
  return {
    async between(subject, from, to) {
      const found: Item[] = [];
      let start: QueryCommandOutput['LastEvaluatedKey'];
      do {
        const page: QueryCommandOutput = await awsCall('dynamodb:Query', () =>
          client.send(
            new QueryCommand({
              TableName: table,
              ConsistentRead: true,
              KeyConditionExpression: '#subject = :subject AND #item BETWEEN :from AND :to',
              ExpressionAttributeNames: { '#subject': 'subject', '#item': 'item' },
              ExpressionAttributeValues: marshall({ ':subject': subject, ':from': from, ':to': to }),
              ...(start ? { ExclusiveStartKey: start } : {}),
            }),
          ),
        );
        found.push(...(page.Items ?? []).map((item) => unmarshall(item) as Item));
        start = page.LastEvaluatedKey;
      } while (start);
      return found;
    },
    async get(key) {
      const { Item: item } = await awsCall('dynamodb:GetItem', () =>
        client.send(new GetItemCommand({ TableName: table, Key: marshall(key), ConsistentRead: true })),
      );
      return item && (unmarshall(item) as Item);
    },
  };
}
