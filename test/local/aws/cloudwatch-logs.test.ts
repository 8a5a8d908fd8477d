import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './world.ts';

const logGroupName = '/aws/lambda/rotation';

let world: World;
let client: CloudWatchLogsClient;

beforeAll(async () => {
  world = await startWorld();
  client = new CloudWatchLogsClient();
  world.aws.logs.append(logGroupName, 'START of "attempt-1" here', 1000);
  world.aws.logs.append(logGroupName, '{"attempt":"attempt-2","envelope":"…"}', 2000);
  for (let n = 3; n <= 250; n += 1) world.aws.logs.append(logGroupName, `line ${n}`, n * 1000);
  world.aws.logs.append(logGroupName, 'END of attempt-1', 251_000);
});
afterAll(() => world.close());

const filter = async (input: Partial<FilterLogEventsCommandInput>) => {
  const messages: (string | undefined)[] = [];
  for await (const page of paginateFilterLogEvents({ client }, { logGroupName, ...input })) {
    messages.push(...(page.events ?? []).map(({ message }) => message));
  }
  return messages;
};

test('a quoted term finds every line that contains it, over pages of which one is empty', async () => {
  expect(await filter({ filterPattern: '"attempt-1"' })).toEqual([
    'START of "attempt-1" here',
    'END of attempt-1',
  ]);
  const pages: number[] = [];
  const paginator = paginateFilterLogEvents({ client }, { logGroupName, filterPattern: '"attempt-1"' });
  for await (const page of paginator) pages.push(page.events?.length ?? 0);
  expect(pages).toEqual([1, 0, 1]);
});

test('several terms must all occur, and a quote inside a term is escaped', async () => {
  expect(await filter({ filterPattern: 'END "attempt-1"' })).toEqual(['END of attempt-1']);
  expect(await filter({ filterPattern: '"\\"attempt-1\\""' })).toEqual(['START of "attempt-1" here']);
});

test('both ends of a span of time belong to it', async () => {
  expect(await filter({ startTime: 3000, endTime: 4000 })).toEqual(['line 3', 'line 4']);
});

test('Finds a line only after the delay of the search', async () => {
  const late = { logGroupName: '/aws/lambda/late' };
  world.aws.logs.searchDelayMs = 25 * 60_000;
  world.aws.logs.append(late.logGroupName, 'late', world.clock.nowMs());
  expect(await filter(late)).toEqual([]);
  world.clock.advance(25 * 60_000);
  expect(await filter(late)).toEqual(['late']);
  world.aws.logs.searchDelayMs = 0;
});

test('a limit cuts the page and leaves a token for the rest', async () => {
  const page = await client.send(new FilterLogEventsCommand({ logGroupName, limit: 2 }));
  expect(page.events?.map(({ timestamp }) => timestamp)).toEqual([1000, 2000]);
  const rest = await client.send(
    new FilterLogEventsCommand({ logGroupName, limit: 1, nextToken: page.nextToken }),
  );
  expect(rest.events?.map(({ message }) => message)).toEqual(['line 3']);
});

test('an unknown group is not found, and a pattern of another kind is refused', async () => {
  await expect(filter({ logGroupName: '/of/nobody' })).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await expect(filter({ filterPattern: '{ $.attempt = 1 }' })).rejects.toMatchObject({
    name: 'InvalidParameterException',
  });
});
