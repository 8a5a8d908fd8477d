import { awsCall } from '../aws-call.ts';
import { AWS_CLIENT } from '../aws-client.ts';
import type { Clock } from '../clock.ts';
import { PresentableError } from '../errors.ts';
import type { SearchLog } from './sealed-log.ts';

/**
 * The log was not searched to its end, or holds a part of the answer alone: that proves nothing. `missing` are the parts,
 * counted from 1, that it does not hold.
 */
export class LogSearchUnfinishedError extends PresentableError {
  override readonly name = 'LogSearchUnfinishedError';
  readonly missing: readonly number[];
  constructor(
    message: string,
    { missing = [], ...options }: ErrorOptions & { missing?: readonly number[] } = {},
  ) {
    super(message, options);
    this.missing = missing;
  }
}

const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Searches the function's own log group (CloudWatch Logs `FilterLogEvents`), page by page until its end. The client is
 * loaded when it is first needed: very few invocations need it, and every cold start would pay for it.
 * @param clock the clock of the callers' `deadlineMs`
 */
export function cloudWatchLogSearch(logGroupName: string | undefined, clock: Clock): SearchLog {
  return async (term, { sinceMs, untilMs }, deadlineMs) => {
    if (logGroupName === undefined) throw unnamed();
    const leftMs = deadlineMs - clock.nowMs();
    if (!(leftMs > 0)) throw unfinished(logGroupName);
    const abortSignal = AbortSignal.timeout(Math.min(Math.ceil(leftMs), MAX_TIMER_MS));
    const { CloudWatchLogsClient, FilterLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    const client = new CloudWatchLogsClient(AWS_CLIENT);
    const lines: string[] = [];
    let nextToken: string | undefined;
    try {
      do {
        if (clock.nowMs() >= deadlineMs) throw unfinished(logGroupName);
        const page = await awsCall('logs:FilterLogEvents', () =>
          client.send(
            new FilterLogEventsCommand({
              logGroupName,
              filterPattern: `"${term}"`,
              startTime: sinceMs,
              endTime: untilMs,
              ...(nextToken === undefined ? {} : { nextToken }),
            }),
            { abortSignal },
          ),
        );
        for (const { message } of page.events ?? []) if (message !== undefined) lines.push(message);
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    } catch (cause) {
      throw abortSignal.aborted ? unfinished(logGroupName, cause) : cause;
    } finally {
      client.destroy();
    }
    return lines;
  };
}

function unnamed(): LogSearchUnfinishedError {
  return new LogSearchUnfinishedError(
    'The function does not know its log group, so it could not search it: AWS_LAMBDA_LOG_GROUP_NAME, which Lambda sets, is ' +
      'missing in its environment. A sealed answer in the log stays there.',
  );
}

function unfinished(logGroupName: string, cause?: unknown): LogSearchUnfinishedError {
  return new LogSearchUnfinishedError(
    `The time for searching the log group ${logGroupName} was over before its end. What is sealed in it stays there; ` +
      'a retry searches again.',
    cause === undefined ? {} : { cause },
  );
}
