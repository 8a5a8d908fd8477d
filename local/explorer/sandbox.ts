import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EXITED, type InvocationResult, TIMED_OUT } from '../conductor/invoke.ts';
import type { Report, Work } from '../conductor/protocol.ts';

export type SandboxOptions = {
  /** Path of the bundled module. */
  handlerFile: string;
  /** The function's whole environment. */
  env: Readonly<Record<string, string>>;
  /** Of one invocation, from the moment the bundle is loaded; then SIGKILL. */
  timeoutMs: number;
  /** Every line the function writes. */
  onLine(line: string): void;
};

/**
 * The function as Lambda keeps it: a process that serves one invocation after the other while it lives,
 * and a new one after a death. A start costs a second of a busy machine; thousands of histories must not
 * pay it for every step.
 */
export interface Sandbox {
  readonly busy: boolean;
  invoke(event: unknown): Promise<InvocationResult>;
  /** SIGKILL; resolves when the process is gone and what it wrote is read. */
  kill(): Promise<void>;
}

type Child = { process: ChildProcess; gone: Promise<string>; send(work: Work): void };
type Running = {
  requestId: string;
  told?: InvocationResult;
  /** Streams that have not said END yet. */
  open: Set<'stdout' | 'stderr'>;
  timer?: NodeJS.Timeout;
  timedOut: boolean;
  resolve(result: InvocationResult): void;
};

const RUNNER = fileURLToPath(new URL('./sandbox-runner.ts', import.meta.url));
/** Node.js keeps compiled code there, by its hash; it halves the start. */
const COMPILE_CACHE = join(tmpdir(), 'thingspace-explorer-compile-cache');

export function createSandbox({ handlerFile, env, timeoutMs, onLine }: SandboxOptions): Sandbox {
  let child: Child | undefined;
  let running: Running | undefined;

  function finish(result: InvocationResult): void {
    const ended = running;
    running = undefined;
    clearTimeout(ended?.timer);
    ended?.resolve(result);
  }

  function finishIfComplete(): void {
    if (running?.told && running.open.size === 0) finish(running.told);
  }

  function onReport(line: string): void {
    if (!running) return;
    const report = JSON.parse(line) as Report;
    if (report.kind === 'started') {
      const invocation = running;
      invocation.timer = setTimeout(() => {
        invocation.timedOut = true;
        child?.process.kill('SIGKILL');
      }, timeoutMs);
      return;
    }
    running.told =
      report.kind === 'returned' ? { ok: true, value: report.value } : { ok: false, error: report.error };
    finishIfComplete();
  }

  function onOutput(stream: 'stdout' | 'stderr', line: string): void {
    if (running && line === `END RequestId: ${running.requestId}`) {
      running.open.delete(stream);
      finishIfComplete();
    } else onLine(line);
  }

  function start(): Child {
    const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', RUNNER], {
      env: { PATH: process.env.PATH ?? '', TZ: ':UTC', NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    const [stdin, stdout, stderr, reports] = started.stdio as unknown as [
      Writable,
      Readable,
      Readable,
      Readable,
    ];
    onEachLine(reports, onReport);
    onEachLine(stdout, (line) => onOutput('stdout', line));
    onEachLine(stderr, (line) => onOutput('stderr', line));
    // A process that was killed no longer reads its work.
    stdin.on('error', () => {});
    const gone = new Promise<string>((resolve, reject) => {
      started.on('error', reject);
      started.on('close', (code, signal) => resolve(signal ? `signal: ${signal}` : `exit status ${code}`));
    }).then((end) => {
      child = undefined;
      if (running) finish(running.told ?? died(running, end, timeoutMs));
      return end;
    });
    return { process: started, gone, send: (work) => stdin.write(`${JSON.stringify(work)}\n`) };
  }

  return {
    get busy() {
      return running !== undefined;
    },
    invoke(event) {
      if (running) throw new Error('The sandbox is busy: one invocation at a time.');
      const requestId = randomUUID();
      const { promise, resolve } = Promise.withResolvers<InvocationResult>();
      running = { requestId, open: new Set(['stdout', 'stderr']), timedOut: false, resolve };
      child ??= start();
      child.send(workOf({ handlerFile, env, timeoutMs }, event, requestId));
      return promise;
    },
    async kill() {
      const dying = child;
      dying?.process.kill('SIGKILL');
      await dying?.gone;
    },
  };
}

function died({ requestId, timedOut }: Running, end: string, timeoutMs: number): InvocationResult {
  const [errorType, what] = timedOut
    ? [TIMED_OUT, `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`]
    : [EXITED, `Runtime exited with error: ${end}`];
  return { ok: false, error: { errorType, errorMessage: `RequestId: ${requestId} Error: ${what}` } };
}

function workOf(
  { handlerFile, env, timeoutMs }: Omit<SandboxOptions, 'onLine'>,
  event: unknown,
  requestId: string,
): Work {
  const functionName = env.AWS_LAMBDA_FUNCTION_NAME ?? 'local';
  return {
    handlerUrl: pathToFileURL(handlerFile).href,
    event,
    requestId,
    functionName,
    functionArn: `arn:aws:lambda:${env.AWS_REGION}:111122223333:function:${functionName}`,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME ?? '',
    timeoutMs,
  };
}

function onEachLine(stream: Readable, listener: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', listener);
}
