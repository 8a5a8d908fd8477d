import { unlessAway } from './aws-away.ts';
import { logIn } from './log-in.ts';
import { pause } from './patience.ts';
import { LOG_IN_MS } from './session-item.ts';
import { keyOf, type OpenSession, type Source, type SourceParts, tellStopped } from './source.ts';
import { errorOf, passes, type Stop } from './stop.ts';

/** Provides a session for this process alone: it logs in whenever it needs one. */
export function ownSource({ logIn: parts, clock, random, onEvent }: SourceParts): Source {
  let generation = 0;

  /** Logs in once; returns the stop, or the failure of an AWS service that is away. @throws any other failure */
  async function find(): Promise<OpenSession | { cause: Stop | Error }> {
    const startedAtMs = clock.nowMs();
    const result = await logIn(parts, startedAtMs + LOG_IN_MS).catch(unlessAway);
    if (result instanceof Error) return { cause: result };
    if ('stop' in result) {
      tellStopped(onEvent, result.stop);
      return { cause: result.stop };
    }
    generation += 1;
    const { versionId } = result.credential;
    onEvent({ kind: 'logged-in', generation, versionId, tookMs: clock.nowMs() - startedAtMs });
    return { token: result.token, generation, idleMs: 0, key: keyOf(result.credential) };
  }

  return {
    async obtain(_gone, patience) {
      for (let tries = 0; ; tries += 1) {
        const found = await find();
        if ('token' in found) return found;
        const { cause } = found;
        if (!(cause instanceof Error) && !passes(cause)) throw errorOf(cause);
        await pause(clock, patience, cause, tries, random);
      }
    },
    noteUse: async () => undefined,
    // Each log-in reads it.
    readSecretAgain: () => undefined,
    noteBearerRefused: async () => 0,
  };
}
