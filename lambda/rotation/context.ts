import type { Clock } from '../clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../metrics.ts';
import type { Sealer } from '../sealing/data-key.ts';
import type { SealedLog } from '../sealing/sealed-log.ts';
import type { SecretStore } from '../secret/secrets-manager.ts';
import type { ThingSpaceApi } from '../thingspace/api.ts';

/** The services that the steps use. */
export type Services = {
  store: SecretStore;
  ledger: Ledger;
  api: ThingSpaceApi;
  sealer: Sealer;
  sealedLog: SealedLog;
  clock: Clock;
  metrics: Metrics;
  /** Whether a failed exchange holds the other credentials of the service. */
  holdsOn: boolean;
  /** Writes a line to the function's log. */
  log: (message: string, facts?: Record<string, unknown>) => void;
};

/** One invocation: what it is about, how long it may live (by `clock`), and the services that it uses. */
export type Invocation = Services & {
  secretArn: string;
  /** The version that Secrets Manager has staged; none in a recover event. */
  token: string | undefined;
  rotationToken: string | undefined;
  startedAtMs: number;
  deadlineMs: number;
  /** The username, once it is known; a trouble is announced for it. */
  username?: string;
};

export type StepInvocation = Invocation & { token: string };
