import type { Mutant } from './mutants.ts';

const DEATH = 'test/session/one-death.test.ts';
const AWAY = 'test/session/aws-away.test.ts';
const AT_ONCE = 'test/session/at-once.test.ts';
const FLEET = 'test/session/fleet.test.ts';
const SESSION = 'test/session/session.test.ts';
const LEASE = 'test/session/lease.test.ts';
const ITEM = 'lambda/session/session-item.ts';
const LOG_IN = 'lambda/session/fleet-log-in.ts';
const SOURCE = 'lambda/session/fleet-source.ts';
const ADVICE = 'lambda/session/aws-away.ts';
const WAITING = 'lambda/session/waiting.ts';

/** The rules by which a fleet outlives a death, an outage, and a start of all its processes at once. */
export const ridingOutMutants: Mutant[] = [
  {
    rule: 'a lease is shorter than a caller’s patience',
    file: ITEM,
    find: 'LEASE_MS = 10_000;',
    replace: 'LEASE_MS = 75_000;',
    noticedBy: DEATH,
  },
  {
    rule: 'an owner that lives renews its lease',
    file: LOG_IN,
    find: 'await renew().catch(() => undefined);',
    replace: '',
    noticedBy: DEATH,
  },
  {
    rule: 'only the owner renews a lease',
    file: ITEM,
    find: 'if (state.lease?.owner !== owner) return false;',
    replace: '',
    noticedBy: LEASE,
  },
  {
    rule: 'a process that hangs does not renew its lease for ever',
    file: LOG_IN,
    find: 'while (clock.nowMs() - askedAtMs < RENEWED_FOR_MS) {',
    replace: 'for (;;) {',
    noticedBy: DEATH,
  },
  {
    rule: 'an owner that was suspended presents nothing when its lease may be over',
    file: LOG_IN,
    find: 'return kept.mayBeOver() ? othersLogIn() : undefined;',
    replace: 'return undefined;',
    noticedBy: DEATH,
  },
  {
    rule: 'an owner that was suspended publishes its session if no other process has one',
    file: ITEM,
    find: 'if (!isOwner && state.generation !== after) return undefined;',
    replace: 'if (!isOwner) return undefined;',
    noticedBy: LEASE,
  },
  {
    rule: 'the time for which an owner was suspended counts as idle',
    file: ITEM,
    find: 'if (ageMs >= IDLE_LIMIT_MS) return undefined;',
    replace: '',
    noticedBy: DEATH,
  },
  {
    rule: 'a session that is published late is as idle as it is old',
    file: ITEM,
    find: 'const openedAt = now - ageMs;',
    replace: 'const openedAt = now;',
    noticedBy: LEASE,
  },
  {
    rule: 'the text about a log-in elsewhere names no end of it',
    file: 'lambda/session/stop.ts',
    find: "if (why === 'others') return",
    replace: "if (why === 'unavailable') return",
    noticedBy: DEATH,
  },
  {
    rule: 'an AWS service that is away is waited for',
    file: ADVICE,
    find: 'if (passesSoon(failure)) return failure;',
    replace: '',
    noticedBy: AWAY,
  },
  {
    rule: 'an AWS call that is denied is not repeated',
    file: 'lambda/session/session-store.ts',
    find: 'if (!passesSoon(failure)) throw failure;',
    replace: 'if (failure instanceof LogInWaitsError) throw failure;',
    noticedBy: AWAY,
  },
  {
    rule: 'a client’s call to the ledger that is denied is not repeated',
    file: 'lambda/ledger/items.ts',
    find: 'if (lasts?.(failure)) throw unavailableError(credential, failure);',
    replace: '',
    noticedBy: AWAY,
  },
  {
    rule: 'an error of AWS names the right or the setting to look at',
    file: ADVICE,
    find: 'throw advised(failure);',
    replace: 'throw failure;',
    noticedBy: AWAY,
  },
  {
    rule: 'a session that is open is sealed as soon as KMS answers',
    file: LOG_IN,
    find: 'await whileAway(clock, untilMs, () => sealer.seal(token, secretArn));',
    replace: 'await sealer.seal(token, secretArn);',
    noticedBy: AWAY,
  },
  {
    rule: 'a process with a username in its settings joins without the secret',
    file: SOURCE,
    find: 'if (!subject && byName) {',
    replace: 'if (subject && byName) {',
    noticedBy: AWAY,
  },
  {
    rule: 'a process joins no session of another secret by the username alone',
    file: 'lambda/session/fleet-source.ts',
    find: 'if (!found || !names(secretId, found.secretArn)) return undefined;',
    replace: 'if (!found) return undefined;',
    noticedBy: AWAY,
  },
  {
    rule: 'a username in the settings that the secret does not hold is not used again',
    file: SOURCE,
    find: 'byName = undefined;',
    replace: '',
    noticedBy: AWAY,
  },
  {
    rule: 'a process that joined without the secret notes its use',
    file: SOURCE,
    find: 'place = byName.place;',
    replace: '',
    noticedBy: AWAY,
  },
  {
    rule: 'a request that no caller waits for makes no log-in after its pause',
    file: WAITING,
    find: 'if (clock.nowMs() > patience.untilMs) throw error;',
    replace: '',
    noticedBy: FLEET,
  },
  {
    rule: 'a use is noted with its own time, however late the write is',
    file: SOURCE,
    find: 'used(state, generation, now - (clock.nowMs() - usedAtMs))',
    replace: 'used(state, generation, now)',
    noticedBy: FLEET,
  },
  {
    rule: 'processes that start at once do not all write',
    file: 'lambda/session/session-store.ts',
    find: 'let isSpread = spreadMs === 0;',
    replace: 'let isSpread = true;',
    noticedBy: AT_ONCE,
  },
  {
    rule: 'a wait that is longer than the patience is reported at once',
    file: WAITING,
    find: 'Math.max(pauseMs, leastMs) > patience.untilMs',
    replace: 'pauseMs > patience.untilMs',
    noticedBy: AT_ONCE,
  },
  {
    rule: 'a wait that is longer than the patience is reported at once beside a more patient caller',
    file: WAITING,
    find: 'if (patience.waitingFor && patience.notBeforeMs > untilMs) throw patience.waitingFor;',
    replace: '',
    noticedBy: AT_ONCE,
    testName: 'beside one with more',
  },
  {
    rule: 'a wait that another log-in may end is not called certain',
    file: 'lambda/ledger/reserve.ts',
    find: 'mayEndEarlier ? {} : { waitMs: retryAt - now },',
    replace: '{ waitMs: retryAt - now },',
    noticedBy: AT_ONCE,
  },
  {
    rule: 'a wait that one process was told is known to the fleet',
    file: ITEM,
    find: '...(waitMs === undefined ? {} : { notBefore: true }),',
    replace: '',
    noticedBy: AT_ONCE,
  },
  {
    rule: 'a call whose session is gone is repeated more than once',
    file: WAITING,
    find: 'const MAX_GONE = 5;',
    replace: 'const MAX_GONE = 1;',
    noticedBy: AT_ONCE,
    testName: 'a platform that ends older sessions',
  },
  {
    rule: 'a call whose session is gone each time is not repeated for ever',
    file: WAITING,
    find: 'if (gone > MAX_GONE) return false;',
    replace: '',
    noticedBy: SESSION,
  },
  {
    rule: 'a call is repeated within the patience only',
    file: WAITING,
    find: 'if (waitedMs + pauseMs >= limitMs) return false;',
    replace: '',
    noticedBy: SESSION,
  },
  {
    rule: 'the time of an app’s own request takes no patience',
    file: 'lambda/session/session.ts',
    find: 'await repetition.waiting((leftMs) => acquireBoth({ signal, patienceMs: leftMs }));',
    replace:
      'await repetition.waiting((leftMs) => acquireBoth({ signal, patienceMs: leftMs - clock.nowMs() }));',
    noticedBy: SESSION,
  },
];
