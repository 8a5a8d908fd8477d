const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Resolves with the first signal that asks the process to end. The next one, of any name, ends the process at once.
 * @param emitter the process
 */
export function firstSignal(emitter: Pick<NodeJS.EventEmitter, 'on' | 'off'>): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const take = (signal: NodeJS.Signals) => {
    for (const name of SIGNALS) emitter.off(name, take);
    resolve(signal);
  };
  for (const name of SIGNALS) emitter.on(name, take);
  return promise;
}
