import pc from 'picocolors';
import { counterPlot, type Limits } from './counter-plot.ts';
import { sinceStart, wrap } from './print.ts';
import type { Entry } from './record.ts';
import { storyOf } from './story.ts';

/** A guarantee looked at after the fact. `what` says what must hold. */
export type Check = { what: string; held: boolean };

/** The result of one played scenario (or of one rotation of several). */
export type Report = {
  title: string;
  entries: readonly Entry[];
  checks: readonly Check[];
  /** Wall-clock time it took to play. */
  durationMs: number;
  logIns: { failed: number; worstInARow: number; budget: number; limit: number };
};

export const held = (reports: readonly Report[]): boolean =>
  reports.every(({ checks }) => checks.every((check) => check.held));

/** Returns the failed log-ins that the platform counted while the timeline ran. */
export function logInsOf(entries: readonly Entry[], limits: Limits): Report['logIns'] {
  const counts = entries.flatMap((entry) =>
    entry.kind === 'moment' && entry.moment.what === 'failed-log-in'
      ? [entry.moment.consecutiveFailures]
      : [],
  );
  return { failed: counts.length, worstInARow: Math.max(0, ...counts), ...limits };
}

const HEAD = 13;

/** Tells a report in a few lines, and draws the count of failed log-ins where one failed. */
export function printStory(
  { entries, logIns }: Report,
  { write, startedAtMs, width = 110 }: { write(text: string): void; startedAtMs: number; width?: number },
): void {
  for (const { atMs, text } of storyOf(entries, logIns.limit)) {
    const at = sinceStart(atMs - startedAtMs);
    wrap(text, Math.max(40, width - HEAD)).forEach((line, nth) => {
      write(`${(nth === 0 ? at : '').padEnd(HEAD)}${line}\n`);
    });
  }
  const plot = counterPlot(entries, logIns, (atMs) => sinceStart(atMs - startedAtMs));
  if (plot.length > 0) write(`\n${plot.map((line) => `  ${line}\n`).join('')}`);
}

export function printChecks(
  { checks, logIns }: Report,
  write: (text: string) => void,
  colour: boolean,
): void {
  const c = pc.createColors(colour);
  write(
    `\nLog-ins that failed: ${logIns.failed}; most in a row: ${logIns.worstInARow} (${logIns.limit} lock the username)\n\n`,
  );
  for (const { what, held } of checks) write(`${held ? c.green('  ok    ') : c.red('  FAILED')} ${what}\n`);
}

/** One line for one of many rotations. */
export function printRotationLine(report: Report, write: (text: string) => void): void {
  const right = report.entries.flatMap((entry) =>
    entry.kind === 'moment' && entry.moment.what === 'current-is-right' ? [entry.moment.staleMs] : [],
  );
  const failed = report.checks.filter((check) => !check.held).map(({ what }) => what);
  const stale =
    right.length > 0 ? `AWSCURRENT right after ${Math.max(...right)} ms` : 'AWSCURRENT never right';
  const end = failed.length === 0 ? 'all checks hold' : `FAILED: ${failed.join('; ')}`;
  write(
    `${report.title}: ${(report.durationMs / 1000).toFixed(1)} s, ${stale}, ${report.logIns.failed} failed log-ins, ${end}\n`,
  );
}

/** The last sentence, for a reader. */
export function verdict(reports: readonly Report[]): string {
  const broken = reports.flatMap(({ checks }) => checks.filter((check) => !check.held)).length;
  const all = reports.flatMap(({ checks }) => checks).length;
  return broken === 0
    ? `Everything holds: ${all} checks.`
    : `${broken} of ${all} checks failed: the guarantee was broken. See the lines marked FAILED above.`;
}
