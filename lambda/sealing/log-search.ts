import { awsCall } from '../aws-call.ts';
import type { SearchLog } from './sealed-log.ts';

/**
 * Searches the function's own log group (CloudWatch Logs `FilterLogEvents`). The client is loaded when it
 * is first needed: nearly no invocation ever needs it, and every cold start would pay for it.
 */
export function cloudWatchLogSearch(logGroupName: string | undefined): SearchLog {
  return async (term, sinceMs) => {
    if (logGroupName === undefined) return [];
    const { CloudWatchLogsClient, FilterLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    const client = new CloudWatchLogsClient({ maxAttempts: 2 });
    const lines: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await awsCall('logs:FilterLogEvents', () =>
        client.send(
          new FilterLogEventsCommand({
            logGroupName,
            filterPattern: `"${term}"`,
            startTime: sinceMs,
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
        ),
      );
      for (const { message } of page.events ?? []) if (message !== undefined) lines.push(message);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return lines;
  };
}
