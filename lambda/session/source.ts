import type { MaybeApiKey } from '../thingspace/api.ts';
import { unlessAway } from './aws-away.ts';
import { type LogIn, logIn } from './log-in.ts';
import { LOG_IN_MS } from './session-item.ts';
import { errorOf, passes, type Stop } from './stop.ts';
import { type ClientClock, type Patience, pause } from './waiting.ts';

/** An event of a session, for metrics and logs. No member is secret. */
export type SessionEvent =
  /** This process logged in; `tookMs` includes everything around it. */
  | { kind: 'logged-in'; generation: number; versionId: string; tookMs: number }
  /** It took the session that another process of the fleet opened. */
  | { kind: 'joined'; generation: number }
  /** ThingSpace no longer knows the session. */
  | { kind: 'gone'; generation: number }
  /** It waits; another log-in may help from then on (milliseconds since 1970), where that is known. */
  | { kind: 'waiting'; why: string; retryAt: number | undefined }
  /** A log-in opened no session. */
  | { kind: 'stopped'; why: string; versionId: string | undefined; message: string }
  /** A failure beside the session; the session continues. */
  | { kind: 'warning'; message: string };

export type OnEvent = (event: SessionEvent) => void;

/** Wraps the hook: a hook that fails must not cost a session. */
export function quietly(onEvent: OnEvent | undefined): OnEvent {
  return (event) => {
    try {
      onEvent?.(event);
    } catch {
      // The caller's own log or metric failed.
    }
  };
}

/** A session of ThingSpace, as a process gets it. */
export type OpenSession = {
  token: string;
  /** Counts sessions: a process that finds one gone names it by this number. */
  generation: number;
  /** The longest time since its last use. */
  idleMs: number;
  /** The application's key that opened it, in memory only: over REST a call in the session needs a bearer of this key. */
  key: MaybeApiKey;
  /** When a process of the fleet last noted that a bearer was refused, by DynamoDB's clock. */
  bearerRefusedAt?: number | undefined;
};

export const keyOf = ({ apiKey, apiSecret }: MaybeApiKey): MaybeApiKey => ({ apiKey, apiSecret });

/** The source of a process's session: the fleet (`fleet-source.ts`), or its own log-in (`ownSource`). */
export interface Source {
  /** A session newer than generation `gone`. @throws SessionError, AwsCallError, LedgerUnavailableError */
  obtain(gone: number, patience: Patience): Promise<OpenSession>;
  /** Notes that the process uses the session, so that the fleet relies on that. Never throws. */
  noteUse(generation: number): Promise<void>;
  /** Lets the next `obtain` read the secret, because the application's key no longer works. */
  readSecretAgain(): void;
  /**
   * Notes that the gateway refused a bearer, so that each process of the fleet asks for another one.
   * @returns the time of the last note @throws SessionError, AwsCallError
   */
  noteBearerRefused(): Promise<number>;
}

/** The parts that every source uses. */
export type SourceParts = { logIn: LogIn; clock: ClientClock; random: () => number; onEvent: OnEvent };

export function tellStopped(onEvent: OnEvent, { why, versionId, message }: Stop): void {
  onEvent({ kind: 'stopped', why, versionId, message });
}

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
