import type { Clock } from '../lambda/clock.ts';
import type { Budgets } from '../lambda/ledger/budgets.ts';
import type { Ledger } from '../lambda/ledger/ledger.ts';
import type { Sealer } from '../lambda/sealing/data-key.ts';
import type { SecretStore } from '../lambda/secret/secrets-manager.ts';
import type { ThingSpaceApi } from '../lambda/thingspace/api.ts';

/** Where a command speaks to the person. */
export interface Terminal {
  /** Whether a person reads what is printed. */
  readonly isTty: boolean;
  /** A result: to stdout. */
  say(text: string): void;
  /** Something beside the result: to stderr. */
  warn(text: string): void;
  /** Asks a question that is answered with y or N. Only where `isTty`. */
  confirm(question: string): Promise<boolean>;
}

/** Everything that the commands reach the world through. */
export type Desk = {
  terminal: Terminal;
  store: SecretStore;
  ledger: Ledger;
  api: ThingSpaceApi;
  sealerFor(keyId: string): Sealer;
  clock: Clock;
  budgets: Budgets;
};

/** What one command may take, question to the person not included. */
export const PATIENCE_MS = 60_000;

export const deadlineOf = ({ clock }: Pick<Desk, 'clock'>): number => clock.nowMs() + PATIENCE_MS;
