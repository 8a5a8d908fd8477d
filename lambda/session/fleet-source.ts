import { randomUUID } from 'node:crypto';
import { currentVersion, readCurrent } from './current-version.ts';
import {
  changeSession,
  type FleetParts,
  logInForFleet,
  othersLogIn,
  type Subject,
  subjectOf,
} from './fleet-log-in.ts';
import { pause } from './patience.ts';
import { type Answer, ask, LOG_IN_MS, used } from './session-item.ts';
import type { Source } from './source.ts';
import { errorOf, needsOtherVersion, passes, type Stop } from './stop.ts';

/** Provides one session for all processes that share a ledger: the first process that needs one logs in for all. */
export function fleetSource(fleet: FleetParts): Source {
  const { clock, random, sealer, onEvent } = fleet;
  /** The owner, as the secret was last read; undefined: the secret must be read. */
  let subject: Subject | undefined;

  return {
    async obtain(gone, patience) {
      let stale = gone;
      for (let tries = 0; ; tries += 1) {
        subject ??= await readSubject(fleet);
        const owner = randomUUID();
        const answer = await askFleet(fleet, subject, { owner, gone: stale });
        let stop: Stop;
        switch (answer.kind) {
          case 'use': {
            const { generation, sealed, idleMs } = answer;
            const token = await sealer.open(sealed, subject.secretArn);
            if (token === undefined) {
              // These bytes can never be opened: the session is as good as gone.
              stale = generation;
              continue;
            }
            onEvent({ kind: 'joined', generation });
            return { token, generation, idleMs, key: subject.key };
          }
          case 'log-in': {
            const result = await logInForFleet(fleet, subject, { owner, gone: stale });
            if ('token' in result) return result;
            // The secret may hold another username or key since.
            subject = undefined;
            stop = result.stop;
            break;
          }
          case 'others':
            stop = othersLogIn(answer.until);
            break;
          case 'stopped':
            stop = answer.stop;
        }
        if (!passes(stop)) throw errorOf(stop);
        if (tries === 0) onEvent({ kind: 'waiting', why: stop.why, retryAt: stop.retryAt });
        await pause(clock, patience, stop, tries, random);
      }
    },

    async noteUse(generation) {
      if (!subject) return;
      await changeSession(fleet, subject, (state, now) => used(state, generation, now)).catch(
        (failure: Error) =>
          onEvent({
            kind: 'warning',
            message: `The session's last use could not be noted (${failure.name})`,
          }),
      );
    },

    readSecretAgain() {
      subject = undefined;
    },
  };
}

async function readSubject(fleet: FleetParts): Promise<Subject> {
  return subjectOf(fleet, await readCurrent(fleet.logIn, fleet.clock.nowMs() + LOG_IN_MS));
}

/**
 * Asks the fleet for a session. A stop that another version would end counts only if it is about the current version.
 */
async function askFleet(
  fleet: FleetParts,
  subject: Subject,
  request: { owner: string; gone: number },
): Promise<Answer> {
  const asking = { ...request, secretArn: subject.secretArn };
  const answer = await changeSession(fleet, subject, (state, now) => ask(state, asking, now));
  if (answer.kind !== 'stopped' || !needsOtherVersion(answer.stop)) return answer;
  const current = await currentVersion(fleet.logIn);
  if (current === answer.stop.versionId) return answer;
  return changeSession(fleet, subject, (state, now) => ask(state, { ...asking, current }, now));
}
