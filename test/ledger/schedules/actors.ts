import type { Budgets } from '../../../lambda/ledger/budgets.ts';
import type { LockoutGuardError } from '../../../lambda/ledger/errors.ts';
import { recordReceived, recordUnchanged, recordUnknown } from '../../../lambda/ledger/journal.ts';
import { type AttemptRequest, reserve } from '../../../lambda/ledger/reserve.ts';
import { type Settlement, settle } from '../../../lambda/ledger/settle.ts';
import { type CredentialState, newState } from '../../../lambda/ledger/state.ts';
import { unlocked } from '../../../lambda/ledger/unlocked.ts';
import { meaningOf } from '../../../lambda/thingspace/codes.ts';
import { createPlatform, type Verdict } from '../../../local/thingspace/platform.ts';

export const USERNAME = 'Fleet';
export const KEY = 'fleet';
const SECRET_ARN = 'arn:secret';
/** A request leaves within that time of its reservation, or not at all (G2). */
const LEAVING_MS = 60_000;
/** And until then the platform may execute it: a fact of the design, not read from the code under test. */
const EXECUTED_WITHIN_MS = 20 * 60_000;

export type Version = { id: string; password: string };

/** One reserved attempt, from its reservation to its outcome. */
export type Request = {
  id: string;
  wanted: AttemptRequest;
  password: string;
  reservedAt: number;
  /** Where it is: with its owner, on its way, executed, or never to be executed. */
  place: 'reserved' | 'on its way' | 'executed' | 'nowhere';
  verdict: Verdict<string> | undefined;
  settled: Settlement | undefined;
  ownerDead: boolean;
  /** The exchange's answer is in the function's log, sealed. */
  sealed: boolean;
  /** The owner's act once it knows the outcome; `certain`: the refusal says that the password was at fault. */
  then: ((works: boolean, certain: boolean) => void) | undefined;
};

export type Actors = ReturnType<typeof createActors>;

/**
 * Rotation, apps and an operator around one username, over the ledger's own transitions and the simulator's
 * own platform. In production each transition is one conditional write: so here one call is one step.
 */
