import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FunctionError, Report, Work } from './runtime.ts';

export type InvocationResult = { ok: true; value: unknown } | { ok: false; error: FunctionError };

export type FunctionOptions = {
  /** Path of the bundled module. */
  handlerFile: string;
  /** The whole environment of the function; only PATH, HOME and TZ are added. */
  env: Readonly<Record<string, string>>;
  /** Of one invocation, from the moment the bundle is loaded, as Lambda counts; then SIGKILL. */
  timeoutMs: number;
  /** Every line the function writes, as it is written. */
  onLine?: (line: string, stream: Stream) => void;
};

/**
 * The function as Lambda keeps it: a sandbox is a process that serves one invocation after the other while
 * it lives; there is a new one after a death, and beside one that is busy.
 */
export interface LocalFunction {
  /** Whether an invocation is under way. */
  readonly busy: boolean;
  /** Settles when the handler has ended and its output is read. Never rejects for what the function does. */
  invoke(event: unknown, timeoutMs?: number): Promise<InvocationResult>;
  /** SIGKILL to every sandbox; resolves when they are gone and what they wrote is read. */
  kill(): Promise<void>;
}

type Stream = 'stdout' | 'stderr';
type Running = {
  work: Work;
  told?: InvocationResult;
  /** Streams that have not said END yet. */
  open: Set<Stream>;
  timer?: NodeJS.Timeout;
  timedOut: boolean;
  resolve(result: InvocationResult): void;
};

const RUNTIME = fileURLToPath(new URL('./runtime.ts', import.meta.url));
/** Lambda gives ten seconds to load; two shared cores are slower than that in bad moments. */
const LOADING_LIMIT_MS = 60_000;

export function createFunction(options: FunctionOptions): LocalFunction {
  const handlerUrl = pathToFileURL(options.handlerFile).href;
  const sandboxes = new Set<ReturnType<typeof startSandbox>>();
  return {
    get busy() {
      return [...sandboxes].some((sandbox) => sandbox.running());
    },
    invoke(event, timeoutMs = options.timeoutMs) {
      let sandbox = [...sandboxes].find((one) => one.idle());
      if (!sandbox) {
        const started = startSandbox(options);
        sandboxes.add(started);
        void started.gone.then(() => sandboxes.delete(started));
        sandbox = started;
      }
      return sandbox.run({ handlerUrl, event, requestId: randomUUID(), timeoutMs });
    },
    async kill() {
      await Promise.all([...sandboxes].map((sandbox) => sandbox.kill()));
    },
  };
}

function startSandbox({ env, onLine }: FunctionOptions) {
  let running: Running | undefined;
  let dying = false;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', RUNTIME], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TZ: ':UTC', ...env },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const [stdin, stdout, stderr, reports] = child.stdio as unknown as [Writable, Readable, Readable, Readable];

  const end = () => {
    dying = true;
    child.kill('SIGKILL');
  };
  const killAfter = (invocation: Running, ms: number): void => {
    clearTimeout(invocation.timer);
    invocation.timer = setTimeout(() => {
      invocation.timedOut = true;
      end();
    }, ms);
  };
  const finish = (result: InvocationResult): void => {
    const ended = running;
    running = undefined;
    clearTimeout(ended?.timer);
    ended?.resolve(result);
  };
  const finishIfComplete = (): void => {
    if (running?.told && running.open.size === 0) finish(running.told);
  };

  onEachLine(reports, (line) => {
    const report = JSON.parse(line) as Report;
    if (!running) return;
    if (report.kind === 'started') return killAfter(running, running.work.timeoutMs);
    running.told ??=
      report.kind === 'returned' ? { ok: true, value: report.value } : { ok: false, error: report.error };
    finishIfComplete();
  });
  for (const [name, stream] of [
    ['stdout', stdout],
    ['stderr', stderr],
  ] as const) {
    onEachLine(stream, (line) => {
      const mark = `END RequestId: ${running?.work.requestId}`;
      // What stands before the mark is a last line that the function did not end.
      const written = line.endsWith(mark) ? line.slice(0, -mark.length) : line;
      if (written !== '' || written === line) onLine?.(written, name);
      if (written === line) return;
      running?.open.delete(name);
      finishIfComplete();
    });
  }
  // A process that was killed no longer reads its work.
  stdin.on('error', () => {});
  const gone = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (running)
        finish(running.told ?? death(running, signal ? `signal: ${signal}` : `exit status ${code}`));
      resolve();
    });
  });

  return {
    gone,
    running: () => running !== undefined,
    idle: () => !running && !dying && child.exitCode === null,
    run(work: Work): Promise<InvocationResult> {
      const { promise, resolve } = Promise.withResolvers<InvocationResult>();
      running = { work, open: new Set(['stdout', 'stderr']), timedOut: false, resolve };
      killAfter(running, LOADING_LIMIT_MS);
      stdin.write(`${JSON.stringify(work)}\n`);
      return promise;
    },
    async kill() {
      end();
      await gone;
    },
  };
}

/** Lambda's own names for the two ends that the function does not report itself. */
function death({ work, timedOut }: Running, end: string): InvocationResult {
  const [errorType, what] = timedOut
    ? ['Sandbox.Timedout', `Task timed out after ${(work.timeoutMs / 1000).toFixed(2)} seconds`]
    : ['Runtime.ExitError', `Runtime exited with error: ${end}`];
  return { ok: false, error: { errorType, errorMessage: `RequestId: ${work.requestId} Error: ${what}` } };
}

function onEachLine(stream: Readable, listener: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', listener);
}
