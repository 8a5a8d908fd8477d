import { setMaxListeners } from 'node:events';

/**
 * Calls `wait` with a signal that ends with the first of these, and takes its listeners off afterwards.
 * `AbortSignal.any` would keep one entry a call at a signal that lives as long as the process (Node.js 20).
 * @throws what `wait` throws; the reason of a signal that has ended before
 */
export async function untilAny<T>(
  signals: readonly (AbortSignal | undefined)[],
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const given = signals.filter((signal) => signal !== undefined);
  for (const signal of given) signal.throwIfAborted();
  const first = new AbortController();
  const end = () => first.abort(given.find(({ aborted }) => aborted)?.reason);
  // Many callers may wait with one signal: Node.js 20 warns of the eleventh, and later versions of none.
  setMaxListeners(0, ...given);
  for (const signal of given) signal.addEventListener('abort', end);
  try {
    return await wait(first.signal);
  } finally {
    for (const signal of given) signal.removeEventListener('abort', end);
  }
}
