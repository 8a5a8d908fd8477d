import { randomUUID } from 'node:crypto';
import { unlessAway } from './aws-away.ts';
import { type FleetParts, logInForFleet, othersLogIn, type Subject, subjectOf } from './fleet-log-in.ts';
import { currentVersion, readCurrent } from './log-in.ts';
import { type Answer, ask, bearerRefused, decodeItem, LOG_IN_MS, look, used } from './session-item.ts';
import { changeItem, type Place } from './session-store.ts';
import type { OpenSession, SessionEvent, Source } from './source.ts';
import { errorOf, needsOtherVersion, passes, type Stop } from './stop.ts';
import { type Patience, pause } from './waiting.ts';

/** The longest pause before a process writes what a whole fleet may want to write at this moment. */
const SPREAD_MS = 500;

/** A session, or the reason to wait for one; `stale`: the generation that cannot be opened. */
type Found = OpenSession | { stop: Stop } | { stale: number };

/** Provides one session for all processes that share a ledger: the first process that needs one logs in for all. */
export function fleetSource(fleet: FleetParts): Source {
  const { clock, random, sealer, onEvent } = fleet;
  /** The owner, as the secret was last read; undefined: the secret must be read. */
  let subject: Subject | undefined;
  /** The place of the session in use. */
  let place: Place | undefined;

  let { byName } = fleet;

  /** Reads the secret. A username in the settings that it does not hold is not used again. */
  async function readSubject(): Promise<Subject> {
    const read = subjectOf(fleet, await readCurrent(fleet.logIn, clock.nowMs() + LOG_IN_MS));
    if (byName && byName.place.credential !== read.credential) {
      byName = undefined;
      onEvent({
        kind: 'warning',
        message:
          'The secret holds another username than the setting `username`, which is not used: correct it, or leave it out.',
      });
    }
    return read;
  }

  /** Asks once: takes the fleet's session, or logs in for the fleet if nobody else does. */
  async function find(stale: number, patience: Patience): Promise<Found> {
    if (!subject && byName) {
      const joined = await joinByName(fleet, byName, stale);
      place = byName.place;
      if (joined) {
        onEvent({ kind: 'joined', generation: joined.generation });
        return joined;
      }
    }
    subject ??= await readSubject();
    place = subject;
    const owner = randomUUID();
    const askedAtMs = clock.nowMs();
    const answer = await askFleet(fleet, subject, { owner, gone: stale });
    switch (answer.kind) {
      case 'use': {
        const { generation, sealed, idleMs, bearerRefusedAt } = answer;
        const token = await sealer.open(sealed, subject.secretArn);
        // These bytes can never be opened: the session is as good as gone.
        if (token === undefined) return { stale: generation };
        onEvent({ kind: 'joined', generation });
        return { token, generation, idleMs, key: subject.key, bearerRefusedAt };
      }
      case 'log-in': {
        patience.waitingFor = undefined;
        const lease = { owner, gone: stale, after: answer.after, askedAtMs };
        const result = await logInForFleet(fleet, subject, lease);
        // The secret may hold another username or key since.
        if ('stop' in result) subject = undefined;
        return { ...result, bearerRefusedAt: answer.bearerRefusedAt };
      }
      case 'others':
        return { stop: othersLogIn(answer.until) };
      case 'stopped':
        return { stop: answer.stop };
    }
  }

  return {
    async obtain(gone, patience) {
      let stale = gone;
      for (let tries = 0; ; tries += 1) {
        const found = await find(stale, patience).catch(unlessAway);
        if ('token' in found) return found;
        if ('stale' in found) {
          stale = found.stale;
          continue;
        }
        const cause = found instanceof Error ? found : found.stop;
        if (!(cause instanceof Error) && !passes(cause)) throw errorOf(cause);
        if (tries === 0) onEvent(waitingFor(cause));
        await pause(clock, patience, cause, tries, random);
      }
    },

    async noteUse(generation) {
      if (!place) return;
      const usedAtMs = clock.nowMs();
      // A process that is suspended before the write, as Lambda does after an answer, notes the time of the use.
      const noting = changeItem(
        fleet,
        place,
        (state, now) => used(state, generation, now - (clock.nowMs() - usedAtMs)),
        { spreadMs: SPREAD_MS },
      );
      await noting.catch((failure: Error) =>
        onEvent({
          kind: 'warning',
          message: `The session's last use could not be noted (${failure.name})`,
        }),
      );
    },

    readSecretAgain() {
      subject = undefined;
    },

    async noteBearerRefused() {
      subject ??= await readSubject();
      return changeItem(fleet, subject, bearerRefused);
    },
  };
}

const waitingFor = (cause: Stop | Error): SessionEvent =>
  cause instanceof Error
    ? { kind: 'warning', message: `An AWS service is away, and is asked again: ${cause.message}` }
    : { kind: 'waiting', why: cause.why, retryAt: cause.retryAt };

/**
 * Asks the fleet for a session. A stop that another version would end counts only if it is about the current version.
 */
async function askFleet(
  fleet: FleetParts,
  subject: Subject,
  request: { owner: string; gone: number },
): Promise<Answer> {
  const asking = { ...request, secretArn: subject.secretArn, pairMs: fleet.pairMs };
  const asked = (current?: string) =>
    changeItem(fleet, subject, (state, now) => ask(state, { ...asking, current }, now), {
      spreadMs: SPREAD_MS,
    });
  const answer = await asked();
  if (answer.kind !== 'stopped' || !needsOtherVersion(answer.stop)) return answer;
  const current = await currentVersion(fleet.logIn);
  return current === answer.stop.versionId ? answer : asked(current);
}

/**
 * Returns the fleet's session of a username in the settings, by two calls and without the secret: a process joins also
 * while Secrets Manager is away. Undefined when there is no session now. It changes nothing.
 * @throws SessionSetupError, AwsCallError
 */
async function joinByName(
  { store, sealer }: FleetParts,
  { place, secretId }: NonNullable<FleetParts['byName']>,
  gone: number,
): Promise<OpenSession | undefined> {
  const { item, now } = await store.read(place);
  const found = look(decodeItem(place, item ?? {}), gone, now);
  if (!found || !names(secretId, found.secretArn)) return undefined;
  const { generation, idleMs, sealed, secretArn } = found;
  const token = await sealer.open(sealed, secretArn);
  return token === undefined ? undefined : { token, generation, idleMs, key: {} };
}

/** Reports whether the setting names the secret with that ARN: by its ARN, by a part of that, or by its name. */
function names(secretId: string, secretArn: string): boolean {
  if (secretId === secretArn) return true;
  // Secrets Manager adds six characters to a name.
  const unsuffixed = secretArn.replace(/-[A-Za-z0-9]{6}$/, '');
  return unsuffixed === secretId || unsuffixed.endsWith(`:secret:${secretId}`);
}
