/** Work that times itself returns milliseconds. Any other work is timed by the clock. */
export type Row = { what: string; work: () => unknown };

/**
 * Runs the rows in turn, so that everything else the machine does falls on all of them alike. Prints the fastest, the
 * median, and the slowest run of each, in milliseconds.
 */
export async function measure(runs: number, rows: readonly Row[]): Promise<void> {
  const times = rows.map((): number[] => []);
  for (let run = 0; run < runs; run += 1) {
    for (const [at, { work }] of rows.entries()) {
      const startedAt = performance.now();
      const measured = await work();
      times[at]?.push(typeof measured === 'number' ? measured : performance.now() - startedAt);
    }
  }
  printHeads('what, in ms', ['runs', 'fastest', 'median', 'slowest']);
  for (const [at, { what }] of rows.entries()) {
    const { fastest, median, slowest } = spread(times[at] ?? []);
    printRow(what, [runs, ...[fastest, median, slowest].map((ms) => ms.toFixed(2))]);
  }
}

/** Prints the heads of a table, below an empty line. */
export function printHeads(title: string, heads: readonly string[]): void {
  console.log();
  printRow(title, heads);
}

export function printRow(what: string, cells: readonly (string | number)[]): void {
  console.log(what.padEnd(60) + cells.map((cell) => String(cell).padStart(12)).join(''));
}

export function spread(times: readonly number[]): { fastest: number; median: number; slowest: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const [fastest = 0, median = 0, slowest = 0] = [
    sorted[0],
    sorted[Math.floor(sorted.length / 2)],
    sorted.at(-1),
  ];
  return { fastest, median, slowest };
}
