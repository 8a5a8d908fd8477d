import type { Entry } from './record.ts';

/** How many log-ins in a row may fail: the automation's own limit, and the number that locks the username. */
export type Limits = { budget: number; limit: number };

const COLUMN = 9;
/** The last changes of the count: a plot of more would not fit into 100 columns. */
const MAX_COLUMNS = 8;

/**
 * Draws ThingSpace's count of failed log-ins in a row, one column for each change, against the two limits.
 * @param timeOf writes the time of a column, in at most eight characters
 * @returns no line where no log-in failed
 */
export function counterPlot(
  entries: readonly Entry[],
  { budget, limit }: Limits,
  timeOf: (atMs: number) => string,
): string[] {
  const counts = countsOf(entries).slice(-MAX_COLUMNS);
  if (counts.length === 0) return [];
  const width = counts.length * COLUMN;
  const meaning = (level: number): string => {
    if (level === limit) return 'ThingSpace locks the username';
    return level === budget ? 'the automation’s limit' : '';
  };
  const rows = Array.from({ length: limit }, (_, at) => limit - at).map((level) => {
    const line = { [limit]: '━', [budget]: '╌' }[level] ?? ' ';
    const cells = counts.map(({ count }) =>
      count >= level ? '█'.repeat(COLUMN - 2).padEnd(COLUMN, line) : line.repeat(COLUMN),
    );
    return `${level} ┤${line}${cells.join('')} ${meaning(level)}`.trimEnd();
  });
  const times = counts.map(({ atMs }) => timeOf(atMs).trim().padEnd(COLUMN)).join('');
  return ['Failed log-ins in a row:', ...rows, `0 ┼${'─'.repeat(width + 1)}`, `   ${times}`.trimEnd()];
}

/** Returns each change of the count, from its first failure on. */
function countsOf(entries: readonly Entry[]): { atMs: number; count: number }[] {
  const counts: { atMs: number; count: number }[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'moment') continue;
    const { atMs, moment } = entry;
    if (moment.what === 'failed-log-in') counts.push({ atMs, count: moment.consecutiveFailures });
    const isCleared = moment.what === 'logged-in' || moment.what === 'count-cleared';
    if (isCleared && (counts.at(-1)?.count ?? 0) > 0) counts.push({ atMs, count: 0 });
  }
  return counts;
}
