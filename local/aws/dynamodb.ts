import type { ServerResponse } from 'node:http';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
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
  /** Every item of a table, as plain values. */
  items(table: string): Promise<Record<string, unknown>[]>;
}

export async function startDynamoDb({ clock, region }: Place): Promise<DynamoDb> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.keepAliveTimeout = 0;
  // Before dynalite's own listener: Node leaves a Date header alone that is set already.
  server.prependListener('request', (_request, response: ServerResponse) => {
    response.setHeader('date', new Date(clock.nowMs()).toUTCString());
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
  }

  return {
    url: listening.url,
    close: () => {
      client.destroy();
      return listening.close();
    },
    createTable,
    createLedgerTable: (name) => createTable(name, 'credential', 'item'),
    async items(table) {
      const items: Record<string, unknown>[] = [];
      for await (const page of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
        for (const item of page.Items ?? []) items.push(unmarshall(item));
      }
      return items;
    },
  };
}
