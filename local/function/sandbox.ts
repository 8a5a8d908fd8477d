import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { PassingTime, Sleeper } from './passing-time.ts';
import type { FunctionError, Order, Report, Work } from './runtime.ts';
import { SLEEPS_ARE_REPORTED } from './sleeping.ts';

export type InvocationResult = { ok: true; value: unknown } | { ok: false; error: FunctionError };

export type FunctionOptions = {
  /** Path of the bundled module. */
  handlerFile: string;
  /** The whole environment of the function; only PATH, HOME and TZ are added. */
  env: Readonly<Record<string, string>>;
  /** The time of one invocation, from the moment the bundle is loaded, as Lambda counts; then SIGKILL. */
  timeoutMs: number;
  /** Every line the function writes, as it is written. */
  onLine?: (line: string, stream: Stream) => void;
  /** Lets its sleeps pass in a world's clock. @default they take their time */
  time?: PassingTime;
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
/** An invocation that is under way. */
type Running = Sleeper & {
  work: Work;
  told?: InvocationResult;
  /** Streams that have not said END yet. */
  open: Set<Stream>;
  timedOut: boolean;
  /** Begins its time anew. */
  killAfter(ms: number): void;
  end(result: InvocationResult): void;
};

const RUNTIME = fileURLToPath(new URL('./runtime.ts', import.meta.url));
/** Where the runtime without its types is kept: stripping them anew costs more than the rest of its start. */
const NODE_COMPILE_CACHE = join(tmpdir(), 'thingspace-compile-cache');
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

function startSandbox({ env, onLine, time }: FunctionOptions) {
  let running: Running | undefined;
  let dying = false;
  const args = ['--disable-warning=ExperimentalWarning', RUNTIME, ...(time ? [SLEEPS_ARE_REPORTED] : [])];
  const child = spawn(process.execPath, args, {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      TZ: ':UTC',
      ...env,
      NODE_COMPILE_CACHE,
    },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const [stdin, stdout, stderr, reports] = child.stdio as unknown as [Writable, Readable, Readable, Readable];

  const order = (message: Order): void => void stdin.write(`${JSON.stringify(message)}\n`);
  const kill = () => {
    dying = true;
    if (running) time?.awake(running);
    child.kill('SIGKILL');
  };
  const finish = (result: InvocationResult): void => {
    const ended = running;
    running = undefined;
    if (!ended) return;
    time?.end(ended);
    ended.end(result);
  };
  const finishIfComplete = (): void => {
    if (running?.told && running.open.size === 0) finish(running.told);
  };

  onEachLine(reports, (line) => {
    const report = JSON.parse(line) as Report;
    if (!running) return;
    if (report.kind === 'started') return running.killAfter(running.work.timeoutMs);
    // Time does not pass for one that is about to die.
    if (report.kind === 'asleep') return dying ? undefined : time?.asleep(running, report.ms);
    if (report.kind === 'awake') return time?.awake(running);
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
      // Text before the mark is a last line that the function did not end.
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
      running = begin(work, { resolve, kill, order });
      time?.begin(running);
      order({ kind: 'work', work });
      return promise;
    },
    async kill() {
      kill();
      await gone;
    },
  };
}

type Sandbox = {
  resolve(result: InvocationResult): void;
  kill(): void;
  order(message: Order): void;
};

/** The time of an invocation runs from now on; at its end the process is killed. */
function begin(work: Work, { resolve, kill, order }: Sandbox): Running {
  let timer: NodeJS.Timeout | undefined;
  let dueAtMs = 0;
  const timeOut = () => {
    invocation.timedOut = true;
    kill();
  };
  const invocation: Running = {
    work,
    open: new Set(['stdout', 'stderr']),
    timedOut: false,
    leftMs: () => dueAtMs - performance.now(),
    killAfter(ms) {
      clearTimeout(timer);
      dueAtMs = performance.now() + ms;
      timer = setTimeout(timeOut, ms);
    },
    pass(ms) {
      const leftMs = invocation.leftMs() - ms;
      // A process that sleeps longer than it may live does not wake up.
      if (leftMs <= 0) return timeOut();
      invocation.killAfter(leftMs);
      order({ kind: 'passed', ms });
    },
    end(result) {
      clearTimeout(timer);
      resolve(result);
    },
  };
  invocation.killAfter(LOADING_LIMIT_MS);
  return invocation;
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
