import type { Mutant } from './mutants.ts';

const ALL = 'test/cli/status-all.test.ts';

/** Rules of the operator's tool. */
export const toolMutants: readonly Mutant[] = [
  {
    rule: 'a look at all credentials makes calls beside each other',
    file: 'cli/status-all.ts',
    find: 'export const AT_ONCE = 10;',
    replace: 'export const AT_ONCE = 1;',
    noticedBy: ALL,
  },
  {
    rule: 'a credential that cannot be looked at does not hide the others',
    file: 'cli/status-all.ts',
    find: 'if (aws && concernsEveryCall(aws)) throw failure;',
    replace: 'throw failure;',
    noticedBy: ALL,
  },
  {
    rule: 'a look at all credentials ends where every call would fail',
    file: 'cli/at-once.ts',
    find: '        waiting.length = 0;\n',
    replace: '',
    noticedBy: ALL,
  },
  {
    rule: 'a script can tell a denied look from a credential that needs an operator',
    file: 'cli/failure.ts',
    find: 'return aws && yours(aws) !== undefined ? EXIT.denied : EXIT.act;',
    replace: 'return EXIT.act;',
    noticedBy: 'test/cli/every-command.test.ts',
  },
  {
    rule: 'a log-in that was sent is not hidden behind the fault of its record',
    file: 'cli/trial.ts',
    find: "if (sent === undefined || sent.outcome === 'never-sent') throw failure;",
    replace: 'if (sent !== null) throw failure;',
    noticedBy: 'test/cli/trial.test.ts',
  },
  {
    rule: 'the row of an act is written before the act',
    file: 'cli/rotate.ts',
    find: "  await noteAsked(desk, username, by, { command: 'rotate', secretArn, versionId: token });\n  const { again } = await account.rotate(secretArn, token);",
    replace:
      "  const { again } = await account.rotate(secretArn, token);\n  await noteAsked(desk, username, by, { command: 'rotate', secretArn, versionId: token });",
    noticedBy: 'test/cli/reasons.test.ts',
  },
  {
    rule: 'a message names the act of an operator for a day alone',
    file: 'lambda/ledger/outbox.ts',
    find: 'const isRecent = lastAct !== undefined && alarm.at - lastAct.at < ACT_NAMED_MS;',
    replace: 'const isRecent = lastAct !== undefined;',
    noticedBy: 'test/cli/reasons.test.ts',
  },
  {
    rule: 'a deployment that wants reasons gets one for each act',
    file: 'cli/program.ts',
    find: "if (found?.environment.REASON_REQUIRED !== 'yes') return;",
    replace: 'if (found !== undefined) return;',
    noticedBy: 'test/cli/reasons.test.ts',
  },
  {
    rule: 'an opened answer is announced before it is shown',
    file: 'cli/open.ts',
    find: 'if (options.out !== undefined || options.reveal) await announce(desk, options, answers, username);',
    replace: 'if (options.key === options.out) await announce(desk, options, answers, username);',
    noticedBy: 'test/cli/open.test.ts',
  },
  {
    rule: 'a new version alone is not taken for a new password',
    file: 'cli/report/password-age.ts',
    find: 'if (!known) return { ...made, before: row };',
    replace: 'if (!known) return { after: row, before: row };',
    noticedBy: 'test/cli/report/password-age.test.ts',
  },
  {
    rule: 'a text from outside is no formula in a spreadsheet',
    file: 'cli/report/csv.ts',
    find: 'const FORMULA = /^[=+\\-@\\t\\r＝＋－＠]/;',
    replace: 'const FORMULA = /^\\t/;',
    noticedBy: 'test/cli/report/report.test.ts',
  },
  {
    rule: 'a text from outside stays text in the report',
    file: 'cli/report/markup.ts',
    find: "if (typeof value === 'string') return escaped(value);",
    replace: "if (typeof value === 'string') return value;",
    noticedBy: 'test/cli/report/report.test.ts',
  },
  {
    rule: 'a report replaces no file unless told',
    file: 'cli/report.ts',
    find: 'if (force) replacePrivately(out, text);',
    replace: 'replacePrivately(out, text);\n    if (force) return;',
    noticedBy: 'test/cli/report/report.test.ts',
  },
];
