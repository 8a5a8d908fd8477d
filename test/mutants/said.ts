import type { Mutant } from './mutants.ts';

const SAID = 'test/rotation/what-is-said.test.ts';
const CLAIMS = 'test/local/judge/claims.test.ts';

/** Rules of the claims in messages, errors and verdicts (G11), and of the judge that reads them. */
export const saidMutants: Mutant[] = [
  {
    rule: 'the steps in an error are those of its situation',
    file: 'lambda/rotation/put-back.ts',
    find: "toDo(without(currentDead.todo, 'recover'),",
    replace: "toDo([{ do: 'unlocked' }],",
    noticedBy: 'test/ledger/whole-protocol.test.ts',
  },
  {
    rule: 'a loss without a sealed answer has no step to open one',
    file: 'lambda/ledger/reserve.ts',
    find: "without(password.lost.todo, 'open')",
    replace: 'password.lost.todo',
    noticedBy: 'test/rotation/lost.test.ts',
  },
  {
    rule: 'status shows the steps of its verdict, not those of an error beside them',
    file: 'lambda/situations/steps.ts',
    find: 'text.split(TO_DO, 1)[0] as string',
    replace: 'text',
    noticedBy: 'test/cli/status.test.ts',
  },
  {
    rule: 'the guard calls only its own request not sent',
    file: 'lambda/ledger/errors.ts',
    find: "closing = 'The request was not sent to ThingSpace.'",
    replace: "closing = 'Nothing was sent to ThingSpace.'",
    noticedBy: SAID,
  },
  {
    rule: 'an exchange that is not settled is not called safe',
    file: 'lambda/rotation/recovery.ts',
    find: 'Nothing is begun, and what is sealed stays kept.',
    replace: 'Nothing is begun and nothing is lost.',
    noticedBy: SAID,
  },
  {
    rule: 'a spent budget is seen behind a refused password',
    file: 'cli/verdict.ts',
    find: 'budgets !== undefined && settled(state) >= budgets.budget',
    replace: '(false as boolean)',
    noticedBy: 'test/cli/every-state.test.ts',
  },
  {
    rule: 'status calls AWSCURRENT dead only while it is on the version that the sealed password replaced',
    file: 'cli/verdict.ts',
    find: 'if (holder?.credential && !holderDead && holder.versionId !== journal.oldVersion) {',
    replace: 'if (now < 0) {',
    noticedBy: 'test/cli/every-state.test.ts',
  },
  {
    rule: 'status is not well while a function that speaks REST finds no key',
    file: 'cli/verdict.ts',
    find: 'if (keyMissing) return',
    replace: 'if (keyMissing === undefined) return',
    noticedBy: 'test/cli/status.test.ts',
  },
  {
    rule: 'an answer that arrived and could not be read is not called missing',
    file: 'lambda/rotation/unknown-outcome.ts',
    find: "const answerIsKept = 'envelope' in journal && journal.envelope !== undefined;",
    replace: "const answerIsKept = 'envelope' in journal && journal.envelope === '';",
    noticedBy: 'test/rotation/answers.test.ts',
  },
  {
    rule: 'a loss names the sealed answer that could not be read',
    file: 'lambda/rotation/unknown-outcome.ts',
    find: 'throw credentialLostError(username, lost);',
    replace: 'throw credentialLostError(username, { ...lost, envelope: undefined });',
    noticedBy: 'test/rotation/answers.test.ts',
  },
  {
    rule: 'status promises nothing while the guard keeps the sealed password from being proven',
    file: 'cli/verdict.ts',
    find: 'if (budgets && sealedNeedsLogIn(sight) &&',
    replace: 'if (budgets && sight.now < 0 &&',
    noticedBy: 'test/cli/every-state.test.ts',
  },
  {
    rule: 'the judge calls a claim true only when some moment shows it',
    file: 'local/judge/falsehoods.ts',
    find: '!moments.some(',
    replace: '!moments.every(',
    noticedBy: CLAIMS,
  },
  {
    rule: 'the judge asks for a proof that is younger than the trouble',
    file: 'local/judge/claims.ts',
    find: 'accepted && atMs >= sinceMs - SKEW_MS',
    replace: 'accepted',
    noticedBy: CLAIMS,
  },
  {
    rule: 'a read that is repeated is noted, and not announced',
    file: 'lambda/rotation/secret-read.ts',
    find: 'if (state.readsSaid[who] !== undefined) return false;',
    replace: '',
    noticedBy: 'test/rotation/secret-read.test.ts',
  },
  {
    rule: 'a read that waits under the secret’s ARN is published by the daily check',
    file: 'lambda/rotation/standing-trouble.ts',
    find: 'if (outbox.length > 0) await ledger.publishOutbox(secretArn, deadlineMs);',
    replace: '',
    noticedBy: 'test/rotation/secret-read.test.ts',
  },
];