export function createActors(budgets: Budgets, seed: number, say: (line: string) => void) {
  let now = Date.UTC(2026, 0, 5);
  let made = 0;
  const newPassword = () => `password-${++made}`;
  const versions: Version[] = [{ id: 'v0', password: newPassword() }];
  const current = () => versions.at(-1) as Version;
  const platform = createPlatform({
    clock: { nowMs: () => now },
    seed,
    users: [{ username: USERNAME, password: current().password }],
    nextPassword: newPassword,
    // The stricter reading: the fleet's session is gone after each exchange.
    newPasswordEndsSessions: true,
  });
  const state: CredentialState = newState(KEY);
  const requests: Request[] = [];
  const violations: string[] = [];
  /** Passwords that support has set and read out to the operator. */
  const readOut = new Set<string>();
  /** The points that were reached, for tests that require them. */
  const happened: string[] = [];
  /** Envelopes that are items of their own. */
  const setAside = new Set<string>();
  /** Failures in the platform's present run that no operator's trial made. */
  let failedByUs = 0;
  let unlockedAt = 0;
  let session: { token: string; version: Version } | undefined;

  const deliverable = (request: Request) =>
    (request.place === 'reserved' || request.place === 'on its way') &&
    now < request.reservedAt + EXECUTED_WITHIN_MS;
  const isExchange = ({ wanted }: Request) => wanted.exchange !== undefined;

  function present(
    version: Version,
    who: Pick<AttemptRequest, 'actor' | 'purpose' | 'share' | 'exchange'>,
    then?: Request['then'],
  ): LockoutGuardError | undefined {
    const wanted: AttemptRequest = {
      ...who,
      username: USERNAME,
      secretArn: SECRET_ARN,
      versionId: version.id,
      fingerprint: { id: `${version.id}:${version.password}`, hash: version.password },
    };
    const id = `${who.purpose} ${requests.length + 1}`;
    const refusal = reserve(state, id, wanted, budgets, now);
    say(`${who.actor} reserves ${id} with ${version.id}: ${refusal?.name ?? 'granted'}`);
    if (refusal) return refusal;
    if (requests.some((other) => isExchange(other) && deliverable(other) && other.settled === undefined)) {
      violations.push(`${id} was granted beside a live exchange`);
    }
    if (who.exchange) mustKnowThePassword(id);
    requests.push({
      id,
      wanted,
      password: version.password,
      reservedAt: now,
      place: 'reserved',
      verdict: undefined,
      settled: undefined,
      ownerDead: false,
      sealed: false,
      then,
    });
    return undefined;
  }

  /** Before another exchange, what the last one made must be stored, sealed, or overtaken by support. */
  function mustKnowThePassword(id: string): void {
    const { password } = platform.truth(USERNAME);
    const maker = requests.find(
      (other) => isExchange(other) && other.verdict?.ok && other.verdict.value === password,
    );
    if (
      !maker ||
      maker.sealed ||
      readOut.has(password) ||
      versions.some((version) => version.password === password)
    )
      return;
    violations.push(`${id} was granted while nobody knew the live password`);
  }

  function send(request: Request) {
    if (now - request.reservedAt >= LEAVING_MS) return settleAs(request, { outcome: 'uncounted' });
    request.place = 'on its way';
    say(`${request.id} leaves`);
  }

  /** @param spoilt the platform fails on its own account: it answers an error and counts nothing */
  function execute(request: Request, spoilt: boolean): void {
    request.place = 'executed';
    const before = platform.truth(USERNAME).consecutiveFailures;
    if (spoilt) request.verdict = { ok: false, code: 'REQUEST_FAILED.UnexpectedError' };
    else if (isExchange(request))
      request.verdict = platform.getNewPassword(session?.token ?? '', request.password);
    else request.verdict = platform.logIn(USERNAME, request.password);
    const { consecutiveFailures } = platform.truth(USERNAME);
    if (consecutiveFailures > before && request.wanted.share !== 'person') failedByUs += 1;
    say(
      `the platform executes ${request.id}: ${request.verdict.ok ? 'yes' : request.verdict.code}; it counts ${consecutiveFailures}`,
    );
  }

  /** The owner has read the answer and says so. */
  function answer(request: Request) {
    const { verdict } = request;
    if (!verdict) return;
    if (!verdict.ok) return refused(request, verdict.code);
    if (isExchange(request)) return receive(request);
    if (request.wanted.share === 'rotation') {
      const version = versions.find(({ id }) => id === request.wanted.versionId) ?? current();
      session = { token: verdict.value, version };
    }
    settleAs(request, { outcome: 'success' });
    request.then?.(true, true);
  }

  function receive(request: Request): void {
    request.sealed = true;
    settleAs(request, { outcome: 'exchanged' });
    const over =
      'attempt' in state.journal &&
      state.journal.attempt === request.id &&
      state.journal.state === 'committed';
    recordReceived(state, request.id, request.id, now);
    const kept = 'envelope' in state.journal ? state.journal.envelope : undefined;
    if (kept !== request.id && !(request.id in state.setAside) && !setAside.has(request.id) && !over) {
      violations.push(`the envelope of ${request.id} was dropped`);
    }
  }

  function refused(request: Request, code: string) {
    const { logInCounts, exchangeCounts, certainlyCredentials, exchangeChangedNothing } = meaningOf(code);
    if (isExchange(request) && !exchangeChangedNothing) return giveUp(request);
    const counts = isExchange(request) ? exchangeCounts : logInCounts;
    settleAs(request, counts ? { outcome: 'failure', code, certainlyCredentials } : { outcome: 'uncounted' });
    if (isExchange(request)) recordUnchanged(state, request.id);
    if (counts) request.then?.(false, certainlyCredentials);
  }

  /** No usable answer came, whatever became of the request. */
  function giveUp(request: Request): void {
    settleAs(request, { outcome: 'unknown' });
    if (isExchange(request)) recordUnknown(state, request.id, USERNAME, undefined, now);
  }

  function settleAs(request: Request, settlement: Settlement): void {
    if (settlement.outcome === 'uncounted') {
      if (request.place === 'reserved') request.place = 'nowhere';
      if (isExchange(request)) recordUnchanged(state, request.id);
    }
    request.settled = settlement;
    settle(state, request.id, request.wanted, settlement, budgets, now);
    say(`${request.id} is settled: ${settlement.outcome}`);
  }

  /** The healthy line: a new password becomes current as the version of its rotation, unless an operator was faster. */
  function store(request: Request): void {
    if (!request.verdict?.ok || !request.wanted.exchange) return;
    const { token } = request.wanted.exchange;
    if (current().id !== request.wanted.versionId || versions.some(({ id }) => id === token)) return;
    makeCurrent({ id: token, password: request.verdict.value });
  }

  /** The automation moves AWSCURRENT: never from a password that works to one that does not. */
  function makeCurrent(version: Version): void {
    const { password } = platform.truth(USERNAME);
    if (current().password === password && version.password !== password) {
      violations.push(`${version.id} took AWSCURRENT from a password that works`);
    }
    versions.push(version);
    say(`${version.id} is current`);
  }

  return {
    budgets,
    platform,
    state,
    requests,
    versions,
    violations,
    happened,
    current,
    newPassword,
    present,
    send,
    execute,
    answer,
    giveUp,
    settleAs,
    store,
    makeCurrent,
    say,
    /** Does the ledger's work around every write: see `change`. */
    afterWrite(): void {
      for (const attempt of Object.keys(state.setAside)) {
        setAside.add(attempt);
        if (!state.orphanItems.includes(attempt)) state.orphanItems.push(attempt);
      }
      state.setAside = {};
      // Published alarms leave the item; nothing of the guard depends on them.
      state.outbox = [];
    },
    deliverable,
    truth: () => platform.truth(USERNAME),
    /** Counts the failures in the platform's present run that no operator's trial made. */
    failedByUs: () => {
      if (platform.truth(USERNAME).consecutiveFailures === 0) failedByUs = 0;
      return failedByUs;
    },
    now: () => now,
    advance: (ms: number) => {
      now += ms;
      say(`${Math.round(ms / 1000)} s pass`);
    },
    /** The version that rotation's open session was opened with. */
    session: () => session,
    reset(password: string): string {
      platform.support.reset(USERNAME, password);
      readOut.add(password);
      say('support resets the password');
      return password;
    },
    /** Support unlocks; the person who asked for it says so at once, or later. */
    unlock() {
      platform.support.unlock(USERNAME);
      unlockedAt = now;
      say('support unlocks the username');
    },
    sayUnlocked() {
      const refusal = unlocked(state, budgets, now, unlockedAt);
      say(`a person says that support has unlocked it: ${refusal?.name ?? 'taken'}`);
      return refusal;
    },
    /** A person stores a password in the console. */
    storeByHand(password: string): Version {
      const version = { id: `v${versions.length}`, password };
      versions.push(version);
      say(
        `a person stores ${version.id}, ${password === platform.truth(USERNAME).password ? 'right' : 'wrong'}`,
      );
      return version;
    },
  };
}
