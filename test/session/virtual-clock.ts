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

type Timer = { atMs: number; order: number; wake: () => void };

export type VirtualClock = ClientClock & { advance(ms: number): void };

/**
 * Time for many who sleep at once: when nobody has anything left to do, it jumps to whoever wakes next. It
 * stands still while nobody sleeps.
 */
export function virtualClock(startMs = Date.UTC(2026, 0, 5)): VirtualClock {
  let nowMs = startMs;
  let order = 0;
  let running = false;
  const timers = new Map<number, Timer[]>();
  const times: number[] = []; // a heap

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
      const atMs = pop(times);
      if (atMs === undefined) break;
      const due = timers.get(atMs) ?? [];
      timers.delete(atMs);
      if (due.length > 0) nowMs = Math.max(nowMs, atMs);
      for (const { wake } of due) wake();
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
        const timer = { atMs, order: ++order, wake };
        const others = timers.get(atMs);
        if (others) others.push(timer);
        else {
          timers.set(atMs, [timer]);
          push(times, atMs);
        }
        signal?.addEventListener(
          'abort',
          () => {
            timers.set(
              atMs,
              (timers.get(atMs) ?? []).filter((one) => one !== timer),
            );
            wake();
          },
          { once: true },
        );
        if (!running) void run();
      });
    },
  };
}

function push(heap: number[], value: number): void {
  let at = heap.push(value) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if ((heap[parent] as number) <= value) break;
    heap[at] = heap[parent] as number;
    at = parent;
  }
  heap[at] = value;
}

function pop(heap: number[]): number | undefined {
  const [least] = heap;
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return least;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child += 1;
    if ((heap[child] as number) >= last) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = last;
  return least;
}
