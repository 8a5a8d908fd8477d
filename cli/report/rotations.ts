import { iso } from '../times.ts';
import { isEvent, isIssue, type Numbered, quoted } from './ledger-rows.ts';
import type { Period } from './period.ts';
import type { Rotation } from './schema.ts';

const isFinish = (row: Numbered): boolean =>
  isEvent(row) && (row.outcome === 'password-rotated' || row.outcome === 'rolled-forward');

type Open = { issue?: Numbered; finish?: Numbered };

/**
 * Joins the row of each new password with the row of its rotation's end. Either may be missing: a process died before the
 * answer was counted, the end is later, or the row is older than the record.
 */
export function rotationsIn(rows: readonly Numbered[], { fromMs, toMs }: Period): Rotation[] {
  const found: Open[] = [];
  for (const row of rows) {
    const last = found.at(-1);
    if (isIssue(row)) found.push({ issue: row });
    else if (isFinish(row) && last?.issue && !last.finish) last.finish = row;
    // A password that was rolled forward may also end its own rotation.
    else if (isFinish(row) && !(last?.finish?.token === row.token && row.token !== undefined))
      found.push({ finish: row });
  }
  return found
    .filter(({ issue, finish }) => {
      const at = (finish ?? issue)?.at ?? 0;
      return fromMs <= at && at < toMs;
    })
    .map(({ issue, finish }) => ({
      issuedAt: issue && iso(issue.at),
      finishedAt: finish && iso(finish.at),
      how:
        finish === undefined ? 'issued' : finish.outcome === 'rolled-forward' ? 'rolled-forward' : 'rotated',
      token: finish?.token,
      rows: quoted([issue, finish].filter((row) => row !== undefined)),
    }));
}
