import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AwsCallError } from '../../lambda/aws-call.ts';
import { AWS_CLIENT } from '../../lambda/aws-client.ts';
import { cloudWatchLogSearch, LogSearchUnfinishedError } from '../../lambda/sealing/log-search.ts';

type Page = { events: { message: string }[]; nextToken?: string };

let server: Server;
let asked: Record<string, unknown>[];
/** The service's answer; undefined: it never answers. */
let answer: (request: Record<string, unknown>) => Page | undefined;
/** The caller's time, which the pages take. */
let nowMs: number;
const clock = { nowMs: () => nowMs, sleep: async () => undefined };
const WRITTEN = { sinceMs: 5, untilMs: 9 };
const NEVER_MS = Number.POSITIVE_INFINITY;

beforeEach(async () => {
  asked = [];
  nowMs = 0;
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const body = JSON.parse(text);
      asked.push(body);
      const page = answer(body);
      if (page === undefined) return;
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify(page));
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  vi.stubEnv(
    'AWS_ENDPOINT_URL_CLOUDWATCH_LOGS',
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  server.closeAllConnections();
  server.close();
});

describe('the search of the function’s own log', () => {
  test('reads every page, empty ones too', async () => {
    const pages: Page[] = [
      { events: [{ message: 'one' }], nextToken: '1' },
      { events: [], nextToken: '2' },
      { events: [{ message: 'two' }] },
    ];
    answer = ({ nextToken = '0' }) => pages[Number(nextToken)];
    expect(await cloudWatchLogSearch('group', clock)('attempt', WRITTEN, NEVER_MS)).toEqual(['one', 'two']);
    expect(asked[0]).toEqual({ logGroupName: 'group', filterPattern: '"attempt"', startTime: 5, endTime: 9 });
    expect(asked).toHaveLength(3);
  });

  test('accepts a monotonic clock’s time with fractions of a millisecond', async () => {
    answer = () => ({ events: [{ message: 'one' }] });
    nowMs = 0.25;
    expect(await cloudWatchLogSearch('group', clock)('attempt', WRITTEN, 20_000.5)).toEqual(['one']);
  });

  test('ends in an error, not in the lines found so far, when its time is over', async () => {
    answer = () => {
      nowMs += 1_000;
      return { events: [{ message: 'one' }], nextToken: '1' };
    };
    await expect(cloudWatchLogSearch('group', clock)('attempt', WRITTEN, 3_000)).rejects.toThrow(
      LogSearchUnfinishedError,
    );
    expect(asked).toHaveLength(3);
  });

  test('stops waiting for an answer when its time is over', async () => {
    answer = () => undefined;
    await expect(cloudWatchLogSearch('group', clock)('attempt', WRITTEN, 200)).rejects.toThrow(
      LogSearchUnfinishedError,
    );
    // The client's own limits would have asked a second time.
    expect(asked).toHaveLength(1);
  });

  test('accepts a time that is not a whole number of milliseconds', async () => {
    answer = () => ({ events: [{ message: 'one' }] });
    nowMs = 0.25;
    expect(await cloudWatchLogSearch('group', clock)('attempt', WRITTEN, 60_000.75)).toEqual(['one']);
  });

  test('Reports an unfinished search, not an empty log, when the log group is not known', async () => {
    const failure = cloudWatchLogSearch(undefined, clock)('attempt', WRITTEN, NEVER_MS);
    await expect(failure).rejects.toThrow(LogSearchUnfinishedError);
    await expect(failure).rejects.toThrow('AWS_LAMBDA_LOG_GROUP_NAME');
  });

  test('does not begin without time', async () => {
    answer = () => ({ events: [] });
    await expect(cloudWatchLogSearch('group', clock)('attempt', WRITTEN, 0)).rejects.toThrow(
      LogSearchUnfinishedError,
    );
    expect(asked).toEqual([]);
  });

  test('ends by its own limit when the service hangs, long before the caller’s time', async () => {
    vi.spyOn(AWS_CLIENT.requestHandler, 'requestTimeout', 'get').mockReturnValue(250);
    answer = () => undefined;
    const failure = cloudWatchLogSearch('group', clock)('attempt', WRITTEN, NEVER_MS);
    await expect(failure).rejects.toBeInstanceOf(AwsCallError);
    await expect(failure).rejects.toMatchObject({ errorName: 'TimeoutError' });
    expect(asked).toHaveLength(2);
  }, 10_000);
});
