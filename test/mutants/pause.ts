import type { Mutant } from './mutants.ts';

const LEDGER = 'test/ledger/pause.test.ts';
const ROTATION = 'test/rotation/pause.test.ts';

/** The rules of a pause: what waits for its end, and what the end brings. */
export const pauseMutants: Mutant[] = [
  {
    rule: 'a pause keeps an exchange from beginning',
    file: 'lambda/ledger/reserve.ts',
    find: '    (wanted.begins && state.pause && refusePaused(state, wanted, now)) ??\n',
    replace: '',
    noticedBy: ROTATION,
  },
  {
    rule: 'the write that reserves the exchange asks for a pause again',
    file: 'lambda/ledger/guarded-log-in.ts',
    find: "purpose: 'exchange', exchange: { token } };",
    replace: "purpose: 'exchange', exchange: { token }, begins: undefined as never };",
    noticedBy: ROTATION,
  },
  {
    rule: 'a rotation that a pause refuses is owed',
    file: 'lambda/ledger/pause.ts',
    find: '  owe(state, now);\n  return new DeniedError(',
    replace: '  return new DeniedError(',
    noticedBy: ROTATION,
  },
  {
    rule: 'a rotation whose process died during a pause is owed',
    file: 'lambda/ledger/pause.ts',
    find: 'if (unfinished) owe(state, now);',
    replace: '',
    noticedBy: LEDGER,
  },
  {
    rule: 'an owed rotation is started once a day',
    file: 'lambda/ledger/pause.ts',
    find: "if (startedAt !== undefined && now - startedAt < START_AGAIN_MS) return 'none';",
    replace: '',
    noticedBy: LEDGER,
  },
  {
    rule: 'an owed rotation whose start failed is started again',
    file: 'lambda/ledger/pause.ts',
    find: "return startedAt === undefined ? 'starts' : 'again';",
    replace: "return startedAt === undefined ? 'starts' : 'none';",
    noticedBy: ROTATION,
  },
  {
    rule: 'a rotation that is off is not started after a pause',
    file: 'lambda/ledger/pause.ts',
    find: 'if (!owed || !mayStart)',
    replace: 'if (!owed)',
    noticedBy: ROTATION,
  },
  {
    rule: 'the end of a pause is announced once',
    file: 'lambda/ledger/pause.ts',
    find: 'if (pause && pause.endedAt === undefined) end(',
    replace: 'if (pause) end(',
    noticedBy: LEDGER,
  },
  {
    rule: 'the exchange that begins pays an owed rotation',
    file: 'lambda/ledger/journal.ts',
    find: '  delete state.owed;\n',
    replace: '',
    noticedBy: ROTATION,
  },
  {
    rule: 'the day after a pause is not overdue',
    file: 'lambda/ledger/pause.ts',
    find: '/ DAY_MS - 1) : days',
    replace: '/ DAY_MS) : days',
    noticedBy: LEDGER,
  },
  {
    rule: 'a paused rotation is not a trouble',
    file: 'lambda/rotation/standing-trouble.ts',
    find: "  'RotationPausedError',\n",
    replace: '',
    noticedBy: ROTATION,
  },
  {
    rule: 'a pause explains a rotation that has failed meanwhile',
    file: 'lambda/rotation/standing-trouble.ts',
    find: 'if (isExplained && (failed?.saidAt ?? 0) === 0) return undefined;',
    replace: '',
    noticedBy: ROTATION,
  },
  {
    rule: 'a pause goes with the secret to another username',
    file: 'lambda/rotation/steps.ts',
    find: '      state.pause ??= { ...pause };\n',
    replace: '',
    noticedBy: ROTATION,
  },
];
