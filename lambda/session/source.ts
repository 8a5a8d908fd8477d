import type { ClientClock } from './clock.ts';
import type { OnEvent } from './events.ts';
import type { LogIn } from './log-in.ts';
import type { Patience } from './patience.ts';
import type { Stop } from './stop.ts';

/** A session of ThingSpace, as a process gets it. */
export type OpenSession = {
  token: string;
  /** Counts sessions: whoever finds one gone names it by this. */
  generation: number;
  /** How long ago it was used, at most. */
  idleMs: number;
};

/** Where a process gets its session from: the fleet (`fleet-source.ts`), or a log-in of its own (`own-source.ts`). */
export interface Source {
  /** A session newer than generation `gone`. @throws SessionError, AwsCallError, LedgerUnavailableError */
  obtain(gone: number, patience: Patience): Promise<OpenSession>;
  /** The process uses it: the others of the fleet may rely on that. Never throws. */
  noteUse(generation: number): Promise<void>;
}

/** What every source works with. */
export type SourceParts = { logIn: LogIn; clock: ClientClock; random: () => number; onEvent: OnEvent };

export function tellStopped(onEvent: OnEvent, { why, versionId, message }: Stop): void {
  onEvent({ kind: 'stopped', why, versionId, message });
}
