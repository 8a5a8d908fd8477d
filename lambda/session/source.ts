import type { MaybeApiKey } from '../thingspace/api.ts';
import type { ClientClock } from './clock.ts';
import type { OnEvent } from './events.ts';
import type { LogIn } from './log-in.ts';
import type { Patience } from './patience.ts';
import type { Stop } from './stop.ts';

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

/** The source of a process's session: the fleet (`fleet-source.ts`), or its own log-in (`own-source.ts`). */
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
