import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { FunctionError, Report, Work } from '../conductor/protocol.ts';

/**
 * The inside of a warm sandbox, as Lambda keeps one: the bundle is loaded once, then one invocation after
 * the other comes on stdin, a line of JSON each. Ends when stdin does.
 */
const REPORT_FD = 3;

function report(message: Report): void {
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

async function serve(work: Work): Promise<void> {
  try {
    const { handler } = await import(work.handlerUrl);
    report({ kind: 'started' });
    report({ kind: 'returned', value: (await handler(work.event, contextFor(work))) ?? null });
  } catch (thrown) {
    report({ kind: 'threw', error: functionError(thrown) });
  }
  // As Lambda writes it; whoever reads both streams knows by it that nothing of this invocation is to come.
  for (const stream of [process.stdout, process.stderr]) stream.write(`END RequestId: ${work.requestId}\n`);
}

process.on('uncaughtException', (thrown) => {
  report({ kind: 'threw', error: functionError(thrown) });
  process.exit(129);
});

for await (const line of createInterface({ input: process.stdin })) await serve(JSON.parse(line) as Work);
process.exit(0);
