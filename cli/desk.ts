import type { Clock } from '../lambda/clock.ts';
import type { Budgets } from '../lambda/ledger/budgets.ts';
import type { Ledger } from '../lambda/ledger/ledger.ts';
import type { ProxySettings } from '../lambda/proxy-settings.ts';
import type { Sealer } from '../lambda/sealing/data-key.ts';
import type { SecretStore } from '../lambda/secret/secrets-manager.ts';
import type { ThingSpaceApi } from '../lambda/thingspace/api.ts';
import type { AccessReader } from './access-reader.ts';
import type { Account, FunctionFacts } from './account.ts';
import { CommandError } from './errors.ts';
import type { Settings } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

/** Where a command speaks to the person. */
export interface Terminal {
  /** Whether an operator reads the output at a terminal. */
  readonly isTty: boolean;
  /** A result: to stdout. */
  say(text: string): void;
  /** Something beside the result: to stderr. */
  warn(text: string): void;
  /** How far a command is: a line at a terminal, which the next one replaces. Undefined takes it away. */
  progress(text: string | undefined): void;
  /** Asks a question that is answered with y or N; Ctrl-C and Ctrl-D cancel it. Only where `isTty`. */
  confirm(question: string): Promise<'yes' | 'no' | 'cancelled'>;
  /**
   * Reads a secret: without echo where an operator types it, else all of stdin without the line breaks at its end.
   * @throws NotConfirmedError for Ctrl-C and Ctrl-D; PasswordUnusableError for a text that cannot be one
   */
  secret(prompt: string): Promise<string>;
  /** Until the returned function is called, Ctrl-C waits for these words, prints them and ends the process. */
  onInterrupt(words: () => string | Promise<string>): () => void;
}

/** Everything that the commands reach the world through. */
export type Desk = {
  terminal: Terminal;
  store: SecretStore;
  ledger: Ledger;
  api: ThingSpaceApi;
  /** The calls of REST that present no password, also where the function calls SOAP. @param tokenUrl default: the function's, else the public one */
  rest(tokenUrl?: string): Pick<ThingSpaceApi, 'prepare'>;
  /** Opens a tunnel to the address through the function's proxy, from here, and sends nothing in it. Returns the failure. */
  tunnelFailure(proxy: ProxySettings, address: string): Promise<Error | undefined>;
  sealerFor(keyId: string): Sealer;
  clock: Clock;
  /** AWS is a simulation on this machine, whose clock may be another one than the machine's. */
  isSimulated: boolean;
  account: Account;
  surroundings: Surroundings;
  /** The audit table of the access function. */
  accessRecords(table: string): AccessReader;
  settings: Settings;
  /** As the function has them; undefined where no source gives them. */
  budgets: Budgets | undefined;
  /** Undefined where it could not be asked. */
  function: FunctionFacts | undefined;
};

/**
 * The limits by which a password may be presented: those of the function itself, never a guess.
 * @throws LimitsUnknownError
 */
export function limitsOf({ budgets }: Pick<Desk, 'budgets'>): Budgets {
  if (budgets) return budgets;
  throw new CommandError(
    'LimitsUnknownError',
    'The limits of the rotation function are not known, and a log-in beyond them could lock the username: the tool makes no ' +
      'log-in. Get the right lambda:GetFunctionConfiguration for the function, or give LOCKOUT_LIMIT, ' +
      'LOCKOUT_BUDGET, ROTATION_BUDGET, THINGSPACE_TRANSPORT and THINGSPACE_BASE_URL as it has them.',
  );
}

/** The time that one command may take, without the operator's answer to a question. */
export const PATIENCE_MS = 60_000;

export const deadlineOf = ({ clock }: Pick<Desk, 'clock'>): number => clock.nowMs() + PATIENCE_MS;
