import { randomUUID } from 'node:crypto';
import { credentialKey } from '../lambda/ledger/state.ts';
import { changeItem } from './change-item.ts';
import type { ClientClock } from './clock.ts';
import { currentVersion, readCurrent } from './current-version.ts';
import type { OnEvent } from './events.ts';
import { type LogIn, type LogInResult, logIn } from './log-in.ts';
import { type Patience, pause } from './patience.ts';
import { type Answer, ask, LEASE_MS, LOG_IN_MS, opened, released, used } from './session-item.ts';
import type { SessionStore } from './session-store.ts';
import { errorOf, needsOtherVersion, passes, type Stop } from './stop.ts';
import type { TokenSealer } from './token-sealer.ts';

/** A session of ThingSpace, as one process holds it. */
export type Open = {
  token: string;
  /** Counts sessions: whoever finds one gone names it by this. */
  generation: number;
  /** How long ago it was used at the latest. */
  idleMs: number;
};

/** Where a process gets its session from. */
export interface Source {
  /** A session newer than generation `gone`. @throws SessionError, AwsCallError, LedgerUnavailableError */
  obtain(gone: number, patience: Patience): Promise<Open>;
  /** The process uses it: the others of the fleet may rely on that. Never throws. */
  noteUse(generation: number): Promise<void>;
}

type Parts = { logIn: LogIn; clock: ClientClock; random: () => number; onEvent: OnEvent };

/** A session of this process's own. */
export function ownSource({ logIn: parts, clock, random, onEvent }: Parts): Source {
  let generation = 0;
  return {
    async obtain(_gone, patience) {
      for (let tries = 0; ; tries += 1) {
        const startedAtMs = clock.nowMs();
        const result = await logIn(parts, startedAtMs + LOG_IN_MS);
        if ('token' in result) {
          generation += 1;
          const { versionId } = result.credential;
          onEvent({ kind: 'logged-in', generation, versionId, tookMs: clock.nowMs() - startedAtMs });
          return { token: result.token, generation, idleMs: 0 };
        }
        tell(onEvent, result.stop);
        if (!passes(result.stop)) throw errorOf(result.stop);
        await pause(clock, patience, result.stop, tries, random);
      }
    },
    noteUse: async () => undefined,
  };
}

/** One session for all processes that share a ledger: whoever needs one first logs in for everybody. */
export function fleetSource(parts: Parts & { store: SessionStore; sealer: TokenSealer }): Source {
  const { clock, random, sealer, onEvent } = parts;
  /** Whose session it is: what the secret said when it was last read. */
  let whose: { secretArn: string; credential: string } | undefined;

  const change = <T>(credential: string, apply: Parameters<typeof changeItem<T>>[3], forMs = 10_000) =>
    changeItem(parts, credential, clock.nowMs() + forMs, apply);

  async function find() {
    const { secretArn, username } = await readCurrent(parts.logIn, clock.nowMs() + LOG_IN_MS);
    return { secretArn, credential: credentialKey(username) };
  }

  /** What the fleet has; a stop that another version would end is believed only of the current one. */
  async function askFleet(owner: string, gone: number): Promise<Answer> {
    whose ??= await find();
    const { credential, secretArn } = whose;
    const asking = { owner, gone, secretArn };
    const answer = await change(credential, (state, now) => ask(state, asking, now));
    if (answer.kind !== 'stopped' || !needsOtherVersion(answer.stop)) return answer;
    const current = await currentVersion(parts.logIn);
    if (current === answer.stop.versionId) return answer;
    return change(credential, (state, now) => ask(state, { ...asking, current }, now));
  }

  /** Under the lease. It gives the lease back, whatever happens, so long as the process lives. */
  async function logInForAll(owner: string, gone: number): Promise<Open | { stop: Stop } | undefined> {
    const { credential, secretArn } = whose as { credential: string; secretArn: string };
    const startedAtMs = clock.nowMs();
    let result: LogInResult;
    let moved = false;
    try {
      // Sealing works before anything is presented: a session that cannot be shared would cost each process one.
      await sealer.seal('sealing works', secretArn);
      result = await logIn(parts.logIn, startedAtMs + LOG_IN_MS, (current) => {
        moved = credentialKey(current.username) !== credential || current.secretArn !== secretArn;
        return moved ? OTHER_USERNAME : undefined;
      });
    } catch (failure) {
      await giveBack(owner, credential, undefined);
      throw failure;
    }
    if (moved) {
      whose = undefined;
      await giveBack(owner, credential, undefined);
      return undefined;
    }
    if ('stop' in result) {
      tell(onEvent, result.stop);
      // That this process does not reach ThingSpace says nothing of the others.
      await giveBack(owner, credential, result.stop.why === 'unavailable' ? undefined : result.stop);
      return result;
    }
    const { token } = result;
    const { versionId } = result.credential;
    try {
      const sealed = await sealer.seal(token, secretArn);
      const generation = await change(credential, (state, now) =>
        opened(state, owner, { sealed, secretArn, versionId, gone }, now),
      );
      if (generation === undefined) return undefined;
      onEvent({ kind: 'logged-in', generation, versionId, tookMs: clock.nowMs() - startedAtMs });
      return { token, generation, idleMs: 0 };
    } catch (failure) {
      await giveBack(owner, credential, undefined);
      throw failure;
    }
  }

  async function giveBack(owner: string, credential: string, stop: Stop | undefined): Promise<void> {
    await change(credential, (state, now) => released(state, owner, stop, now), 3_000).catch(
      (failure: Error) =>
        onEvent({
          kind: 'warning',
          message: `The lease to log in could not be given back (${failure.name}); it ends in ${LEASE_MS / 1000} s`,
        }),
    );
  }

  return {
    async obtain(gone, patience) {
      let stale = gone;
      for (let tries = 0; ; tries += 1) {
        const owner = randomUUID();
        const answer = await askFleet(owner, stale);
        let stop: Stop;
        switch (answer.kind) {
          case 'use': {
            const { generation, sealed, idleMs } = answer;
            const token = await sealer.open(sealed, whose?.secretArn ?? '');
            if (token === undefined) {
              stale = generation;
              continue;
            }
            onEvent({ kind: 'joined', generation });
            return { token, generation, idleMs };
          }
          case 'log-in': {
            const result = await logInForAll(owner, stale);
            if (result && 'token' in result) return result;
            stop = result?.stop ?? othersLogIn();
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
      if (!whose) return;
      await change(whose.credential, (state, now) => used(state, generation, now)).catch((failure: Error) =>
        onEvent({ kind: 'warning', message: `The session's last use could not be noted (${failure.name})` }),
      );
    },
  };
}

const OTHER_USERNAME: Stop = { why: 'others', message: 'The secret holds another username now.' };

const othersLogIn = (until?: number): Stop => ({
  why: 'others',
  message: 'another process of the fleet is logging in.',
  retryAt: until,
});

function tell(onEvent: OnEvent, { why, versionId, message }: Stop): void {
  onEvent({ kind: 'stopped', why, versionId, message });
}
