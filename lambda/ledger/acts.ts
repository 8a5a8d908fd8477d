import type { Item } from './items.ts';

/**
 * An operator's act on a credential. Its row stays in the audit trail, and the messages of the day after it name it: the
 * reader of a message sees who did what before it, and why.
 */
export type Act = {
  /** The id of its row. */
  id: string;
  actor: string;
  /** The command of the tool. */
  command: string;
  /** `asked` where the function or Secrets Manager does the rest. */
  outcome: string;
  secretArn: string;
  versionId?: string;
  /** The ticket, or a few words: at most 200 visible characters. */
  reason?: string | undefined;
};

/** Records an act in an item: a row of the audit trail, and the last act for the messages that follow. */
export function noteAct(item: Item, act: Act, exposure: number, now: number): void {
  const { id, actor, command, outcome, secretArn, versionId = '', reason } = act;
  const row = { attempt: id, at: now, actor, purpose: command, secretArn, versionId, outcome, exposure };
  item.auditRows.push({ ...row, ...reasonIn(reason) });
  lastActIs(item, { command, actor, reason }, now);
}

/** Records the last act alone, where the row is written with the outcome. */
export function lastActIs(
  item: Pick<Item, 'lastAct'>,
  { command, actor, reason }: Pick<Act, 'command' | 'actor' | 'reason'>,
  now: number,
): void {
  item.lastAct = { command, actor, at: now, ...reasonIn(reason) };
}

const reasonIn = (reason: string | undefined) => (reason === undefined ? {} : { reason });
