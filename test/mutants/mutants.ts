/**
 * The rules of the protocol, each taken out of the code by one edit. Without the rule some test must
 * fail: otherwise the test proves nothing, or nothing needs the rule.
 */
export type Mutant = {
  /** The rule that is taken out, as docs/design.md names it. */
  rule: string;
  file: string;
  find: string;
  replace: string;
  /** Where it must be noticed (a path that vitest takes). */
  noticedBy: string;
};

const LEDGER = 'test/ledger/schedules.test.ts';
const RULES = 'test/rotation/rules.test.ts';
const OVERLAP = 'test/rotation/overlap.test.ts';

export const mutants: Mutant[] = [
  {
    rule: 'an attempt of unknown outcome stays in flight',
    file: 'lambda/ledger/settle.ts',
    find: 'attempt.unknownAt = now;',
    replace: 'delete state.inFlight[id];',
    noticedBy: LEDGER,
  },
  {
    rule: 'it stays there until the platform can no longer execute it',
    file: 'lambda/ledger/times.ts',
    find: 'SETTLING_MS = 20 * MINUTE_MS',
    replace: 'SETTLING_MS = 2 * MINUTE_MS',
    noticedBy: LEDGER,
  },
  {
    rule: 'what was swept becomes a failure',
    file: 'lambda/ledger/sweep.ts',
    find: 'state.failed += 1;',
    replace: '',
    noticedBy: LEDGER,
  },
  {
    rule: 'a success lowers the marks of those in flight',
    file: 'lambda/ledger/settle.ts',
    find: 'for (const other of Object.values(state.inFlight)) other.mark = Math.max(0, other.mark - mark);',
    replace: '',
    noticedBy: LEDGER,
  },
  {
    rule: 'a success clears no more than its mark',
    file: 'lambda/ledger/settle.ts',
    find: 'state.failed = Math.max(0, state.failed - mark);',
    replace: 'state.failed = 0;',
    noticedBy: LEDGER,
  },
  {
    rule: 'GetNewPassword’s success clears nothing',
    file: 'lambda/ledger/settle.ts',
    find: "    case 'exchanged':\n      delete state.inFlight[id];",
    replace: "    case 'exchanged':\n      delete state.inFlight[id];\n      state.failed = 0;",
    noticedBy: LEDGER,
  },
  {
    rule: 'a failure counts also when its attempt was swept meanwhile',
    file: 'lambda/ledger/settle.ts',
    find: "    case 'failure':\n      delete state.inFlight[id];\n      state.unknowns = 0;\n      state.failed += 1;",
    replace:
      "    case 'failure':\n      delete state.inFlight[id];\n      state.unknowns = 0;\n      if (attempt) state.failed += 1;",
    noticedBy: 'test/ledger',
  },
  {
    rule: 'the old version guards roll forward: an old envelope never overwrites a newer password',
    file: 'lambda/rotation/roll-forward.ts',
    find: 'const changed = current.versionId !== journal.oldVersion;',
    replace: "const changed = current.versionId === 'never';",
    noticedBy: RULES,
  },
  {
    rule: 'test and finish only while AWSCURRENT is on the token',
    file: 'lambda/rotation/steps.ts',
    find: 'if (secret.stages.get(token)?.includes(AWSCURRENT)) return secret;',
    replace: 'if (secret) return secret;',
    noticedBy: OVERLAP,
  },
  {
    rule: 'lastToken: no second exchange under one token',
    file: 'lambda/rotation/rest.ts',
    find: "if (token !== undefined && journal.lastToken === token) return { rest: 'stored', current };",
    replace: '',
    noticedBy: OVERLAP,
  },
  {
    rule: 'the journal’s changes are conditional on the attempt',
    file: 'lambda/ledger/journal.ts',
    find: "journal.state !== 'idle' && journal.attempt === attempt ? journal",
    replace: "journal.state !== 'idle' && attempt !== '' ? journal",
    noticedBy: 'test/ledger/journal.test.ts',
  },
  {
    rule: 'an envelope whose turn has passed goes to the orphans',
    file: 'lambda/ledger/journal.ts',
    find: '  if (!exchange) {\n    state.orphans[attempt] = envelope;\n    return;\n  }',
    replace: '  if (!exchange) return;',
    noticedBy: RULES,
  },
  {
    rule: 'look before probing: the sealed answer in the log',
    file: 'lambda/rotation/resolve.ts',
    find: 'if (found === undefined) return false;',
    replace: 'if (found !== null) return false;',
    noticedBy: 'test/rotation/every-boundary.test.ts',
  },
  {
    rule: 'look before probing: the token’s version',
    file: 'lambda/rotation/rest.ts',
    find: '(await isStored(rotation, errand, token, seen))',
    replace: 'token === ""',
    noticedBy: RULES,
  },
  {
    rule: 'only rotation writes `lost`: an app’s refusal changes nothing in the journal',
    file: 'lambda/ledger/settle.ts',
    find: "    case 'failure':\n",
    replace:
      "    case 'failure':\n      if (state.journal.state === 'exchanging') state.journal = { ...state.journal, state: 'lost', since: now };\n",
    noticedBy: RULES,
  },
  {
    rule: 'the version is part of the fingerprint',
    file: 'lambda/ledger/fingerprint.ts',
    find: 'versionId}:$',
    replace: 'hash}:$',
    noticedBy: 'test/ledger',
  },
  {
    rule: 'a refusal that may not be about the password is released once',
    file: 'lambda/ledger/reserve.ts',
    find: 'const mayBeReleased = refused.releasable && !refused.released;',
    replace: 'const mayBeReleased = false;',
    noticedBy: 'test/ledger/reserve.test.ts',
  },
  {
    rule: 'a refused password is not presented again',
    file: 'lambda/ledger/reserve.ts',
    find: 'if (!refused) return undefined;',
    replace: 'if (refused !== null) return undefined;',
    noticedBy: 'test/ledger',
  },
  {
    rule: 'after a missed answer the next log-in waits',
    file: 'lambda/ledger/reserve.ts',
    find: 'if (unknowns === 0) return undefined;',
    replace: 'if (unknowns >= 0) return undefined;',
    noticedBy: 'test/ledger/reserve.test.ts',
  },
  {
    rule: 'the last unit is kept for a version that was not presented since the last success',
    file: 'lambda/ledger/reserve.ts',
    find: 'const mayUse = fresh ? budgets.budget : Math.min(share, Math.max(1, budgets.budget - 1));',
    replace: 'const mayUse = share;',
    noticedBy: 'test/ledger',
  },
  {
    rule: 'the budget: nobody presents anything once it is used up',
    file: 'lambda/ledger/reserve.ts',
    find: 'if (used < mayUse) return undefined;',
    replace: 'if (used < mayUse + 1) return undefined;',
    noticedBy: LEDGER,
  },
  {
    rule: 'a person’s trial never reaches the failure that locks',
    file: 'lambda/ledger/reserve.ts',
    find: 'if (used < budgets.limit - 1) return undefined;',
    replace: 'if (used < budgets.limit) return undefined;',
    noticedBy: 'test/ledger',
  },
  {
    rule: 'the lease is longer than any owner',
    file: 'lambda/ledger/times.ts',
    find: 'LEASE_MS = 20 * MINUTE_MS',
    replace: 'LEASE_MS = 10 * MINUTE_MS',
    noticedBy: RULES,
  },
  {
    rule: 'the old password is barred from receipt on',
    file: 'lambda/ledger/journal.ts',
    find: 'oldHash }: ExchangeJournal, now: number): void {',
    replace: 'oldHash }: ExchangeJournal, now: number): void {\n  if (now > 0) return;',
    noticedBy: RULES,
  },
  {
    rule: 'the recover event finishes what waits',
    file: 'lambda/rotation/steps.ts',
    find: '  await bringToRest(rotation, errand);\n}',
    replace: '}',
    noticedBy: RULES,
  },
  {
    rule: '`lost` sends nothing',
    file: 'lambda/ledger/reserve.ts',
    find: "if (journal.state !== 'lost' || wanted.versionId !== journal.oldVersion) return undefined;",
    replace: 'if (wanted) return undefined;',
    noticedBy: RULES,
  },
  {
    rule: 'seal first: the answer leaves the process before anything else is done with it',
    file: 'lambda/rotation/exchange.ts',
    find: '  writeSealed(rotation, attempt, envelopes);\n',
    replace: '',
    noticedBy: 'test/rotation/every-boundary.test.ts',
  },
  {
    rule: 'an alarm that was not published stays in the outbox',
    file: 'lambda/ledger/ledger.ts',
    find: "if ((await alarms.publish(alarm, { timeoutMs })) === 'published') published.push(alarm.id);",
    replace: 'await alarms.publish(alarm, { timeoutMs });\n      published.push(alarm.id);',
    noticedBy: 'test/rotation/outages.test.ts',
  },
  {
    rule: 'a write whose answer was lost recognises itself',
    file: 'lambda/ledger/change.ts',
    find: 'if (landed !== undefined) return',
    replace: 'if (landed === null) return',
    noticedBy: 'test/ledger/change.test.ts',
  },
  {
    rule: 'no code path presents a password without a reservation',
    file: 'lambda/rotation/steps.ts',
    find: "const session = await logIn(rotation, step, { versionId: token, ...credential }, 'test');",
    replace:
      "const { username, password } = credential;\n  const direct = await rotation.api.logIn(username, password, { timeoutMs: 1_000 });\n  const session = direct.outcome === 'done' ? direct.value : '';",
    noticedBy: 'test/rotation/every-boundary.test.ts',
  },
];
