import { DAY_MS, HOUR_MS, iso } from '../times.ts';
import { isEvent, isIssue, isProof, type Numbered } from './ledger-rows.ts';
import type { Period } from './period.ts';
import type { Age, Segment } from './schema.ts';

/** The time in which a password was made, as far as rows show it. */
type Made = { after?: Numbered | undefined; before?: Numbered | undefined };
type Change = { at: number; made: Made };

/**
 * Follows the password of the username through the rows. One password works at a time, and a version's password never
 * changes, so a log-in with a version proves which password it is. A version may hold the password of the version before
 * it (an edit of another member), so a new version alone proves no new password.
 */
function changesIn(rows: readonly Numbered[]): Change[] {
  const changes: Change[] = [];
  const ofVersion = new Map<string, Made>();
  let made: Made = {};
  let lastProof: Numbered | undefined;
  for (const row of rows) {
    const next = nextMade(row, made, lastProof, ofVersion);
    if (isProof(row)) {
      lastProof = row;
      if (row.versionId !== '' && !ofVersion.has(row.versionId)) ofVersion.set(row.versionId, next);
    }
    if (next.after === made.after && next.before === made.before) continue;
    made = next;
    changes.push({ at: row.at, made });
  }
  return changes;
}

function nextMade(
  row: Numbered,
  made: Made,
  lastProof: Numbered | undefined,
  ofVersion: ReadonlyMap<string, Made>,
): Made {
  if (isIssue(row)) return { after: row, before: row };
  if (isProof(row)) {
    const known = ofVersion.get(row.versionId);
    if (!known) return { ...made, before: row };
    // A log-in with a replaced password was executed before the exchange, and recorded after it.
    return known.before && made.after && known.before.at < made.after.at ? made : known;
  }
  if (!isEvent(row)) return made;
  // The password may be a new one, or still the old one.
  if (row.outcome === 'password-unknown') return { ...made, before: row };
  // There was an exchange after the last log-in with the password that it replaced.
  const isExchange =
    row.outcome === 'password-lost' || (row.outcome === 'rolled-forward' && !isFixed(made, lastProof));
  return isExchange ? { after: lastProof, before: row } : made;
}

/** Reports whether the issue is on record since the last log-in: then its own row is the better one. */
const isFixed = ({ after }: Made, lastProof: Numbered | undefined): boolean =>
  after !== undefined && isIssue(after) && (lastProof === undefined || after.at >= lastProof.at);

/** Returns the passwords of the period, one after the other; the first segment may begin without any row. */
export function segmentsOf(rows: readonly Numbered[], { fromMs, toMs }: Period): Segment[] {
  const all = [{ at: Number.NEGATIVE_INFINITY, made: {} as Made }, ...changesIn(rows)];
  return all.flatMap(({ at, made }, index) => {
    const from = Math.max(at, fromMs);
    const to = Math.min(all[index + 1]?.at ?? toMs, toMs);
    if (from >= to) return [];
    const bound = (row: Numbered) => ({ at: iso(row.at), row: row.row });
    const madeAfter = made.after && bound(made.after);
    const madeBefore = made.before && bound(made.before);
    return [{ from: iso(from), to: iso(to), madeAfter, madeBefore }];
  });
}

const wholeDays = (ms: number): number => Math.max(0, Math.floor(ms / DAY_MS));

/** The age of a segment's password at a time. */
export function ageAt({ madeAfter, madeBefore }: Segment, atMs: number): Age {
  if (!madeBefore) return { known: 'no' };
  const atLeastDays = wholeDays(atMs - Date.parse(madeBefore.at));
  if (!madeAfter) return { known: 'at least', atLeastDays };
  const atMostDays = wholeDays(atMs - Date.parse(madeAfter.at));
  return atMostDays === atLeastDays
    ? { known: 'exactly', days: atMostDays }
    : { known: 'between', atLeastDays, atMostDays };
}

/** The highest age that the record allows, which an auditor has to assume. */
export const highestDays = (age: Age): number =>
  age.known === 'exactly'
    ? age.days
    : age.known === 'between'
      ? age.atMostDays
      : age.known === 'at least'
        ? age.atLeastDays
        : -1;

/** The oldest password of the period, at the end of its segment. */
export function oldest(segments: readonly Segment[]): Age | undefined {
  const ages = segments.map((segment) => ageAt(segment, Date.parse(segment.to)));
  return ages.filter(({ known }) => known !== 'no').sort((a, b) => highestDays(b) - highestDays(a))[0];
}

export type OverAge = {
  fromMs: number;
  toMs: number;
  isOpen: boolean;
  isCertain: boolean;
  days: number;
  row: string;
};

/**
 * Returns the times in which a password was older than the limit, or may have been. Ages are whole days: the limit is
 * passed when the password is a day older.
 */
export function timesOver(segments: readonly Segment[], limitDays: number, toMs: number): OverAge[] {
  const limitMs = (limitDays + 1) * DAY_MS;
  return segments.flatMap(({ from, to, madeAfter, madeBefore }) => {
    const [begins, ends] = [Date.parse(from), Date.parse(to)];
    const over = (made: Segment['madeAfter'], untilMs: number, isCertain: boolean): OverAge[] => {
      if (!made) return [];
      const madeMs = Date.parse(made.at);
      const fromMs = Math.max(begins, madeMs + limitMs);
      // A range shorter than an hour is the time between the rows of one rotation.
      if (fromMs + (isCertain ? 0 : HOUR_MS) >= untilMs) return [];
      const days = wholeDays(untilMs - madeMs);
      return [{ fromMs, toMs: untilMs, isOpen: untilMs === toMs, isCertain, days, row: made.row }];
    };
    const certain = over(madeBefore, ends, true);
    return [...over(madeAfter, certain[0]?.fromMs ?? ends, false), ...certain];
  });
}
