import type { Clock } from '../clock.ts';
import { RefusedPasswordError, WaitAfterUnknownError } from '../ledger/errors.ts';
import { guardedLogIn } from '../ledger/guarded-log-in.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { WAITS_MS } from '../ledger/times.ts';
import type { ThingSpaceApi } from '../thingspace/api.ts';
import { meaningOf } from '../thingspace/codes.ts';
import type { Guard } from './log-in.ts';

/** Takes part in the ledger, as rotation does: what others presented counts, and what this one presents. */
export function ledgerGuard(
  services: { ledger: Ledger; api: ThingSpaceApi; clock: Clock },
  actor: string,
): Guard {
  const who = { actor, purpose: 'log-in', share: 'app' } as const;
  return { logIn: (credential, deadlineMs) => guardedLogIn(services, credential, who, deadlineMs) };
}

const LOG_IN_TIMEOUT_MS = 30_000;
const MAX_WAIT_MS = 24 * 60 * 60_000;

/**
 * The rules without the ledger, in this process's memory: a refused version is never presented again, and after
 * failures the pauses grow. It does not know what other processes do, nor that a rotation is under way.
 * @param wallMs the time of day in milliseconds since 1970, for what people read
 */
export function memoryGuard(api: ThingSpaceApi, clock: Clock, wallMs: () => number = Date.now): Guard {
  const refused = new Set<string>();
  const presented = new Set<string>();
  let failures = 0;
  let failedAtMs = 0;

  function pauseLeftMs(versionId: string): number {
    // What a person or a rotation has just stored may go at once, after one failure.
    if (failures === 0 || (failures === 1 && !presented.has(versionId))) return 0;
    return failedAtMs + waitMs(failures) - clock.nowMs();
  }

  return {
    async logIn({ username, password, versionId }, deadlineMs) {
      if (refused.has(versionId)) {
        throw new RefusedPasswordError(
          `ThingSpace has refused the password of ${username} in version ${versionId} in this process, which does not ` +
            'present it again. With the ledger no other process would either. Store a working password as a new ' +
            'version of the secret.',
          true,
        );
      }
      const leftMs = pauseLeftMs(versionId);
      if (leftMs > 0) {
        const retryAt = Math.ceil(wallMs() + leftMs);
        throw new WaitAfterUnknownError(
          `${failures} log-in(s) of ${username} in this process failed or got no answer in a row; the next one waits until ` +
            `${new Date(retryAt).toISOString()}. The ledger would count them for all processes together.`,
          retryAt,
        );
      }
      presented.add(versionId);
      const timeoutMs = Math.min(LOG_IN_TIMEOUT_MS, deadlineMs - clock.nowMs());
      const outcome = await api.logIn(username, password, { timeoutMs });
      const counts = outcome.outcome === 'refused' && meaningOf(outcome.code).logInCounts;
      if (counts) refused.add(versionId);
      if (counts || outcome.outcome === 'unknown') {
        failures += 1;
        failedAtMs = clock.nowMs();
      }
      if (outcome.outcome === 'done') failures = 0;
      return outcome;
    },
  };
}

/** As the ledger's, then twice as long each time. */
function waitMs(failures: number): number {
  const [first, second] = WAITS_MS;
  return failures === 1 ? first : Math.min(second * 2 ** (failures - 2), MAX_WAIT_MS);
}
