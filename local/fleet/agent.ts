import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS, workIn } from './handed-out.ts';

/** `thingspace-rotation agent` in a process of its own, and the programs beside it. */
export interface LocalAgent {
  /** Its name in the ledger. */
  actor: string;
  /** Starts a process; resolves when it listens. */
  start(): Promise<void>;
  /** Sends one request. @throws Error for an answer that is an error: a program with default patience gets none */
  ask(path: string, body?: object): Promise<Response>;
  /**
   * A program's request in its session. While the agent is being started anew, the program waits, as
   * examples/python/agent.py does.
   */
  work(): Promise<void>;
  /** SIGKILL. */
  kill(): void;
  close(): Promise<void>;
}

/**
 * @param options `tool`: the directory of the bundled tool; `folder`: for the files of token and address; `env`: the
 *   whole environment except PATH
 */
export function localAgent(options: {
  tool: string;
  folder: string;
  actor: string;
  env: Readonly<Record<string, string>>;
  args?: readonly string[];
}): LocalAgent {
  const { tool, folder, actor, env, args = [] } = options;
  const [tokenFile, addressFile] = ['token', 'address'].map((what) =>
    path.join(folder, `${actor}.${what}`),
  ) as [string, string];
  const read = (file: string) => readFileSync(file, 'utf8').trim();
  let child: ChildProcess | undefined;

  const send = (to: string, body?: object): Promise<Response> =>
    fetch(`${read(addressFile)}${to}`, {
      headers: { 'x-thingspace-agent-token': read(tokenFile) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });

  async function ask(to: string, body?: object): Promise<Response> {
    const answer = await send(to, body);
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer;
  }

  /** Asks again when the agent has died: both requests may be repeated. */
  async function askLiving(to: string, body?: object): Promise<Response> {
    for (const startedAtMs = performance.now(); ; await sleep(500)) {
      try {
        return await ask(to, body);
      } catch (failure) {
        // `fetch` throws a TypeError when there is no whole answer.
        if (!(failure instanceof TypeError) || performance.now() - startedAtMs > PATIENCE_MS) throw failure;
      }
    }
  }

  return {
    actor,
    async start() {
      const files = ['--token-file', tokenFile, '--address-file', addressFile];
      child = spawn(
        process.execPath,
        [path.join(tool, 'thingspace-rotation.mjs'), 'agent', '--actor', actor, ...files, ...args],
        { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'ignore'] },
      );
      const ended = once(child, 'exit').then(() => {
        throw new Error('The agent ended before it listened');
      });
      await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended]);
    },
    ask,
    work: () =>
      workIn({
        session: async () => (await (await askLiving('/session')).json()) as never,
        gone: (report) => askLiving('/session/gone', report),
      }),
    kill: () => void child?.kill('SIGKILL'),
    async close() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
