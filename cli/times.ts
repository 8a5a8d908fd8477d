/** Times are milliseconds since 1970, and ISO 8601 in UTC where they are shown. */
export const HOUR_MS = 60 * 60_000;
export const DAY_MS = 24 * HOUR_MS;

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNone = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : iso(ms);
/** Without the part of a second: `2026-01-05T03:10:00Z`. */
export const isoSeconds = (ms: number): string => `${iso(ms).slice(0, 19)}Z`;

/** ISO 8601: date, time to the minute at least, and zone. */
const FULL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Returns the time in milliseconds since 1970; NaN for other texts: "2026" and "yesterday" are dates for JavaScript, too. */
export const fullTime = (text: string): number => (FULL_TIME.test(text) ? Date.parse(text) : Number.NaN);
