import { logIn } from './log-in.ts';
import { pause } from './patience.ts';
import { LOG_IN_MS } from './session-item.ts';
import { keyOf, type Source, type SourceParts, tellStopped } from './source.ts';
import { errorOf, passes } from './stop.ts';

/** Provides a session for this process alone: it logs in whenever it needs one. */
export function ownSource({ logIn: parts, clock, random, onEvent }: SourceParts): Source {
  let generation = 0;
  return {
    async obtain(_gone, patience) {
      for (let tries = 0; ; tries += 1) {
        const startedAtMs = clock.nowMs();
        const result = await logIn(parts, startedAtMs + LOG_IN_MS);
        if ('token' in result) {
          generation += 1;
          const { versionId } = result.credential;
          onEvent({ kind: 'logged-in', generation, versionId, tookMs: clock.nowMs() - startedAtMs });
          return { token: result.token, generation, idleMs: 0, key: keyOf(result.credential) };
        }
        tellStopped(onEvent, result.stop);
        if (!passes(result.stop)) throw errorOf(result.stop);
        await pause(clock, patience, result.stop, tries, random);
      }
    },
    noteUse: async () => undefined,
    // Each log-in reads it.
    readSecretAgain: () => undefined,
  };
}
