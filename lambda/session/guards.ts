import type { Clock } from '../clock.ts';
import { DeniedError, RefusedPasswordError } from '../ledger/errors.ts';
import { guardedLogIn } from '../ledger/guarded-log-in.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { prepareOverRest } from '../ledger/refused-key.ts';
import { WAITS_MS } from '../ledger/times.ts';
import type { ThingSpaceApi } from '../thingspace/api.ts';
import { meaningOf } from '../thingspace/codes.ts';
import type { Guard } from './log-in.ts';

/**
 * A guard that uses the ledger, as rotation does: every process's log-ins count, and those of this process count for
 * the others.
 */
export function ledgerGuard(
  services: { ledger: Ledger; api: ThingSpaceApi; clock: Clock },
  actor: string,
): Guard {
  const who = { actor, purpose: 'log-in', share: 'app' } as const;
  return {
    async logIn(credential, deadlineMs) {
      if (services.api.transport === 'rest') {
        const limits = { timeoutMs: PREPARE_TIMEOUT_MS, deadlineMs };
        const prepared = await prepareOverRest(services, credential, who.share, limits);
        if (prepared.outcome === 'never-sent') return prepared;
      }
      return guardedLogIn(services, credential, who, deadlineMs);
    },
  };
}

/** A bearer near its end is not waited out: the caller waits, and the secret is read again after that. */
const PREPARE_TIMEOUT_MS = 12_000;

const LOG_IN_TIMEOUT_MS = 30_000;
const MAX_WAIT_MS = 24 * 60 * 60_000;

/**
 * The rules without the ledger, in this process's memory: a refused version is never presented again, and after
 * failures the pauses grow. It does not know what other processes do, nor that a rotation is under way.
 * @param wallMs the time of day in milliseconds since 1970, for texts
 */
export function memoryGuard(api: ThingSpaceApi, clock: Clock, wallMs: () => number = Date.now): Guard {
  const refused = new Set<string>();
  const presented = new Set<string>();
  let failures = 0;
  let failedAtMs = 0;

  function pauseLeftMs(versionId: string): number {
    // After one failure, a newly stored version may be presented at once.
    if (failures === 0 || (failures === 1 && !presented.has(versionId))) return 0;
    return failedAtMs + waitMs(failures) - clock.nowMs();
  }

  return {
    async logIn(credential, deadlineMs) {
      const { username, versionId } = credential;
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
        throw new DeniedError(
          'WaitAfterUnknownError',
          `${failures} log-in(s) of ${username} in this process failed or got no answer in a row; the next one waits until ` +
            `${new Date(retryAt).toISOString()}. The ledger would count them for all processes together.`,
          retryAt,
          { waitMs: leftMs },
        );
      }
      const prepared = await api.prepare(credential, { timeoutMs: PREPARE_TIMEOUT_MS });
      if (prepared.outcome === 'never-sent') return prepared;
      presented.add(versionId);
      const timeoutMs = Math.min(LOG_IN_TIMEOUT_MS, deadlineMs - clock.nowMs());
      const outcome = await api.logIn(credential, { timeoutMs });
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

/** The first two waits are the ledger's; each further one is twice as long. */
function waitMs(failures: number): number {
  const [first, second] = WAITS_MS;
  return failures === 1 ? first : Math.min(second * 2 ** (failures - 2), MAX_WAIT_MS);
}
