import { readFileSync, writeSync } from 'node:fs';
import type { FunctionError, Report, Work } from './protocol.ts';

/**
 * The inside of one invocation, as Lambda's runtime does it: imports the bundle, calls its handler once
 * and ends. Work comes on stdin; the report has a pipe of its own, so that stdout is the function's alone.
 */
const REPORT_FD = 3;

const work = JSON.parse(readFileSync(0, 'utf8')) as Work;

function report(message: Report): void {
  // Parent reads all the time, and the pipe blocks: nothing is left behind when the process ends.
  writeSync(REPORT_FD, `${JSON.stringify(message)}\n`);
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

process.on('uncaughtException', (thrown) => {
  report({ kind: 'threw', error: functionError(thrown) });
  process.exit(129);
});

try {
  const { handler } = await import(work.handlerUrl);
  report({ kind: 'started' });
  report({ kind: 'returned', value: (await handler(work.event, contextFor(work))) ?? null });
} catch (thrown) {
  report({ kind: 'threw', error: functionError(thrown) });
}
// Lambda freezes what a handler left running; here it ends.
process.exit(0);
