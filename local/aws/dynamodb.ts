import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import dynalite from 'dynalite';
import { type Listening, listen } from '../http.ts';
import { clientAt } from './client.ts';
import type { Place } from './service.ts';

/** The stand-in for DynamoDB: dynalite, whose Date header follows the world's clock. */
export interface DynamoDb extends Listening {
  /** Partition key `credential`, sort key `item`, both strings; on demand. Ready when it resolves. */
  createLedgerTable(name: string): Promise<void>;
  /** The same with keys of other names. */
  createTable(name: string, partitionKey: string, sortKey: string): Promise<void>;
  /** Deletes the table, and makes it again with these items: none, or those of a backup. */
  replaceTable(name: string, restored?: readonly Record<string, unknown>[]): Promise<void>;
  /** Every item of a table, as plain values. */
  items(table: string): Promise<Record<string, unknown>[]>;
}

export async function startDynamoDb({ clock, region }: Place): Promise<DynamoDb> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.keepAliveTimeout = 0;
  /** By the world's clock, in whole seconds; dynalite would give the machine's time. */
  const createdAt = new Map<string, number>();
  // Before dynalite's own listener: Node leaves a Date header alone that is set already.
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('date', new Date(clock.nowMs()).toUTCString());
    if (String(request.headers['x-amz-target']).endsWith('.DescribeTable')) tellCreation(response, createdAt);
  });
  const listening = await listen(server);
  // Straight to dynalite, not through the gateway: setting up and looking are not calls of the function.
  const client = new DynamoDBClient(clientAt(listening.url, region));

  async function createTable(name: string, partitionKey: string, sortKey: string): Promise<void> {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [partitionKey, sortKey].map((AttributeName) => ({
          AttributeName,
          AttributeType: 'S' as const,
        })),
        KeySchema: [
          { AttributeName: partitionKey, KeyType: 'HASH' },
          { AttributeName: sortKey, KeyType: 'RANGE' },
        ],
      }),
    );
    const status = async () => {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
      return Table?.TableStatus;
    };
    while ((await status()) !== 'ACTIVE');
    createdAt.set(name, Math.floor(clock.nowMs() / 1000));
  }

  return {
    url: listening.url,
    close: () => {
      client.destroy();
      return listening.close();
    },
    createTable,
    createLedgerTable: (name) => createTable(name, 'credential', 'item'),
    async replaceTable(name, restored = []) {
      await client.send(new DeleteTableCommand({ TableName: name }));
      await createTable(name, 'credential', 'item');
      for (const item of restored)
        await client.send(new PutItemCommand({ TableName: name, Item: marshall(item) }));
    },
    async items(table) {
      const items: Record<string, unknown>[] = [];
      for await (const page of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
        for (const item of page.Items ?? []) items.push(unmarshall(item));
      }
      return items;
    },
  };
}

/** Has dynalite's description of a table give the table's age in this world. */
function tellCreation(response: ServerResponse, createdAt: ReadonlyMap<string, number>): void {
  const end = response.end.bind(response);
  response.end = ((body?: unknown) => {
    const described = JSON.parse(String(body ?? '{}'));
    const seconds = createdAt.get(described.Table?.TableName);
    if (seconds === undefined) return end(body as string);
    const text = JSON.stringify({ Table: { ...described.Table, CreationDateTime: seconds } });
    response.removeHeader('x-amz-crc32');
    response.setHeader('content-length', Buffer.byteLength(text));
    return end(text);
  }) as typeof response.end;
}
