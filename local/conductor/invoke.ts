import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FunctionError, Report, Work } from './protocol.ts';

/** Lambda's own names for the two ends that the function does not report itself. */
export const TIMED_OUT = 'Sandbox.Timedout';
export const EXITED = 'Runtime.ExitError';

export type InvocationResult = { ok: true; value: unknown } | { ok: false; error: FunctionError };

export type InvocationOptions = {
  /** Path of the bundled module. */
  handlerFile: string;
  event: unknown;
  /** The whole environment of the function; only PATH and HOME are added. */
  env: Readonly<Record<string, string>>;
  /** Counted from the moment the bundle is loaded, as Lambda counts. */
  timeoutMs: number;
  /** Every line the function writes, as it is written. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
};

export interface Invocation {
  readonly requestId: string;
  /** Settles when the process is gone and its output read. Never rejects for what the function does. */
  readonly result: Promise<InvocationResult>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

const RUNNER = fileURLToPath(new URL('./runner.ts', import.meta.url));
/** Lambda gives ten seconds to load; two shared cores are slower than that in bad moments. */
const LOADING_LIMIT_MS = 60_000;

/** Starts one invocation of the bundled handler in a process of its own. */
export function startInvocation(options: InvocationOptions): Invocation {
  const { env, timeoutMs, onLine } = options;
  const requestId = randomUUID();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', RUNNER], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TZ: ':UTC', ...env },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const [stdin, stdout, stderr, reports] = child.stdio;

  let told: Report | undefined;
  let timedOut = false;
  const limit = (ms: number) =>
    setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, ms);
  let timer = limit(LOADING_LIMIT_MS);

  onEachLine(reports as Readable, (line) => {
    const report = JSON.parse(line) as Report;
    if (report.kind !== 'started') {
      told ??= report;
      return;
    }
    clearTimeout(timer);
    timer = limit(timeoutMs);
  });
  onEachLine(stdout, (line) => onLine?.(line, 'stdout'));
  onEachLine(stderr, (line) => onLine?.(line, 'stderr'));

  const gone = new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ? `signal: ${signal}` : `exit status ${code}`));
  });
  const result = gone
    .finally(() => clearTimeout(timer))
    .then((end): InvocationResult => {
      if (told?.kind === 'returned') return { ok: true, value: told.value };
      if (told?.kind === 'threw') return { ok: false, error: told.error };
      return { ok: false, error: timedOut ? timeOutError(requestId, timeoutMs) : exitError(requestId, end) };
    });

  // A process that was killed while it loads no longer reads its work.
  stdin.on('error', () => {});
  stdin.end(JSON.stringify(workOf(options, requestId)));

  return {
    requestId,
    result,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function workOf({ handlerFile, event, env, timeoutMs }: InvocationOptions, requestId: string): Work {
  const functionName = env.AWS_LAMBDA_FUNCTION_NAME ?? 'local';
  return {
    handlerUrl: pathToFileURL(handlerFile).href,
    event,
    requestId,
    functionName,
    functionArn: `arn:aws:lambda:${env.AWS_REGION ?? 'us-east-1'}:111122223333:function:${functionName}`,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME ?? `/aws/lambda/${functionName}`,
    timeoutMs,
  };
}

function timeOutError(requestId: string, timeoutMs: number): FunctionError {
  return {
    errorType: TIMED_OUT,
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
  };
}

function exitError(requestId: string, end: string): FunctionError {
  return {
    errorType: EXITED,
    errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${end}`,
  };
}

function onEachLine(stream: Readable, listener: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', listener);
}
