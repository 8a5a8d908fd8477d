import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { replaceSleep, SLEEPS_ARE_REPORTED, type SleepReport } from './sleeping.ts';

/** One invocation. */
export type Work = {
  /** URL of the bundled module whose export `handler` is called. */
  handlerUrl: string;
  event: unknown;
  requestId: string;
  timeoutMs: number;
};

/** A line of JSON on stdin: an invocation, or time that has passed at once while this process slept. */
export type Order = { kind: 'work'; work: Work } | { kind: 'passed'; ms: number };

/** An error as Lambda answers with it. */
export type FunctionError = { errorType: string; errorMessage: string; stackTrace?: string[] };

/** A line of JSON on a pipe of its own, so that stdout is the function's. `started`: the bundle is loaded. */
export type Report =
  | { kind: 'started' }
  | { kind: 'returned'; value: unknown }
  | { kind: 'threw'; error: FunctionError }
  | SleepReport;

const REPORT_FD = 3;

/** The parent reads all the time, and the pipe blocks: nothing is left behind when the process ends. */
function report(message: Report): void {
  writeSync(REPORT_FD, `${JSON.stringify(message)}\n`);
}

function functionError(thrown: unknown): FunctionError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown) };
  const { name: errorType, message: errorMessage, stack = '' } = thrown;
  return { errorType, errorMessage, stackTrace: stack.split('\n') };
}

function contextFor({ requestId, timeoutMs }: Work) {
  const {
    AWS_LAMBDA_FUNCTION_NAME = 'local',
    AWS_REGION = 'us-east-1',
    AWS_LAMBDA_LOG_GROUP_NAME,
  } = process.env;
  const deadlineMs = performance.now() + timeoutMs;
  return {
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${AWS_REGION}:111122223333:function:${AWS_LAMBDA_FUNCTION_NAME}`,
    memoryLimitInMB: '512',
    awsRequestId: requestId,
    logGroupName: AWS_LAMBDA_LOG_GROUP_NAME ?? `/aws/lambda/${AWS_LAMBDA_FUNCTION_NAME}`,
    logStreamName: '[$LATEST]local',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadlineMs - performance.now())),
  };
}

async function perform(work: Work): Promise<void> {
  try {
    const { handler } = await import(work.handlerUrl);
    report({ kind: 'started' });
    report({ kind: 'returned', value: (await handler(work.event, contextFor(work))) ?? null });
  } catch (thrown) {
    report({ kind: 'threw', error: functionError(thrown) });
  }
  // As Lambda writes it: nothing of this invocation is to come on either stream.
  for (const stream of [process.stdout, process.stderr]) stream.write(`END RequestId: ${work.requestId}\n`);
}

/**
 * The inside of a sandbox, as Lambda keeps one: the bundle is loaded once, then one invocation after the
 * other comes on stdin. Ends when stdin does.
 */
// The function's environment is what it was given. The cache is written now: a sandbox ends by SIGKILL.
delete process.env.NODE_COMPILE_CACHE;
flushCompileCache();
// An uncaught exception ends the process, as in Lambda.
process.on('uncaughtException', (thrown) => {
  report({ kind: 'threw', error: functionError(thrown) });
  process.exit(129);
});
const sleeps = process.argv.includes(SLEEPS_ARE_REPORTED) ? replaceSleep(report) : undefined;
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line) as Order;
    if (order.kind === 'passed') return sleeps?.pass(order.ms);
    sleeps?.forget();
    void perform(order.work);
  })
  .on('close', () => process.exit(0));
