import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Place } from './app.ts';
import type { Order, Said, Setup } from './host.ts';

const HOST = fileURLToPath(new URL('./host.ts', import.meta.url));
const HOSTS = 5;

export type Fleet = Awaited<ReturnType<typeof startFleet>>;
type Host = { child: ChildProcess; setup: Setup };

/** So many apps in a few processes of the operating system; any of those can be killed and starts again empty. */
export async function startFleet(options: {
  kind: Setup['kind'];
  size: number;
  place: Place;
  env: Readonly<Record<string, string>>;
  nowMs: () => number;
}) {
  const { kind, size, place, env, nowMs } = options;
  const waitingSinceMs = new Map<number, number>();
  let longestMs = 0;
  let requests = 0;
  let failed = 0;
  let round = 0;
  const open = new Set<string>();
  let wake = () => {};

  function hear(said: Said): void {
    if ('ready' in said) return;
    requests += 1;
    const since = waitingSinceMs.get(said.id) ?? nowMs();
    longestMs = Math.max(longestMs, nowMs() - since);
    if (said.failed === undefined) waitingSinceMs.delete(said.id);
    else failed += 1;
    open.delete(`${said.round} ${said.id}`);
    wake();
  }

  async function startHost(setup: Setup): Promise<Host> {
    const child = fork(HOST, [], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('message', (said: Said) => hear(said));
    tell(child, { setup });
    await once(child, 'message');
    return { child, setup };
  }

  const tell = (child: ChildProcess, order: Order) => void child.send(order);
  const ids = Array.from({ length: size }, (_, id) => id);
  const hosts = await Promise.all(
    Array.from({ length: Math.min(HOSTS, size) }, (_, host) =>
      startHost({ kind, place, ids: ids.filter((id) => id % Math.min(HOSTS, size) === host) }),
    ),
  );

  function order({ child, setup }: Host, withinMs: number): void {
    for (const id of setup.ids) {
      open.add(`${round} ${id}`);
      if (!waitingSinceMs.has(id)) waitingSinceMs.set(id, nowMs());
    }
    tell(child, { work: { round, worldNowMs: nowMs(), withinMs } });
  }

  return {
    /** Every app makes one request, each at a moment of its own; resolves when all have ended. */
    async work(withinMs: number): Promise<void> {
      round += 1;
      for (const host of hosts) order(host, withinMs);
      while (open.size > 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    /** SIGKILL, then a new process in its place that does the same work. */
    async crash(index: number): Promise<void> {
      const host = hosts[index % hosts.length] as Host;
      host.child.kill('SIGKILL');
      await once(host.child, 'exit');
      const again = await startHost(host.setup);
      hosts[index % hosts.length] = again;
      const lost = host.setup.ids.some((id) => open.has(`${round} ${id}`));
      if (lost) order(again, 100);
    },
    /** As `crash`, for the process that is home to this app. */
    crashHostOf(id: number): Promise<void> {
      return this.crash(hosts.findIndex(({ setup }) => setup.ids.includes(id)));
    },
    /** `longestMs`: from a request's beginning to its app's next success, by the world's clock. */
    figures: () => ({ requests, failed, longestMs }),
    close: async () => {
      await Promise.all(
        hosts.map(async ({ child }) => {
          if (child.exitCode !== null || child.signalCode !== null) return;
          child.kill();
          await once(child, 'exit');
        }),
      );
    },
  };
}
