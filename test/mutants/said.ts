import type { Mutant } from './mutants.ts';

const SAID = 'test/rotation/what-is-said.test.ts';
const CLAIMS = 'test/local/judge/claims.test.ts';

/** Rules of the claims in messages, errors and verdicts (G11), and of the judge that reads them. */
export const saidMutants: Mutant[] = [
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
    rule: 'status calls AWSCURRENT dead only while it is on the version that the sealed password replaced',
    file: 'cli/verdict.ts',
    find: 'if (holder?.credential && !holderDead && holder.versionId !== journal.oldVersion) {',
    replace: 'if (now < 0) {',
    noticedBy: SAID,
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
];
