import { iso } from '../times.ts';
import { type Numbered, quoted } from './ledger-rows.ts';
import type { Period } from './period.ts';
import type { Exception } from './schema.ts';

/** The kind of an exception that is a pause of the rotations. */
export const PAUSED = 'paused';

/** The row of the command `pause` has its end as the outcome. */
const untilOf = ({ purpose, outcome }: Numbered): number | undefined => {
  const until = purpose === 'pause' ? Date.parse(/^until (\S+Z)$/.exec(outcome)?.[1] ?? '') : Number.NaN;
  return Number.isNaN(until) ? undefined : until;
};

/** Returns the pauses that reach into the period. A later pause replaces an earlier one, and `resume` ends it. */
export function pausesIn(rows: readonly Numbered[], { fromMs, toMs }: Period): Exception[] {
  const found: { row: Numbered; endsMs: number; by?: Numbered }[] = [];
  for (const row of rows) {
    const last = found.at(-1);
    const until = untilOf(row);
    if ((until !== undefined || row.purpose === 'resume') && last && row.at < last.endsMs)
      Object.assign(last, { endsMs: row.at, by: row });
    if (until !== undefined) found.push({ row, endsMs: until });
  }
  return found
    .filter(({ endsMs }) => endsMs >= fromMs)
    .map(({ row, endsMs, by }) => ({
      kind: PAUSED,
      from: iso(row.at),
      to: endsMs < toMs ? iso(endsMs) : undefined,
      words: `An operator paused the rotations: until its end no rotation begins.${row.reason === undefined ? '' : ` The reason given: ${row.reason}.`}`,
      rows: quoted(by ? [row, by] : [row]),
    }));
}
