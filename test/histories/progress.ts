/** One line a suite: while it is played on a terminal, and when it has ended everywhere. */
export function progressOf(suite: string, total: number) {
  const startedAtMs = performance.now();
  const ends = new Map<string, number>();
  let done = 0;
  const line = (tail: string) => {
    const seconds = (performance.now() - startedAtMs) / 1000;
    const rate = (done / Math.max(seconds, 0.001)).toFixed(done < 10 * seconds ? 1 : 0);
    return `${suite.padEnd(20)} ${String(done).padStart(6)} of ${total}  ${seconds.toFixed(0).padStart(4)} s  ${rate.padStart(5)}/s  ${tail}`;
  };
  const show = (text: string) =>
    process.stdout.write(`\r\x1b[K${text.slice(0, (process.stdout.columns ?? 100) - 1)}`);
  return {
    ended(name: string, end: string): void {
      done += 1;
      ends.set(end, (ends.get(end) ?? 0) + 1);
      if (process.stdout.isTTY) show(line(name));
    },
    /** Prints the line that stays. */
    close(): void {
      const tallied = [...ends].sort(([, a], [, b]) => b - a).slice(0, 4);
      if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
      console.log(
        line(
          tallied
            .map(([end, count]) => (/^\d/.test(end) ? `${count} × (${end})` : `${count} ${end}`))
            .join('; '),
        ),
      );
    },
  };
}
