import { setTimeout as sleep } from 'node:timers/promises';
import { type App, appWithSession, type Place } from './app.ts';
import { plainReader } from './plain-reader.ts';

/** The first message to a host: the kind of apps that it runs, and their place. */
export type Setup = { kind: 'library' | 'plain'; place: Place; ids: number[] };
export type Order = { setup: Setup } | { work: { round: number; worldNowMs: number; withinMs: number } };
export type Said = { ready: true } | { id: number; round: number; failed?: string | undefined };

/**
 * A process that is home to some apps of a fleet. They share nothing but the process: the library has no state
 * outside of a session. Fifty processes of Node.js would need more memory than a small machine has.
 */
let apps: { id: number; app: App }[] = [];
const say = (said: Said) => process.send?.(said);

process.on('message', (order: Order) => {
  if ('setup' in order) {
    const { kind, place, ids } = order.setup;
    apps = ids.map((id) => ({
      id,
      app: kind === 'library' ? appWithSession(place, `app ${id}`) : plainReader(place),
    }));
    say({ ready: true });
    return;
  }
  const { round, worldNowMs, withinMs } = order.work;
  for (const { id, app } of apps) {
    void sleep(Math.random() * withinMs)
      .then(() => app.work(worldNowMs))
      .then(
        () => say({ id, round }),
        (failure: Error) => say({ id, round, failed: failure.name }),
      );
  }
});
process.on('disconnect', () => process.exit());
