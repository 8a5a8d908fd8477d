import type { Mutant } from './mutants.ts';

const FLEET = 'test/client/fleet.test.ts';
const SESSION = 'test/client/session.test.ts';
const LEASE = 'test/client/lease.test.ts';
const ALONE = 'test/client/without-ledger.test.ts';
const ITEM = 'client/session-item.ts';

/** The rules for readers: each is what keeps a fleet from locking its username. */
export const clientMutants: Mutant[] = [
  {
    rule: 'a process asks for one session at a time',
    file: 'client/session.ts',
    find: 'if (!obtaining) {',
    replace: 'if (true) {',
    noticedBy: SESSION,
  },
  {
    rule: 'an idle session is not used beyond its limit',
    file: 'client/session.ts',
    find: 'clock.nowMs() - held.usedAtMs < IDLE_LIMIT_MS',
    replace: 'clock.nowMs() - held.usedAtMs <= IDLE_LIMIT_MS',
    noticedBy: SESSION,
  },
  {
    rule: 'nothing but a session that is gone is repeated',
    file: 'client/session.ts',
    find: 'if (!saysSessionGone(failure)) throw failure;',
    replace: '',
    noticedBy: SESSION,
  },
  {
    rule: 'a token that is gone is not handed out again',
    file: 'client/session.ts',
    find: 'while (session.generation <= gone) session = await obtain(options);',
    replace: '',
    noticedBy: SESSION,
  },
  {
    rule: 'the last use is noted every five minutes at most',
    file: 'client/session.ts',
    find: 'if (now - session.notedAtMs >= COARSE_MS) {',
    replace: 'if (now > session.notedAtMs) {',
    noticedBy: SESSION,
  },
  {
    rule: 'the use of one process keeps the session for the others',
    file: ITEM,
    find: 'state.lastUsedAt = now;',
    replace: 'state.revision += 0;',
    noticedBy: FLEET,
  },
  {
    rule: 'one process of the fleet logs in at a time',
    file: ITEM,
    find: "if (lease && lease.owner !== owner && now < lease.until) return { kind: 'others', until: lease.until };",
    replace: '',
    noticedBy: LEASE,
  },
  {
    rule: 'a lease ends',
    file: ITEM,
    find: 'lease.owner !== owner && now < lease.until)',
    replace: 'lease.owner !== owner)',
    noticedBy: FLEET,
  },
  {
    rule: 'who lost the lease publishes nothing',
    file: ITEM,
    find: 'if (state.lease?.owner !== owner) return undefined;',
    replace: '',
    noticedBy: FLEET,
  },
  {
    rule: 'a session that is gone for one is gone for all',
    file: ITEM,
    find: 'state.goneUpTo = Math.max(state.goneUpTo, Math.min(gone, state.generation));',
    replace: '',
    noticedBy: LEASE,
  },
  {
    rule: 'a session that was opened with another secret is not used',
    file: ITEM,
    find: 'state.secretArn === secretArn && usable',
    replace: 'usable',
    noticedBy: LEASE,
  },
  {
    rule: 'what a refusal says is believed of its own version only',
    file: ITEM,
    find: '(current === undefined || current === stop.versionId)',
    replace: 'true',
    noticedBy: LEASE,
  },
  {
    rule: 'after a refusal only another version is presented',
    file: 'client/log-in.ts',
    find: 'current !== versionId) return true;',
    replace: 'current !== undefined) return true;',
    noticedBy: 'test/client/log-in.test.ts',
  },
  {
    rule: 'after a refusal another version is looked for',
    file: 'client/log-in.ts',
    find: 'if (!(await anotherVersion(parts, credential.versionId, deadlineMs))) return first;',
    replace: 'return first;',
    noticedBy: FLEET,
  },
  {
    rule: 'sealing works before anything is presented',
    file: 'client/sources.ts',
    find: "await sealer.seal('sealing works', secretArn);",
    replace: '',
    noticedBy: FLEET,
  },
  {
    rule: 'the lease is given back when something failed',
    file: 'client/sources.ts',
    find: '    } catch (failure) {\n      await giveBack(owner, credential, undefined);\n      throw failure;\n    }\n    if (moved)',
    replace: '    } catch (failure) {\n      throw failure;\n    }\n    if (moved)',
    noticedBy: FLEET,
  },
  {
    rule: 'what passes is waited for',
    file: 'client/stop.ts',
    find: "why === 'exchange' || why === 'others'",
    replace: "why === 'others'",
    noticedBy: FLEET,
  },
  {
    rule: 'without the ledger a refused version is not presented again',
    file: 'client/guards.ts',
    find: 'if (counts) refused.add(versionId);',
    replace: '',
    noticedBy: ALONE,
  },
  {
    rule: 'without the ledger the pauses grow',
    file: 'client/guards.ts',
    find: 'Math.min(second * 2 ** (failures - 2), LONGEST_WAIT_MS)',
    replace: 'second',
    noticedBy: ALONE,
  },
];
