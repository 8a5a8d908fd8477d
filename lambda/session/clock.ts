import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '../clock.ts';

/** The process's clock; a sleep ends early, without an error, when its signal is aborted. */
export interface ClientClock extends Clock {
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const clientClock: ClientClock = {
  nowMs: systemClock.nowMs,
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
};
