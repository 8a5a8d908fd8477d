import { writeSync } from 'node:fs';
import type { FunctionError, Report, Work } from './protocol.ts';

/** What Lambda's runtime does inside the function's process, for one invocation or for many. */

/** The report has a pipe of its own, so that stdout is the function's alone. */
const REPORT_FD = 3;

/** The parent reads all the time, and the pipe blocks: nothing is left behind when the process ends. */
export function report(message: Report): void {
  writeSync(REPORT_FD, `${JSON.stringify(message)}\n`);
}

/** Calls the handler once and reports how it ended. */
export async function serve(work: Work): Promise<void> {
  try {
    const { handler } = await import(work.handlerUrl);
    report({ kind: 'started' });
    report({ kind: 'returned', value: (await handler(work.event, contextFor(work))) ?? null });
  } catch (thrown) {
    report({ kind: 'threw', error: functionError(thrown) });
  }
}

/** An exception that nobody catches ends the process, as in Lambda. */
export function endOnUncaught(): void {
  process.on('uncaughtException', (thrown) => {
    report({ kind: 'threw', error: functionError(thrown) });
    process.exit(129);
  });
}

function functionError(thrown: unknown): FunctionError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown) };
  return {
    errorType: thrown.name,
    errorMessage: thrown.message,
    stackTrace: (thrown.stack ?? '').split('\n'),
  };
}

function contextFor({ functionName, functionArn, logGroupName, requestId, timeoutMs }: Work) {
  const deadlineMs = performance.now() + timeoutMs;
  return {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: '512',
    awsRequestId: requestId,
    logGroupName,
    logStreamName: '[$LATEST]local',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadlineMs - performance.now())),
  };
}
