import type { Clock } from '../clock.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Metrics } from '../metrics.ts';
import type { Sealer } from '../sealing/data-key.ts';
import type { SealedLog } from '../sealing/sealed-log.ts';
import type { SecretStore } from '../secret/secrets-manager.ts';
import type { ThingSpaceApi } from '../thingspace/api.ts';

/** Everything that the steps reach the world through. */
export type Services = {
  store: SecretStore;
  ledger: Ledger;
  api: ThingSpaceApi;
  sealer: Sealer;
  sealedLog: SealedLog;
  clock: Clock;
  metrics: Metrics;
  /** Writes a line for whoever reads the function's log. */
  log: (message: string, facts?: Record<string, unknown>) => void;
};

/** What one invocation is about, and how long it may live (by `clock`). */
export type Invocation = {
  secretArn: string;
  /** The version that Secrets Manager has staged; none in a recover event. */
  token: string | undefined;
  rotationToken: string | undefined;
  startedAtMs: number;
  deadlineMs: number;
  /** The username, once it is known: whom a trouble is announced for. */
  username?: string;
};

export type StepInvocation = Invocation & { token: string };

/** Reads are eventually consistent: for so long a missing version or label is asked for again. */
const VISIBLE_AFTER_MS = [100, 200, 400, 800, 1_600, 2_000];

/** Asks again, some seconds long, until there is an answer. */
export async function untilVisible<T>(
  clock: Clock,
  deadlineMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const pauseMs of VISIBLE_AFTER_MS) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (clock.nowMs() + pauseMs >= deadlineMs) return undefined;
    await clock.sleep(pauseMs);
  }
  return ask();
}
