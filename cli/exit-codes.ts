/** How a command ends, for scripts. docs/runbook.md has the same table. */
export const EXIT = { well: 0, act: 1, wrong: 2, continues: 3, denied: 4, cancelled: 130 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The meaning of each code. */
export const EXIT_CODES: Readonly<Record<ExitCode, string>> = {
  [EXIT.well]: 'done, all is well',
  [EXIT.act]: 'an operator must act, or it failed',
  [EXIT.wrong]: 'called wrongly, nothing was done',
  [EXIT.continues]: 'not over, continues by itself',
  [EXIT.denied]: 'AWS denied or throttled a call of yours, or was not reached',
  [EXIT.cancelled]: 'you cancelled it',
};
