import crypto, { type ScryptOptions } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import type { ClientClock } from '../../lambda/session/waiting.ts';

/** The hashes of passwords that threads of this process compute now: real work, which takes real time. */
const hashing = new Set<Promise<void>>();

const { scrypt } = crypto;
type Done = (failure: Error | null, hash: Buffer) => void;

// The ledger's own import of `scrypt` is this one from then on.
crypto.scrypt = ((
  password: string,
  salt: string,
  bytes: number,
  options: ScryptOptions,
  done: Done,
): void => {
  const underWay = new Promise<void>((resolve) => {
    scrypt(password, salt, bytes, options, (failure, hash) => {
      resolve();
      done(failure, hash);
    });
  });
  hashing.add(underWay);
  void underWay.then(() => hashing.delete(underWay));
}) as typeof crypto.scrypt;
syncBuiltinESMExports();

export type VirtualClock = ClientClock & { advance(ms: number): void };

/**
 * Time for many who sleep at once: when nobody has anything left to do, it jumps to whoever wakes next. It
 * stands still while nobody sleeps.
 */
export function virtualClock(startMs = Date.UTC(2026, 0, 5)): VirtualClock {
  let nowMs = startMs;
  let running = false;
  /** Wakes the sleepers of each time. */
  const sleepers = new Map<number, Set<() => void>>();

  async function run(): Promise<void> {
    running = true;
    for (;;) {
      // Twice: in-memory calls take a turn of the event loop here and there.
      await turn();
      await turn();
      // A clock that ran on while a busy machine computes a hash would end everybody's patience.
      if (hashing.size > 0) {
        await Promise.all(hashing);
        continue;
      }
      if (sleepers.size === 0) break;
      const atMs = Math.min(...sleepers.keys());
      const due = [...(sleepers.get(atMs) ?? [])];
      sleepers.delete(atMs);
      if (due.length > 0) nowMs = Math.max(nowMs, atMs);
      for (const wake of due) wake();
    }
    running = false;
  }

  return {
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.resolve();
      return new Promise((wake) => {
        const atMs = nowMs + Math.max(0, ms);
        const due = sleepers.get(atMs) ?? new Set();
        sleepers.set(atMs, due.add(wake));
        const end = () => {
          due.delete(wake);
          wake();
        };
        signal?.addEventListener('abort', end, { once: true });
        if (!running) void run();
      });
    },
  };
}
