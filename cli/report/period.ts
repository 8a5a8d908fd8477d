import { UsageError } from '../errors.ts';
import type { Options } from '../options.ts';
import { DAY_MS, fullTime, iso } from '../times.ts';

/** From `fromMs` to before `toMs`. `endsEarly`: the end that was asked for lies in the future. */
export type Period = { fromMs: number; toMs: number; endsEarly: boolean };

const DEFAULT_MS = 365 * DAY_MS;

/**
 * Reads the period: a date is a whole day in UTC, and the day of `--to` is a part of the period.
 * @throws UsageError
 */
export function periodOf({ from, to }: Pick<Options, 'from' | 'to'>, nowMs: number): Period {
  const asked = to === undefined ? nowMs : timeIn('--to', to, DAY_MS);
  const toMs = Math.min(asked, nowMs);
  const fromMs = from === undefined ? toMs - DEFAULT_MS : timeIn('--from', from, 0);
  if (fromMs >= toMs) {
    throw new UsageError(
      fromMs >= nowMs
        ? '--from lies in the future.'
        : '--from wants a time before --to, which is not before it.',
    );
  }
  return { fromMs, toMs, endsEarly: asked > nowMs };
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** @param wholeDayMs added to a date: its end is meant */
function timeIn(option: string, text: string, wholeDayMs: number): number {
  if (DATE.test(text)) {
    const ms = Date.parse(`${text}T00:00:00Z`);
    // JavaScript takes February 30 for March 2.
    if (!Number.isNaN(ms) && iso(ms).startsWith(text)) return ms + wholeDayMs;
  }
  const ms = fullTime(text);
  if (!Number.isNaN(ms)) return ms;
  throw new UsageError(
    `${option} wants a date such as 2026-01-05 (UTC), or a time such as 2026-01-05T03:10:00Z.`,
  );
}
