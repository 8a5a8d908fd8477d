import { type AuditRow, EVENT } from '../../lambda/ledger/audit-row.ts';
import { meaningOf } from '../../lambda/thingspace/codes.ts';
import { inOrder } from '../audit.ts';
import { iso } from '../times.ts';
import type { RecordRow } from './schema.ts';

/** A row with the name by which the report quotes it. */
export type Numbered = AuditRow & { row: string };

const LOG_INS = new Set(['log-in', 'exchange', 'test', 'probe', 'trial']);

export const isLogIn = ({ purpose }: AuditRow): boolean => LOG_INS.has(purpose);
export const isEvent = ({ purpose }: AuditRow): boolean => purpose === EVENT;
/** An operator's trial is a log-in, too, and a read of the secret out of turn an event. */
export const isAct = (row: AuditRow): boolean =>
  row.purpose === 'trial' || row.outcome === 'secret-read' || !(isLogIn(row) || isEvent(row));

/** A success proves that the password of its version worked. An exchange presents the old one, and makes another. */
export const isProof = ({ purpose, outcome }: AuditRow): boolean =>
  purpose !== 'exchange' && outcome === 'success';
export const isIssue = ({ purpose, outcome }: AuditRow): boolean =>
  purpose === 'exchange' && outcome === 'exchanged';

/**
 * Numbers all rows up to the end, the oldest first: `L1`, `L2`, and on. Times never go back: a row that is a part of a
 * second early for its place gets the time of the row before.
 */
export function numbered(rows: readonly AuditRow[], toMs: number): Numbered[] {
  let latest = 0;
  return inOrder(rows.filter(({ at }) => at < toMs)).map((row, index) => {
    latest = Math.max(latest, row.at);
    return { ...row, at: latest, row: `L${index + 1}` };
  });
}

export const shownRow = (row: Numbered): RecordRow => ({
  row: row.row,
  source: 'ledger',
  id: row.attempt,
  at: iso(row.at),
  actor: row.actor,
  purpose: row.purpose,
  outcome: row.trouble === undefined ? row.outcome : `${row.outcome} (${row.trouble})`,
  code: row.code,
  codeMeans: row.code && meaningOf(row.code).words,
  versionId: row.versionId,
  exposure: row.exposure,
  reason: row.reason,
});

/** Quotes rows shortly: `L3`, `L7–L9`. The rows are given in the order of the record. */
export function quoted(rows: readonly { row: string }[]): string[] {
  const runs: { first: string; last: string; at: number }[] = [];
  for (const { row } of rows) {
    const at = Number(row.slice(1));
    const run = runs.at(-1);
    if (run && run.last[0] === row[0] && run.at + 1 === at) Object.assign(run, { last: row, at });
    else if (run?.last !== row) runs.push({ first: row, last: row, at });
  }
  return runs.map(({ first, last }) => (first === last ? first : `${first}–${last}`));
}

/** Every row that quotes name. */
export const unquoted = (quotes: readonly string[]): string[] =>
  quotes.flatMap((quote) => {
    const [first = '', last = first] = quote.split('–');
    const [from, to] = [Number(first.slice(1)), Number(last.slice(1))];
    return Array.from({ length: to - from + 1 }, (_, n) => `${first[0]}${from + n}`);
  });
