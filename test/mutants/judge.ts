import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { Play, Verdict } from './player.ts';
import type { Said } from './worker.ts';

/** A run that does not end by then has noticed, if a test of it has begun. */
const MAX_MS = 180_000;

/** Plays mutants in a process of its own, which is replaced when a mutant never ends. */
export type Judge = { judge(asked: Play): Promise<Verdict>; end(): void };

/** @param root the project's directory */
export function createJudge(root: string, maxMs = MAX_MS): Judge {
  let worker: ChildProcess | undefined;
  const end = () => {
    const running = worker?.exitCode === null && worker.signalCode === null;
    if (running && worker?.pid !== undefined) process.kill(-worker.pid, 'SIGKILL');
    worker = undefined;
  };
  return {
    async judge(asked) {
      worker ??= await start(root);
      const verdict = await verdictOf(worker, asked, maxMs);
      if ('kind' in verdict) return verdict;
      end();
      return verdict.begun
        ? { kind: 'noticed', why: `${asked.noticedBy} does not end` }
        : { kind: 'error', why: `no test of ${asked.noticedBy} began before the time or the process ended` };
    },
    end,
  };
}

/** In a process group of its own: a mutant may keep one of vitest's processes busy for ever. */
function start(root: string): Promise<ChildProcess> {
  const { promise, resolve, reject } = Promise.withResolvers<ChildProcess>();
  // Where a test starts this, the variables of its vitest are not for the new one.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
  const env = { ...Object.fromEntries(own), NODE_NO_WARNINGS: '1' };
  const worker = fork(path.join(import.meta.dirname, 'worker.ts'), [root], {
    detached: true,
    env,
    // The lines that a mutated function logs are not for this terminal.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  worker.once('message', () => resolve(worker));
  worker.once('exit', () =>
    reject(
      new Error(
        `The process that plays mutants did not start: \`node test/mutants/worker.ts ${root}\` says why.`,
      ),
    ),
  );
  return promise;
}

/** The verdict, or whether a test had begun when the time was over or the process ended. */
function verdictOf(worker: ChildProcess, asked: Play, maxMs: number): Promise<Verdict | { begun: boolean }> {
  const { promise, resolve } = Promise.withResolvers<Verdict | { begun: boolean }>();
  let begun = false;
  const hear = (message: Said) => {
    if (message.said === 'begins') begun = true;
    if (message.said === 'verdict') resolve(message.verdict);
  };
  const gone = () => resolve({ begun: false });
  const timer = setTimeout(() => resolve({ begun }), maxMs);
  worker.on('message', hear).on('exit', gone);
  worker.send(asked);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off('message', hear).off('exit', gone);
  });
}
